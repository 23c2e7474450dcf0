"""The Python client, against the real service, and against one that is in trouble."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import polars as pl
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.serving.running import NOON, running
from tests.serving.speaking import speaking
from tests.worlds import Judged

from ghostnote.serving.client import AsyncClient, Client, ServiceError

DECIDED = {
    "event_id": "e1", "kind": "play", "verdict": "hold", "position": 7, "score": 0.5, "marked": True,
    "account": "allow", "reasons": [], "campaign_id": None, "bundle": "b", "policy": "p", "later_field": 1,
}  # fmt: skip


def play(number: int, **more: object) -> dict[str, object]:
    return {
        "kind": "play", "event_id": f"e{number}", "event_time": NOON, "account_id": "a/1 é",
        "track_id": "t1", "ms_played": 31_000,
    } | more  # fmt: skip


def test_the_service_is_asked_in_every_way(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle, lake=town.lake.path) as up:
        with Client(str(up.client.base_url)) as client:
            first = client.decide(play(1))
            assert (first.event_id, first.kind, first.repeated) == ("e1", "play", False)
            assert client.decide(play(1)).repeated
            lines = client.send((play(n) for n in range(2, 7)), decisions=True, rows=2)
            assert lines.accepted == 5
            assert [each.event_id for each in lines.decisions or []] == ["e2", "e3", "e4", "e5", "e6"]
            frame = pl.DataFrame([play(n) for n in range(6, 11)]).drop("kind")
            arrow = client.send(frame, rows=2)
            assert (arrow.accepted, arrow.repeated, arrow.decisions) == (4, 1, None)
            wrong = client.send([play(11), play(12), play(13, ms_played=-1)], rows=2)
            assert (wrong.accepted, [each.row for each in wrong.rejected]) == (2, [3])
            account = client.account("a/1 é")
            assert account.account_id == "a/1 é"
            assert account.last_event == NOON
            assert account.features
            with pytest.raises(ServiceError, match="no plays of this track") as refused:
                client.track("nowhere")
            assert refused.value.status == 404
            assert client.campaigns().campaigns == ()
            assert client.models().challenger is None
            assert client.models().champion
            health = client.health()
            assert (health.alive, health.ready, health.reason, health.position) == (True, True, None, 12)
            assert client.send([]).accepted == 0
        asyncio.run(_asked_in_turn(str(up.client.base_url)))


async def _asked_in_turn(url: str) -> None:
    async with AsyncClient(url) as client:
        assert (await client.decide(play(1))).repeated
        assert (await client.send([play(20), play(21)], rows=1)).accepted == 2
        assert (await client.account("nobody")).action == "allow"
        assert (await client.campaigns()).campaigns == ()
        assert (await client.models()).champion
        assert (await client.health()).ready
        with pytest.raises(ServiceError, match="no plays"):
            await client.track("nowhere")


def test_a_key_goes_with_each_request_and_without_one_the_sentence_comes_back(town: Judged, tmp_path: Path) -> None:
    from ghostnote.serving.access.keyring import create

    with running(tmp_path / "state", keys=True, bundle=town.bundle, lake=town.lake.path) as up:
        made = create(up.service.places.root, name="player", scopes=("decide",), now=datetime.now(UTC))
        url = str(up.client.base_url)
        with Client(url) as client, pytest.raises(ServiceError, match="Send a key") as refused:
            client.decide(play(1))
        assert refused.value.status == 401
        up.service.places.keys.touch()
        with Client(url, made.text) as client, pytest.raises(ServiceError, match="scope read") as refused:
            client.campaigns()
        assert refused.value.status == 403


def test_it_waits_as_it_is_told_and_sends_the_same_again() -> None:
    bodies, waits = [], []

    async def answer(request: Request) -> Response:
        bodies.append(await request.body())
        if len(bodies) == 1:
            return JSONResponse({"error": "Wait."}, 429, {"retry-after": "3"})
        return JSONResponse({"error": "Wait."}, 503) if len(bodies) == 2 else JSONResponse(DECIDED)

    with speaking(answer) as url, Client(url, sleep=waits.append, chance=lambda: 0.0) as client:
        assert client.decide(play(1)).verdict == "hold"
    assert waits == [3.0, 0.2]
    assert len(set(bodies)) == 1


def test_patience_ends_with_what_the_service_said() -> None:
    waits: list[float] = []

    async def answer(_: Request) -> Response:
        return JSONResponse({"error": "The disk is full: make room."}, 503, {"retry-after": "4"})

    with speaking(answer) as url, Client(url, patience=10, sleep=waits.append, chance=lambda: 0.0) as client:
        with pytest.raises(ServiceError, match="The disk is full: make room") as refused:
            client.decide(play(1))
        assert refused.value.status == 503
        assert waits == [4.0, 4.0]
        unwell = client.health()
        assert (unwell.alive, unwell.ready, unwell.reason) == (False, False, "The disk is full: make room.")


def test_a_lost_connection_is_tried_again_and_named() -> None:
    waits: list[float] = []
    with Client("http://127.0.0.1:9", patience=1, sleep=waits.append, chance=lambda: 0.0) as client:
        with pytest.raises(ServiceError, match="did not answer") as refused:
            client.decide(play(1))
        assert refused.value.status is None
        assert waits == [0.1, 0.2, 0.4]
        with pytest.raises(ServiceError, match="did not answer"):
            client.health()


def test_what_is_no_answer_and_no_event_is_said() -> None:
    async def answer(request: Request) -> Response:
        return Response("<html>", 200 if request.url.path == "/v1/decide" else 502)

    with speaking(answer) as url, Client(url) as client:
        with pytest.raises(ServiceError, match="none of a Ghostnote service"):
            client.decide(play(1))
        with pytest.raises(ServiceError, match="answered 502 without a reason"):
            client.models()
        with pytest.raises(ServiceError, match="cannot be sent as JSON"):
            client.decide(play(1, ip=httpx))
