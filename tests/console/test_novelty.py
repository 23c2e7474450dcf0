"""What is new and what grew: windows of a run, and counts that agree with the plays."""

from datetime import date, timedelta

import polars as pl
import pytest

from ghostnote.console.catalogue import Catalogue
from ghostnote.console.novelty import Novelty, windows
from ghostnote.console.records import Records

DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("days", "length", "fresh"), [(2, 1, 0), (3, 1, 1), (6, 3, 2), (14, 7, 6), (15, 7, 7), (60, 7, 7)]
)
def test_the_last_days_are_compared_with_as_many_before(days: int, length: int, fresh: int) -> None:
    end = DAY + timedelta(days=days - 1)
    found = windows(DAY, end)
    assert found is not None
    assert (found.days, found.fresh_days) == (length, fresh)
    assert (found.end - found.start).days == (found.start - found.before).days - 1 == length - 1
    assert found.end == end
    assert found.before >= DAY


def test_one_day_has_nothing_to_compare_with() -> None:
    assert windows(DAY, DAY) is None


@pytest.fixture(scope="module")
def novelty(records: Records) -> Novelty:
    return Novelty(Catalogue(records))


@pytest.fixture(scope="module")
def gone(records: Records) -> pl.DataFrame:
    plays = records.folder.read("plays").filter(pl.col("verdict") != "count")
    return plays.with_columns(day=pl.col("event_time").dt.date())


@pytest.mark.parametrize("by", ["role", "reason", "track_id", "owner_id"])
def test_withheld_plays_are_counted_before_and_now(novelty: Novelty, gone: pl.DataFrame, by: str) -> None:
    seen = novelty.windows
    assert seen is not None
    rows = novelty.compared(by)
    for name, start, end in (
        ("recent", seen.start, seen.end),
        ("before", seen.before, seen.start - timedelta(days=1)),
    ):
        assert rows[name].sum() == gone.filter(pl.col("day").is_between(start, end)).height
    assert rows["recent"].is_sorted(descending=True)


def test_what_begins_in_the_last_days_is_new_and_the_first_day_tells_nothing(novelty: Novelty) -> None:
    seen = novelty.windows
    assert seen is not None
    first = seen.before
    days = [first, first, seen.fresh, seen.start, seen.end, seen.end + timedelta(days=1), None]
    found = novelty.rates(pl.Series(days, dtype=pl.Date))
    assert found == {"new": 2, "a_day": 2 / seen.days, "usual_a_day": 1 / seen.fresh_days}


def test_campaigns_come_by_growth_with_all_plays_of_their_accounts(novelty: Novelty, records: Records) -> None:
    found = novelty.campaigns
    assert {row["campaign_id"] for row in found} == set(records.campaigns["campaign_id"])
    growth = [row["recent"] - row["before"] for row in found]
    assert growth == sorted(growth, reverse=True)
    assert novelty.windows is not None
    loop = next(row for row in found if row["campaign_id"] == "C-0002")
    plays = records.plays(records.campaign("C-0002")["accounts"])
    day = pl.col("event_time").dt.date()
    assert loop["recent"] == plays.filter(day.is_between(novelty.windows.start, novelty.windows.end)).height
    assert [row["campaign_id"] for row in found if row["new"]] == ["C-0003"]


def test_tracks_hit_for_the_first_time_had_no_withheld_play_before(novelty: Novelty, gone: pl.DataFrame) -> None:
    found, seen = novelty.music("track"), novelty.windows
    assert seen is not None
    firsts = dict(gone.group_by("track_id").agg(pl.col("day").min()).iter_rows())
    assert found["begun"]
    assert all(firsts[row["name"]] >= seen.start and row["before"] == 0 for row in found["begun"])
    assert found["new"] == sum(seen.start <= day <= seen.end for day in firsts.values())
    assert all(row["recent"] > row["before"] for row in found["grown"])
