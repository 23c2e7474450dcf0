"""A state beyond its ceiling forgets what was silent longest, and says so."""

import time
from pathlib import Path

import numpy as np
from tests.serving.running import running
from tests.worlds import Judged

from ghostnote.features.arriving import Arriving
from ghostnote.features.declaration import count, time_since_first
from ghostnote.features.fold import Fold
from ghostnote.serving.state.room import Room
from ghostnote.serving.state.state import State

_DAY_US = 86_400_000_000


def _fold() -> Fold:
    return Fold((count("account", "7d", "x"), time_since_first("track", "x")))


def _plays(days: list[float]) -> dict[str, list[object]]:
    return {
        "kind": ["play"] * len(days),
        "event_time": [1_772_000_000_000_000 + round(day * _DAY_US) for day in days],
        "account_id": [f"a{float(day)}" for day in days],
        "track_id": [f"t{float(day)}" for day in days],
    }


def _given(days: list[float]) -> dict[str, object]:
    plays = _plays(days)
    return {**plays, "event_time": np.array(plays["event_time"], dtype=np.int64)}


def test_those_silent_longest_go_first_and_features_say_so() -> None:
    fold = _fold()
    # One event moves time on by an hour at most, so others play in between.
    fold.update_rows(_given([hour / 24 for hour in range(33 * 24 + 1)]))
    # Keys are kept for 35 days; nine tenths of that taken away leaves those of the last three and a half.
    assert fold.shed(0.9) == ("plays_by_account_7d",)
    again = {**_given([0, 28, 30, 33]), "event_time": _given([33] * 4)["event_time"]}
    assert fold.update_rows(again)[:, 0].tolist() == [1.0, 1.0, 2.0, 2.0]
    # What is kept forever stays.
    assert fold.update_rows({**_given([0]), "event_time": _given([34])["event_time"]})[0, 1] == 34 * 86_400


def test_nothing_is_shed_where_nobody_was_silent() -> None:
    fold = _fold()
    fold.update_rows(_given([5]))
    assert fold.shed(0.9) == ()
    assert _fold().shed(0.9) == ()


def test_room_is_made_once_per_growth_and_without_a_ceiling_never() -> None:
    assert not Room(0).wanted(1 << 60)
    state = State.of((count("account", "7d", "x"),), Arriving, 10)
    room = Room(1)
    assert room.wanted(state.bytes)
    said = room.make(state)
    assert "more than memory_bytes (1)" in said
    assert not room.wanted(state.bytes)
    assert room.wanted(state.bytes + 1)


def test_a_running_service_announces_it(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle, lake=town.lake.path, memory_bytes=1) as up:
        until = time.monotonic() + 60
        while not up.service.failures and time.monotonic() < until:
            time.sleep(0.05)
        assert "more than memory_bytes" in up.service.failures[0]
        assert "ghostnote_stale_features" in up.client.get("/metrics").text
