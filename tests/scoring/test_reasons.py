"""Reasons cite what is unusual, beside what is usual."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from ghostnote.scoring.reasons import Baseline, _pasts


def test_what_is_typical_is_the_median_of_what_is_known() -> None:
    values = np.array([[1, np.nan, np.nan], [3, 5, np.nan], [50, 7, np.nan]], dtype=np.float32)
    typical = Baseline.of(values).typical
    assert typical[:2].tolist() == [3, 6]
    assert np.isnan(typical[2])


@pytest.mark.parametrize("columns", [0, 3])
def test_of_nobody_nothing_is_typical(columns: int) -> None:
    assert np.isnan(Baseline.of(np.empty((0, columns), dtype=np.float32)).typical).all()


def test_only_what_lies_outside_the_crowd_is_unusual() -> None:
    baseline = Baseline.of(np.arange(101, dtype=np.float32)[:, None])
    assert [baseline.unusual(0, value) for value in (5.0, 10.0, 50.0, 90.0, 95.0)] == [True, False, False, False, True]
    assert Baseline.of(np.full((3, 1), np.nan, dtype=np.float32)).unusual(0, 1.0)


def days(account: str, totals: list[float], first_row: int) -> pl.DataFrame:
    start = date(2026, 1, 1)
    return pl.DataFrame(
        {
            "account_id": [account] * len(totals),
            "day": [start + timedelta(days=n) for n in range(len(totals))],
            "total": totals,
            "row": [first_row + n for n in range(len(totals))],
        }
    )


def test_an_account_is_held_against_its_own_days_before_the_trouble_began() -> None:
    values = np.array([[10], [20], [30], [900], [25], [1], [2], [800]], dtype=np.float32)
    # Ada's fifth day is clean again, but it is no day before; Bob has only two such days.
    seen = pl.concat([days("ada", [0.0, 0.0, 0.0, 4.0, 0.0], 0), days("bob", [0.0, 0.0, 5.0], 5)])
    pasts = _pasts(pl.Series(["ada", "bob"]), seen, values.__getitem__)
    assert pasts["ada"].tolist() == [20]
    assert "bob" not in pasts


def test_what_was_missing_on_days_before_is_not_made_up() -> None:
    values = np.array([[1, np.nan], [2, 7], [3, np.nan]], dtype=np.float32)
    past = _pasts(pl.Series(["ada"]), days("ada", [0.0, 0.0, 0.0], 0), values.__getitem__)["ada"]
    assert past[0] == 2
    assert np.isnan(past[1])
