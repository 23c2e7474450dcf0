"""Rows kept on disk come back as they were, in the order asked for."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.scoring.kept import Kept


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.data())
def test_rows_come_back_bit_by_bit(sizes: list[int], data: st.DataObject) -> None:
    parts = [np.random.default_rng(n).normal(size=(size, 3)).astype(np.float32) for n, size in enumerate(sizes)]
    whole = np.concatenate(parts)
    with Kept(Path("out")) as kept:
        for part in parts:
            kept.append(part)
        assert len(kept) == len(whole)
        if len(whole):
            rows = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=10))
            np.testing.assert_array_equal(kept.take(rows), whole[rows])


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_was_never_kept_is_an_error(row: int) -> None:
    with Kept(Path("out")) as kept:
        kept.append(np.zeros((2, 1), dtype=np.float32))
        with pytest.raises(IndexError, match="2 rows"):
            kept.take([row])
