"""Plays are laid out so that nobody hears two tracks at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.simulation.rows import SECOND
from ghostnote.simulation.timeline import lay_out, start_without_overlap

_spans = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000), st.integers(1, 500)), min_size=1, max_size=40).map(
    sorted
)


@given(_spans)
def test_spans_follow_each_other_and_never_start_early(rows: list[tuple[int, int, int]]) -> None:
    account, start, span = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    begun = start_without_overlap(account, start, span)
    free: dict[int, int] = {}
    for who, wished, length, at in zip(account, start, span, begun, strict=True):
        assert at == max(wished, free.get(who, wished))
        free[who] = at + length


@given(_spans, st.integers(1, 4))
def test_plays_of_a_sitting_follow_each_other(rows: list[tuple[int, int, int]], each: int) -> None:
    account, start, length = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    sizes = np.full(account.size, each)
    lengths = np.repeat(length, each) * SECOND
    end = lay_out(account, start * SECOND, sizes, lengths, 20 * SECOND)
    begun = end - lengths
    same = np.repeat(account, each)
    follows = np.flatnonzero(same[1:] == same[:-1])
    assert (begun[1:][follows] >= end[:-1][follows]).all()
    assert (begun[::each] >= start * SECOND).all()
