"""Rows are in the order of their columns, whether one whole number holds a row or not."""

import numpy as np
import pytest

from ghostnote.models.sorting import sort_rows


@pytest.mark.parametrize("most", [5, 2**31 - 1, 2**62])
def test_rows_are_sorted_as_tuples_are(most: int) -> None:
    random = np.random.default_rng(3)
    columns = [
        random.integers(0, 3, 500).astype(np.int8),
        random.integers(0, most, 500),
        random.integers(0, 4, 500).astype(np.uint32),
        random.integers(1, 9, 500).astype(np.float32),
    ]
    found = sort_rows(*columns)
    assert [column.dtype for column in found] == [column.dtype for column in columns]
    rows = sorted(zip(*(column.tolist() for column in columns), strict=True))
    assert list(zip(*(column.tolist() for column in found), strict=True)) == rows


def test_parts_of_numbers_are_kept() -> None:
    (found,) = sort_rows(np.array([2.5, 0.25, 1.0]))
    assert found.tolist() == [0.25, 1.0, 2.5]


def test_no_rows_are_sorted() -> None:
    assert [column.tolist() for column in sort_rows(np.zeros(0, np.int32), np.zeros(0))] == [[], []]
