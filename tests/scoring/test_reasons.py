"""Reasons cite what is unusual, beside what is usual."""

import numpy as np
import pytest

from ghostnote.scoring.reasons import Baseline


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
