"""Tracks whose listeners, taken together, behave like no other track's."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from ghostnote.features.catalog import TRAINED
from ghostnote.features.directions import directions
from ghostnote.features.history import Day
from ghostnote.scoring.audiences import FEWEST_LISTENERS, FEWEST_PLAYS, JUDGED, Audiences

NAMES = [feature.name for feature in TRAINED]
ODD = "plays_share_30_35s_by_account_24h"
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(tracks: list[str], odd: dict[str, float], number: int = 1) -> Day:
    """A play of each of `tracks`, with the feature `ODD` of each given and every other the same for all."""
    values = np.full((len(tracks), len(TRAINED)), 0.1, dtype=np.float32)
    values[:, NAMES.index(ODD)] = [odd.get(track, 0.01) for track in tracks]
    stream = pl.DataFrame({"kind": ["play"] * len(tracks), "track_id": tracks, "event_time": [START] * len(tracks)})
    return Day(date(2026, 1, number), stream, values)


def listed(names: list[str], plays: int = 100, listeners: int = 50, share: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"track_id": names, "plays": [plays] * len(names), "listeners": [listeners] * len(names)}
    ).with_columns(pl.lit(share).alias("artificial_share"), pl.lit(share / 2).alias("low"))


def crowd(count: int = 200) -> list[str]:
    return [f"t{n:03}" for n in range(count)]


def judged(alerts: int = 3, **changes: object) -> pl.DataFrame:
    audiences = Audiences(TRAINED)
    audiences.add(day(crowd(), {"t007": 0.9}, 1))
    audiences.add(day(crowd(), {"t007": 0.7}, 2))
    return audiences.judged(listed(crowd(), **changes), alerts)  # type: ignore[arg-type]


def test_the_odd_one_out_is_watched_and_the_reason_names_what_is_odd() -> None:
    found = judged().filter("watched").sort("surprise", descending=True)
    assert found.height <= 3
    first = found.row(0, named=True)
    assert first["track_id"] == "t007"
    # The mean over both days, beside what is typical of tracks.
    assert any(
        "Its listeners, on average: 80 % of their plays" in reason and "typical: 1" in reason
        for reason in first["reasons"]
    )
    assert found.schema == JUDGED


def test_no_more_are_watched_than_people_can_look_at() -> None:
    for alerts in (0, 1, 5):
        assert judged(alerts)["watched"].sum() <= alerts


def test_a_target_is_not_watched_since_it_is_dealt_with() -> None:
    assert judged(share=0.9)["watched"].sum() == 0
    assert judged(share=0.9)["surprise"].is_not_null().all()


def test_few_plays_or_few_listeners_are_no_audience() -> None:
    assert judged(plays=FEWEST_PLAYS - 1).is_empty()
    assert judged(listeners=FEWEST_LISTENERS - 1).is_empty()


def test_the_order_of_plays_and_how_they_fall_into_days_does_not_matter() -> None:
    whole, odd = crowd() * 2, {"t007": 0.9}
    one = Audiences(TRAINED)
    one.add(day(whole, odd))
    two = Audiences(TRAINED)
    made = day(whole, odd)
    order = np.random.default_rng(3).permutation(len(whole))
    for part in np.array_split(order, 3):
        two.add(Day(made.day, made.stream[part.tolist()], made.values[part]))
    first, second = (found.judged(listed(crowd()), 3) for found in (one, two))
    np.testing.assert_allclose(first["surprise"], second["surprise"], rtol=1e-5)
    assert first["watched"].to_list() == second["watched"].to_list()


def test_events_that_are_no_plays_and_values_that_are_missing_count_for_nothing() -> None:
    audiences = Audiences(TRAINED)
    made = day(crowd(), {})
    values = np.full_like(made.values, np.nan)
    stream = made.stream.with_columns(kind=pl.lit("action"))
    audiences.add(made)
    before = audiences.judged(listed(crowd()), 3)
    audiences.add(Day(made.day, stream, made.values + 5))
    audiences.add(Day(made.day, made.stream, values))
    assert audiences.judged(listed(crowd()), 3).equals(before)


def test_only_what_is_suspicious_one_way_by_reason_is_looked_at() -> None:
    assert directions(TRAINED)[ODD] == 1
    audiences = Audiences(TRAINED)
    audiences.add(day(crowd(), {"t007": 0.0}))
    assert "t007" not in set(audiences.judged(listed(crowd()), 3).filter("watched")["track_id"])
