"""Rows come out as a stable sort by all columns would have them."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.events.ordering import in_order

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = ("dt", "event_time", "kind", "event_id")


def _rows(seconds: list[int], *, days: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "dt": [date(2026, 1, 1 + place % days) for place in range(len(seconds))],
            "event_time": [START + timedelta(seconds=second) for second in seconds],
            "kind": [("play", "login")[place % 2] for place in range(len(seconds))],
            "event_id": [f"e{place % 3}" for place in range(len(seconds))],
            "row": range(len(seconds)),
        },
        schema_overrides={"event_time": pl.Datetime("us", "UTC")},
    )


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 2))
def test_any_rows_come_as_a_stable_sort_has_them(seconds: list[int], days: int) -> None:
    rows = _rows(seconds, days=days)
    assert in_order(rows, ORDER).equals(rows.sort(ORDER, maintain_order=True))


@given(st.lists(st.integers(0, 500), min_size=40, max_size=80))
def test_few_equal_times_are_told_apart_by_the_other_columns(seconds: list[int]) -> None:
    rows = _rows([*range(1000, 3000), *seconds, 5, 5, 5])
    assert in_order(rows, ORDER).equals(rows.sort(ORDER, maintain_order=True))


@pytest.mark.parametrize("missing", ["event_time", "dt"])
def test_rows_without_a_time_or_day_are_sorted_all_the_same(missing: str) -> None:
    rows = _rows([3, 1, 2]).with_columns(pl.when(pl.col("row") != 1).then(missing).alias(missing))
    assert in_order(rows, ORDER).equals(rows.sort(ORDER, maintain_order=True))
    assert in_order(rows.drop(missing), ORDER).equals(
        rows.drop(missing).sort([name for name in ORDER if name != missing], maintain_order=True)
    )


def test_what_a_service_numbered_keeps_its_order() -> None:
    rows = _rows([3, 1, 2]).with_columns(position=pl.Series([2, 0, 1]))
    assert in_order(rows, ("dt", "position", "event_time"))["row"].to_list() == [1, 2, 0]
