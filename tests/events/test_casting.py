"""Lossless casts."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.events.casting import as_text, cast, iso_time
from ghostnote.events.schema import PLAYS, TIME, Column
from ghostnote.events.validation import AGREED_RANGE

TEXT = PLAYS["track_id"]
NUMBER = PLAYS["ms_played"]
FLAG = PLAYS["shuffle"]
WHEN = PLAYS["event_time"]
FIRST = datetime.fromisoformat("2000-01-02")
MOMENTS = st.integers(0, 36_500 * 86_400 * 10**6).map(lambda micros: FIRST + timedelta(microseconds=micros))


def casted(column: Column, values: pl.Series) -> list[object]:
    frame = values.alias(column.name).to_frame()
    expression = cast(column, values.dtype, AGREED_RANGE.start, AGREED_RANGE.end)
    result = frame.select(expression.alias("x"))["x"]
    assert result.dtype == column.dtype
    return result.to_list()


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (TEXT, pl.Series([1, None]), ["1", None]),
        (TEXT, pl.Series([7.0, 7.5, float("nan"), 2.0**60]), ["7", None, None, None]),
        (TEXT, pl.Series(["a"], dtype=pl.Categorical), ["a"]),
        (TEXT, pl.Series([b"ok", b"\xff", None]), ["ok", None, None]),
        (TEXT, pl.Series([b"ok", b"two"]), ["ok", "two"]),
        (TEXT, pl.Series([True]), [None]),
        (TEXT, pl.Series([[1]]), [None]),
        (TEXT, pl.Series([None]), [None]),
        (NUMBER, pl.Series(["30000", " 7 ", "3.0", "3.5", "", "1e3"]), [30000, 7, 3, None, None, None]),
        (NUMBER, pl.Series([3.0, 3.5, float("inf"), None]), [3, None, None, None]),
        (NUMBER, pl.Series([2**64 - 1, 5], dtype=pl.UInt64), [None, 5]),
        (NUMBER, pl.Series([Decimal("4.0"), Decimal("4.5")]), [4, None]),
        (NUMBER, pl.Series([True]), [None]),
        (NUMBER, pl.Series([5], dtype=pl.Int8), [5]),
        (FLAG, pl.Series(["true", "False", "1", "no"]), [True, False, True, None]),
        (FLAG, pl.Series([0, 1, 2]), [False, True, None]),
        (FLAG, pl.Series([date(2026, 1, 1)]), [None]),
        (WHEN, pl.Series([date(2026, 1, 1)]), [datetime(2026, 1, 1, tzinfo=UTC)]),
        (WHEN, pl.Series([True]), [None]),
    ],
)
def test_values_survive_whole_or_become_null(column: Column, values: pl.Series, expected: list[object]) -> None:
    assert casted(column, values) == expected


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_times_of_any_unit_and_zone_become_utc(unit: str, zone: str | None) -> None:
    moment = datetime.fromisoformat("2026-07-01T12:30")
    values = pl.Series([moment, None]).cast(pl.Datetime(unit)).dt.replace_time_zone(zone)
    hour = 10 if zone == "Europe/Berlin" else 12
    assert casted(WHEN, values) == [datetime(2026, 7, 1, hour, 30, tzinfo=UTC), None]


@given(MOMENTS, st.sampled_from([1, 1_000, 1_000_000, 1_000_000_000]))
@settings(max_examples=100, deadline=None)
def test_a_number_tells_its_unit_by_its_size(moment: datetime, per_second: int) -> None:
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    expected = [datetime.fromtimestamp(seconds, UTC)]
    assert casted(WHEN, pl.Series([seconds * per_second])) == expected
    assert casted(WHEN, pl.Series([str(seconds * per_second)])) == expected


OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, OFFSETS, st.sampled_from("T "))
@settings(max_examples=150, deadline=None)
def test_iso_text_is_read_as_python_reads_it(moment: datetime, zone: timezone, between: str) -> None:
    aware = moment.replace(tzinfo=zone)
    texts = [aware.isoformat(between), moment.isoformat(between), f"{moment.isoformat(between)}Z", f"{moment:%Y-%m-%d}"]
    utc = moment.replace(tzinfo=UTC)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    assert casted(WHEN, pl.Series(texts)) == [aware.astimezone(UTC), utc, utc, midnight]


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-01-01 25:00", "01.02.2026", "2026-01-01T10:00+2", "12"]
)
def test_what_is_no_time_is_null(text: str) -> None:
    assert casted(WHEN, pl.Series([text])) == [None]


def test_minutes_without_seconds_are_a_time() -> None:
    assert casted(WHEN, pl.Series(["2026-01-01 10:05"])) == [datetime(2026, 1, 1, 10, 5, tzinfo=UTC)]


def test_naive_text_may_be_of_another_zone() -> None:
    texts = pl.DataFrame({"t": ["2026-07-01 12:00", "2026-07-01T12:00Z", "2026-03-29 02:30", "2026-10-25 02:30"]})
    times = texts.select(iso_time(pl.col("t"), "Europe/Berlin"))["t"]
    assert times.dtype == TIME
    assert [time and time.hour for time in times] == [10, 12, None, 0]


@pytest.mark.parametrize(
    "values",
    [pl.Series([b"\xff"]), pl.Series([[1]]), pl.Series([{"a": 1}]), pl.Series([timedelta(1)]), pl.Series([1.5])],
)
def test_any_value_can_be_shown(values: pl.Series) -> None:
    shown = values.alias("x").to_frame().select(as_text(pl.col("x"), values.dtype))
    assert shown.dtypes == [pl.String]
    assert shown.item()
