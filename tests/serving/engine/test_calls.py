"""Calls answer everybody: in order, no more than promised, and also when the disk or the engine fails."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.serving.chaos_worker import FEATURES, START, Deciding, event

from ghostnote.features.arriving import Rows
from ghostnote.serving.engine.calls import BusyError, Calls, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError, Engine
from ghostnote.serving.state.log import Log, Record, records
from ghostnote.serving.state.opening import Known, arriving
from ghostnote.serving.state.state import State
from ghostnote.serving.wire.columns import Events


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


class Slow(Log):
    """Writes a record only once it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.may, self.begun = threading.Semaphore(0), threading.Semaphore(0)
        self.error: BaseException | None = None

    def append(self, count: int, content: bytes) -> Record:
        self.begun.release()
        self.may.acquire()
        if self.error is not None:
            raise self.error
        return super().append(count, content)


def slow(root: Path) -> tuple[Engine, Slow]:
    log = Slow(root)
    return Engine(State.of(FEATURES, arriving(Known(), frozenset()), 20), log, Deciding("one")), log


def told(made: Sequence[Any]) -> list[tuple[str, int, bool]]:
    return [(each.event_id, each.position, each.repeated) for each in made]


async def until(holds: Any) -> None:
    for _ in range(60_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("that never happened")


def test_what_comes_during_a_write_is_folded_meanwhile_and_is_one_record(tmp_path: Path) -> None:
    async def run() -> None:
        made, log = slow(tmp_path)
        calls = Calls(made, lambda: START, call_events=1)
        calls.start()
        asked = [calls.enqueue([event(number)]) for number in range(5)]
        await until(lambda: made.is_owed(Events.of([event(4)])))
        assert not any(each.done() for each in asked)
        assert made.state.position == 0
        log.may.release(2)
        found = [told(await each) for each in asked]
        assert found == [[(f"e{number}", number, False)] for number in range(5)]
        assert [record.count for record in records(tmp_path)] == [1, 4]
        await calls.stop()

    asyncio.run(run())


def test_an_event_that_is_sent_again_during_its_write_gets_its_first_decision(tmp_path: Path) -> None:
    async def run() -> None:
        made, log = slow(tmp_path)
        calls = Calls(made, lambda: START)
        calls.start()
        first = calls.enqueue([event(0)])
        await until(lambda: log.begun.acquire(blocking=False))
        again = calls.enqueue([event(0), event(1)])
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert not again.done()
        assert made.state.position == 0
        log.may.release(2)
        assert told(await first) == [("e0", 0, False)]
        assert told(await again) == [("e0", 0, True), ("e1", 1, False)]
        await calls.stop()
        assert [record.count for record in records(tmp_path)] == [1, 1]

    asyncio.run(run())


def test_a_full_disk_turns_away_all_that_was_folded_and_writes_it_first_once_there_is_room(tmp_path: Path) -> None:
    async def run() -> None:
        made, log = slow(tmp_path)
        calls = Calls(made, lambda: START, call_events=1)
        calls.start()
        log.error = OSError(28, "No space left on device")
        asked = [calls.enqueue([event(number)]) for number in range(3)]
        await until(lambda: made.is_owed(Events.of([event(2)])))
        log.may.release()
        refused = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in refused] == [CannotWriteError] * 3
        log.may.release()
        with pytest.raises(CannotWriteError):
            await calls.submit([event(3)])
        log.error = None
        log.may.release(2)
        assert told(await calls.submit([event(2), event(3)])) == [("e2", 2, True), ("e3", 3, False)]
        await calls.stop()
        assert [record.count for record in records(tmp_path)] == [3, 1]
        assert calls.waiting == 0

    asyncio.run(run())


def test_a_write_that_fails_for_another_reason_is_not_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        failures: list[BaseException] = []
        made, log = slow(tmp_path)
        calls = Calls(made, lambda: START, call_events=1, failed=failures.append)
        calls.start()
        log.error = ZeroDivisionError()
        asked = [calls.enqueue([event(number)]) for number in range(3)]
        await until(lambda: made.is_owed(Events.of([event(2)])))
        log.may.release(9)
        found = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 60)
        assert [type(each) for each in found] == [StoppedError] * 3
        assert [type(each) for each in failures] == [ZeroDivisionError]
        with pytest.raises(StoppedError):
            calls.enqueue([event(4)])
        await calls.stop()
        assert log.begun.acquire(blocking=False)
        assert not log.begun.acquire(blocking=False)

    asyncio.run(run())


def test_days_are_records_of_their_own(tmp_path: Path) -> None:
    made = engine(tmp_path, Deciding("one"))
    for number in range(4):
        made.fold([event(number)], START + timedelta(days=number // 2))
    counts = []
    while made.owes:
        draft = made.draft()
        made.write(draft)
        made.written(draft)
        counts.append(draft.count)
    assert counts == [2, 2]
    assert [record.count for record in records(tmp_path)] == [2, 2]
