"""What a track was played before the period is counted, and nothing else is remembered."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from ghostnote.features.history import Day
from ghostnote.scoring.past import PAST, Past


def day(tracks: list[str | None], number: int) -> Day:
    kinds = ["play" if track else "login" for track in tracks]
    when = [datetime(2026, 1, number, tzinfo=UTC)] * len(tracks)
    stream = pl.DataFrame({"kind": kinds, "track_id": tracks, "event_time": when})
    return Day(date(2026, 1, number), stream, np.zeros((len(tracks), 1), dtype=np.float32))


def test_plays_and_days_of_each_track() -> None:
    past = Past()
    past.add(day(["a", "a", "b", None], 1))
    past.add(day(["a", "c"], 2))
    assert past.days == 2
    found = {name: (plays, days) for name, plays, days in past.tracks().iter_rows()}
    assert found == {"a": (3, 2), "b": (1, 1), "c": (1, 1)}


def test_no_past_is_an_empty_table() -> None:
    assert Past().tracks().equals(PAST.to_frame())
