"""The load generator: what it sends, and what it counts."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.cli.calling import call
from tests.serving.running import running
from tests.serving.speaking import speaking
from tests.worlds import Judged

from ghostnote.errors import GhostnoteError
from ghostnote.serving.load.events import invented, of_lake
from ghostnote.serving.load.sending import Outcome, Target, requests_of, run
from ghostnote.serving.wire.events import event_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def events(count: int) -> list[bytes]:
    return invented(count, NOW, 100.0, np.random.default_rng(1))


def loaded(url: str, count: int, *, batch: int = 1, rate: float | None = None, seconds: float = 20) -> Outcome:
    target = Target.of(url, "gn_key")
    return run(target, requests_of(target, events(count), batch), connections=4, seconds=seconds, rate=rate)


async def held(request: Request) -> Response:
    assert request.headers["authorization"] == "Bearer gn_key"
    body = await request.body()
    decided = [{"event_id": "e", "kind": "play", "verdict": "hold", "repeated": False} for _ in body.splitlines()]
    if request.url.path == "/v1/decide":
        return JSONResponse(decided[0])
    return JSONResponse({"accepted": len(decided), "repeated": 0, "decisions": decided})


def test_invented_plays_keep_the_contract_and_differ_by_run() -> None:
    made = [event_of(each) for each in events(500)]
    assert len({each.event_id for each in made}) == 500
    assert events(500) == events(500)
    other = invented(500, datetime(2026, 3, 2, tzinfo=UTC), 100.0, np.random.default_rng(1))
    assert not {each.event_id for each in made} & {event_of(each).event_id for each in other}


def test_a_lake_gives_all_kinds_in_order_of_time(town: Judged) -> None:
    made = [event_of(each) for each in of_lake(town.lake, 3000)]
    assert len(made) == 3000
    assert {each.kind for each in made} >= {"signup", "login", "play"}
    assert msgspec.json.decode(of_lake(town.lake, 1)[0])["event_id"] == made[0].event_id


@pytest.mark.parametrize(("batch", "rate"), [(1, None), (1, 400.0), (7, None), (7, 400.0)])
def test_every_event_is_sent_once_and_its_decision_counted(batch: int, rate: float | None) -> None:
    with speaking(held) as url:
        outcome = loaded(url, 100, batch=batch, rate=rate)
    requests = -(-100 // batch)
    assert (outcome.sent, outcome.answered, outcome.events) == (requests, requests, 100)
    assert outcome.statuses == {200: requests}
    assert outcome.verdicts == {"hold": 100}
    assert (outcome.lost, outcome.unanswered) == (0, 0)
    assert outcome.open_loop is (rate is not None)
    assert len(outcome.latencies) == requests


def test_a_stall_is_felt_by_all_that_fell_due_in_it() -> None:
    asked = []

    async def stalling(request: Request) -> Response:
        asked.append(request)
        if len(asked) <= 4:  # All four connections: nothing can be sent meanwhile.
            await asyncio.sleep(0.5)
        return await held(request)

    with speaking(stalling) as url:
        outcome = loaded(url, 100, rate=200.0)
    # Due every 5 ms: some fifty were due before half of the stall was over, and none was sent before its end.
    assert sum(latency > 240 for latency in outcome.latencies) >= 40


def test_refusals_and_lost_connections_are_counted_and_the_run_goes_on() -> None:
    asked = []

    async def failing(request: Request) -> Response:
        asked.append(request)
        if len(asked) == 1:
            return JSONResponse({"error": "Wait."}, 429, {"retry-after": "1"})
        if len(asked) == 2:
            return Response(b"", headers={"content-length": "10"})  # Fewer bytes than promised: the connection ends.
        return await held(request)

    with speaking(failing) as url:
        outcome = loaded(url, 40)
    assert outcome.statuses == {200: 38, 429: 1}
    assert (outcome.lost, outcome.sent) == (1, 40)


def test_addresses_and_answers_that_cannot_be_are_refused() -> None:
    for url in ("ftp://x", "http://", "http://x:99999"):
        with pytest.raises(GhostnoteError, match=r"no address|no number"):
            Target.of(url, None)
    with pytest.raises(GhostnoteError, match="characters"):
        Target.of("http://x", "a\r\nb")

    async def page(_: Request) -> Response:
        return Response("<html>")

    with speaking(page) as url, pytest.raises(GhostnoteError, match="no Ghostnote service"):
        loaded(url, 10)
    with pytest.raises(GhostnoteError, match="Nobody answers"):
        loaded("http://127.0.0.1:9", 1)


def test_the_command_loads_the_real_service(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle, lake=town.lake.path) as up:
        url = str(up.client.base_url)
        lake = call(
            "load", "--url", url, "--lake", town.lake.path, "--seconds", 0.01 + 0.1, "--rate", 500, "--json"
        ).told
        assert lake["answered"] == sum(lake["verdicts"].values()) == 55
        assert lake["statuses"] == {"200": 55}
        text = call("load", "--url", url, "--batch", 20, "--rate", 400, "--seconds", 0.5)
        assert text.code == 0
        assert "10 of 10 requests answered" in text.out
        assert "Statuses: 200 10. Decisions: count 200." in text.out
    gone = call("load", "--url", url, "--seconds", 0.1)
    assert gone.code == 1
    assert "Nobody answers" in gone.err
