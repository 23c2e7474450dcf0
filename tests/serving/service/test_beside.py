"""The work beside the service goes on whatever goes wrong with it."""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.serving.running import Running, running
from tests.worlds import Judged, copy

from ghostnote.serving.service import beside as module


def _sent(up: Running) -> None:
    event = {"kind": "login", "event_id": "l", "event_time": "2026-03-02T10:00:00Z", "account_id": "a"}
    event |= {"ip": "192.0.2.1", "platform": "ios", "country": "SE", "success": True}
    up.client.post("/v1/decide", json=event).raise_for_status()


def _until(what: Any) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def test_what_fails_is_told_and_tried_again(town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.05)
    monkeypatch.setattr(module, "_AGAIN_S", 0.1)
    outcomes = iter([RuntimeError("out of luck"), "no room", None])
    calls = []

    async def beside(_: object, *, refresh: bool) -> str | None:
        calls.append(refresh)
        outcome = next(outcomes, None)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(module.Beside, "_run", beside)
    start = copy(town.lake, tmp_path / "start", "tracks", "ips")
    with running(tmp_path / "state", bundle=town.bundle, lake=start, snapshot_events=1) as up:
        _sent(up)
        _until(lambda: up.service.beside.kept_events == 1)
        assert len(calls) == 3
        told = list(up.service.failures)
    assert "out of luck" in told[0]
    assert told[1] == "no room"


def test_after_a_failure_it_waits(town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.02)
    calls = []

    async def beside(_: object, *, refresh: bool) -> str | None:
        calls.append(refresh)
        return "no room"

    monkeypatch.setattr(module.Beside, "_run", beside)
    with running(tmp_path / "state", bundle=town.bundle, snapshot_events=1) as up:
        _sent(up)
        _until(lambda: calls)
        time.sleep(0.5)
        assert len(calls) == 1
