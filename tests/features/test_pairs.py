"""Dictionaries from pairs of codes to numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.features.pairs import PairCodes


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(-1, 9), st.integers(-1, 9)), max_size=40), max_size=6), st.booleans())
def test_pairs_are_numbered_in_order_of_first_sight(batches: list[list[tuple[int, int]]], restart: bool) -> None:
    codes, known = PairCodes(), {}
    for batch in batches:
        expected = [-1 if -1 in pair else known.setdefault(pair, len(known)) for pair in batch]
        left, right = np.array(batch, dtype=np.int32).reshape(-1, 2).T.copy()
        assert codes.encode(left, right).tolist() == expected
        if restart:
            codes = PairCodes.from_arrays(codes.to_arrays())


def test_many_pairs_grow() -> None:
    left, right = (a.astype(np.int32) for a in np.divmod(np.arange(50_000), 1000))
    codes = PairCodes()
    assert codes.encode(left, right).tolist() == list(range(50_000))
    assert codes.encode(right, left)[0] == 0
    assert len(PairCodes.from_arrays(codes.to_arrays())) == len(codes)


def test_the_largest_codes_of_a_pair_stay_apart() -> None:
    top = 2**31 - 1
    left, right = np.array([top, 0, top, 0], dtype=np.int32), np.array([top, top, 0, 0], dtype=np.int32)
    codes = PairCodes()
    assert codes.encode(left, right).tolist() == [0, 1, 2, 3]
    assert PairCodes.from_arrays(codes.to_arrays()).encode(left, right).tolist() == [0, 1, 2, 3]
