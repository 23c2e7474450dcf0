"""Plays come back day by day as they were judged, from the disk as from memory, and leave nothing behind."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.scoring.plays import Plays
from ghostnote.scoring.shelf import Shelf

_IDS = ("account_id", "track_id", "artist_id", "owner_id", "playlist_id")
_DAYS = [date(2026, 3, day) for day in (1, 2, 3)]


def _judged(day: date, raw: list[float | None]) -> pl.DataFrame:
    count = len(raw)
    return pl.DataFrame(
        {
            "event_id": [f"{day}-{place}" for place in range(count)],
            "event_time": [datetime(day.year, day.month, day.day, tzinfo=UTC)] * count,
            **{name: [f"{name}-{day.day}-{place % 2}" for place in range(count)] for name in _IDS[:3]},
            "owner_id": [None] * count,
            "playlist_id": [None, "list"] * (count // 2) + [None] * (count % 2),
            "ms_played": range(count),
            "day": [day] * count,
            "score": [0.5] * count,
            "raw": raw,
        },
        schema_overrides={**dict.fromkeys(_IDS, pl.Categorical), "raw": pl.Float32, "score": pl.Float32},
    )


@pytest.mark.parametrize("on_disk", [False, True])
def test_days_come_back_in_order_with_marks_in_place_of_raw_scores(tmp_path: Path, on_disk: bool) -> None:
    given = {day: _judged(day, [0.1, 0.9, None, 0.5][: 4 - place]) for place, day in enumerate(_DAYS)}
    with Shelf(tmp_path / "out" if on_disk else None) as shelf:
        plays = Plays(0.5, shelf)
        for day, rows in given.items():
            plays.add(day, rows)
        assert plays.height == 4 + 3 + 2
        for _ in range(2):
            found = dict(plays.days())
            assert list(found) == _DAYS
            for day, rows in found.items():
                marked = (given[day]["raw"] >= 0.5).fill_null(value=False).alias("marked")
                assert rows.equals(given[day].drop("day", "raw").with_columns(marked))
        assert plays.marked[_DAYS[0]]["account_id"].to_list() == ["account_id-1-1", "account_id-1-1"]
        assert [day for day, _ in plays.days(_DAYS[1])] == _DAYS[:2]
        assert [rows.columns for _, rows in plays.days(columns=("track_id", "ms_played"))] == [
            ["track_id", "ms_played"]
        ] * 3
        assert bool(list(tmp_path.iterdir())) == on_disk
    assert list(tmp_path.iterdir()) == []


def test_without_a_play_model_nothing_is_marked() -> None:
    plays = Plays()
    plays.add(_DAYS[0], _judged(_DAYS[0], [0.1, 0.9]))
    assert plays.marked[_DAYS[0]].is_empty()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "gone" / "out"
    shelf = Shelf(blocked)
    plays = Plays(0.5, shelf)
    plays.add(_DAYS[0], _judged(_DAYS[0], [0.1]))
    assert shelf._folder is not None
    shelf._folder.cleanup()
    with pytest.raises(GhostnoteError, match="Could not write"):
        plays.add(_DAYS[1], _judged(_DAYS[1], [0.1]))
