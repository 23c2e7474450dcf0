"""Good rows, rejected rows, reasons."""

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.events.schema import MAX_MS_PLAYED, PLAYS, SIGNUPS, TABLES, TRACKS, Table
from ghostnote.events.validation import REJECTED, TimeRange, check, missing_columns

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def play(**changes: object) -> dict[str, object]:
    return {
        "event_id": "e1",
        "event_time": NOON,
        "account_id": "a1",
        "track_id": "t1",
        "ms_played": 30_000,
        "source": "playlist",
        **changes,
    }


def reason(table: Table, row: dict[str, object]) -> str:
    checked = check(table, pl.DataFrame([row], strict=False), "f.parquet")
    assert checked.good.is_empty()
    assert checked.rejected["file"].to_list() == ["f.parquet"]
    return str(checked.rejected["reason"].item())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ms_played": 99_999_999_999}, "ms_played is 99999999999: at most 86400000"),
        ({"ms_played": -1}, "ms_played is -1: at least 0"),
        ({"ms_played": "soon"}, "ms_played is 'soon': not a whole number"),
        ({"ms_played": None}, "ms_played is missing"),
        ({"event_time": datetime(1970, 1, 1, tzinfo=UTC)}, "event_time lies in 1970: outside 2000-01-01..2100-01-01"),
        ({"event_time": datetime(2100, 1, 1, tzinfo=UTC)}, "event_time lies in 2100: outside 2000-01-01..2100-01-01"),
        ({"event_time": "yesterday"}, "event_time is 'yesterday': not a time"),
        ({"account_id": ""}, "account_id is missing"),
        ({"track_id": "x" * 300}, "track_id has 300 characters: at most 256"),
        ({"shuffle": "maybe"}, "shuffle is 'maybe': not true or false"),
        ({"source": ""}, None),
        ({"device_id": ""}, None),
        ({"ms_played": MAX_MS_PLAYED}, None),
        ({"ms_played": 0}, None),
    ],
)
def test_a_reason_is_a_sentence_a_person_can_read(changes: dict[str, object], expected: str | None) -> None:
    if expected is None:
        assert check(PLAYS, pl.DataFrame([play(**changes)])).rejected.is_empty()
    else:
        assert reason(PLAYS, play(**changes)) == expected


def test_an_unknown_choice_names_the_known_ones() -> None:
    row = {
        "event_id": "e",
        "event_time": NOON,
        "account_id": "a",
        "country": "SE",
        "plan": "gold",
        "ip": "i",
        "platform": "ios",
    }
    assert reason(SIGNUPS, row) == "plan is 'gold': one of free, trial, premium, family, student, duo"


def test_a_number_that_is_no_time_of_any_unit_says_so() -> None:
    assert reason(PLAYS, play(event_time=12)).startswith(
        "event_time is '12': not a time within 2000-01-01..2100-01-01 in"
    )


def test_all_that_is_wrong_is_said_and_counted_under_the_first() -> None:
    rows = pl.DataFrame([play(ms_played=-1, source="gold"), play()])
    rejected = check(PLAYS, rows).rejected.row(0, named=True)
    assert rejected["rule"] == "ms_played is not at least 0"
    assert rejected["reason"].startswith("ms_played is -1: at least 0; source is 'gold': one of playlist,")
    assert rejected["row"] == 1


def test_a_rejected_row_is_kept_as_json() -> None:
    rows = pl.DataFrame([play(ms_played=-1)]).with_columns(ip=pl.lit(b"\xff"), device_id=pl.lit([1]))
    content = json.loads(check(PLAYS, rows).rejected["content"].item())
    assert content["ms_played"] == -1
    assert content["ip"] == "ff"
    assert content["event_time"].startswith("2026-01-01 12:00:00")


def test_the_range_of_times_is_the_callers() -> None:
    times = TimeRange(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    rejected = check(PLAYS, pl.DataFrame([play()]), times=times).rejected
    assert rejected["reason"].to_list() == ["event_time lies in 2026: outside 2026-02-01..2026-03-01"]


def test_recordings_are_older_than_services() -> None:
    tracks = pl.DataFrame(
        {"track_id": ["a", "b"], "artist_id": ["x", "y"], "released_at": ["1959-08-17", "0001-01-01"]}
    )
    checked = check(TRACKS, tracks)
    assert checked.good["track_id"].to_list() == ["a"]
    assert checked.rejected["reason"].to_list() == ["released_at lies in 1: outside 1860-01-01..2100-01-01"]


@pytest.mark.parametrize("micros", [-(2**63) + 1, 2**63 - 1])
def test_a_time_beyond_all_calendars_is_rejected(micros: int) -> None:
    rows = pl.DataFrame([play()]).with_columns(event_time=pl.lit(micros).cast(pl.Datetime("us", "UTC")))
    assert check(PLAYS, rows).rejected.height == 1


def test_columns_come_out_in_order_absent_ones_stay_absent_unknown_ones_go() -> None:
    rows = pl.DataFrame([play(extra=1)]).select("extra", "source", *PLAYS.required)
    assert check(PLAYS, rows).good.columns == [*PLAYS.required, "source"]


def test_a_required_column_that_is_missing_is_named() -> None:
    assert missing_columns(PLAYS, list(PLAYS.names)) is None
    told = missing_columns(PLAYS, ["event_id", "when"])
    assert told is not None
    assert "required columns event_time, account_id, track_id, ms_played missing from plays" in told
    assert "(it has: event_id, when)" in told


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_no_rows_are_no_trouble(table: Table) -> None:
    checked = check(table, table.empty())
    assert checked.good.schema == table.schema
    assert checked.rejected.schema == REJECTED


SPOILT: dict[str, list[Any]] = {
    "event_id": [None, "", "x" * 257, "e"],
    "event_time": ["", None, "1969-12-31", "2026-01-01", "2026-01-01T00:00:00+05:00", "1767225600", "never"],
    "account_id": [None, "a"],
    "track_id": ["t", "ünïcödé" * 40],
    "ms_played": ["0", "-5", "86400001", "1e9", "30000.0", "", None, "∞"],
    "source": ["album", "", None, "Album"],
    "shuffle": ["true", "perhaps", None],
}


@given(st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in SPOILT.items()}), max_size=40))
@settings(max_examples=60, deadline=None)
def test_every_row_is_either_good_or_rejected(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(SPOILT, pl.String)).with_columns(
        device_id=pl.int_range(1, pl.len() + 1).cast(pl.String)
    )
    checked = check(PLAYS, frame)
    assert checked.good.height + checked.rejected.height == frame.height
    good, bad = set(checked.good["device_id"]), {str(row) for row in checked.rejected["row"]}
    assert good | bad == set(frame["device_id"])
    assert not good & bad
    assert checked.good["device_id"].cast(pl.Int64).is_sorted()
    assert checked.rejected["reason"].null_count() == 0
    assert checked.rejected["rule"].null_count() == 0
    assert checked.good.select(PLAYS.required).null_count().sum_horizontal().item() == 0
    # What is good stays good: checking is repeatable.
    assert check(PLAYS, checked.good).good.equals(checked.good)
