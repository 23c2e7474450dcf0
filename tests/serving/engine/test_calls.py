"""Calls answer everybody: in order, no more than promised, and also when the disk or the engine fails."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.serving.chaos_worker import FEATURES, START, Deciding, event

from ghostnote.features.arriving import Rows
from ghostnote.serving.engine.calls import BusyError, Calls, StoppedError
from ghostnote.serving.engine.engine import Engine
from ghostnote.serving.state.log import Log
from ghostnote.serving.state.opening import Known, arriving
from ghostnote.serving.state.state import State


class Failing(Deciding):
    """Fails at an event."""

    def decide(self, events: Sequence[Any], rows: Rows, values: Any) -> Any:
        if any(each.event_id == "e13" for each in events):
            raise ZeroDivisionError
        return super().decide(events, rows, values)


def engine(root: Path, decider: Deciding) -> Engine:
    return Engine(State.of(FEATURES, arriving(Known(), frozenset()), 20), Log(root), decider)


def test_many_at_once_get_their_own_decisions_in_order(tmp_path: Path) -> None:
    async def run() -> list[list[tuple[str, int, bool]]]:
        calls = Calls(engine(tmp_path, Deciding("one")), lambda: START, call_events=7)
        calls.start()
        asked = [calls.submit([event(number), event(number + 1)]) for number in range(40)]
        found = await asyncio.gather(*asked)
        await calls.stop()
        return [[(made.event_id, made.position, made.repeated) for made in each] for each in found]

    found = asyncio.run(run())
    assert [[name for name, *_ in each] for each in found] == [[f"e{n}", f"e{n + 1}"] for n in range(40)]
    fresh = [(position, name) for each in found for name, position, repeated in each if not repeated]
    assert fresh == [(number, f"e{number}") for number in range(41)]


def test_no_more_waits_than_is_promised_and_stopping_answers_what_waits(tmp_path: Path) -> None:
    async def run() -> None:
        calls = Calls(engine(tmp_path, Deciding("one")), lambda: START, most_waiting=3)
        first = calls.enqueue([event(0), event(1)])
        with pytest.raises(BusyError):
            calls.enqueue([event(2), event(3)])
        second = calls.enqueue([event(2)])
        calls.start()
        await calls.stop()
        assert [len(first.result()), len(second.result()), calls.waiting] == [2, 1, 0]
        with pytest.raises(StoppedError):
            calls.enqueue([event(4)])
        with pytest.raises(StoppedError):
            await calls.between(lambda: None)

    asyncio.run(run())


def test_an_engine_that_fails_answers_everybody_and_takes_nothing_more(tmp_path: Path) -> None:
    async def run() -> None:
        failures: list[BaseException] = []
        calls = Calls(engine(tmp_path, Failing("one")), lambda: START, call_events=1, failed=failures.append)
        asked = [asyncio.ensure_future(calls.submit([event(number)])) for number in (12, 13, 14)]
        work = asyncio.ensure_future(calls.between(lambda: 1))
        await asyncio.sleep(0)
        calls.start()
        done = await asyncio.wait_for(asyncio.gather(*asked, work, return_exceptions=True), 60)
        assert len(done[0]) == 1  # type: ignore[arg-type]
        assert [type(each) for each in done[1:]] == [StoppedError] * 3
        assert [type(each) for each in failures] == [ZeroDivisionError]
        with pytest.raises(StoppedError):
            calls.enqueue([event(15)])
        await calls.stop()

    asyncio.run(run())
