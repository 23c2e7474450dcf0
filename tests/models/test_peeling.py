"""Peeling finds what an obvious and slow peeling finds, and hits do not hide a block."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.models.peeling import column_weight, densest


def slow(pairs: list[tuple[int, int]], weight: list[float], shape: tuple[int, int]) -> tuple[set[int], float]:
    """Take the node with least weight away, look at all that is left, and remember the best."""
    nodes = set(range(sum(shape)))
    joined = [(row, shape[0] + column) for row, column in pairs]
    best, density = set(nodes), -1.0
    while nodes:
        inside = [(ends, w) for ends, w in zip(joined, weight, strict=True) if nodes.issuperset(ends)]
        now = sum(w for _, w in inside) / len(nodes)
        if now > density:
            best, density = set(nodes), now
        nodes.remove(min(nodes, key=lambda node: (sum(w for ends, w in inside if node in ends), node)))
    return best, density


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=25), st.data())
@settings(max_examples=100, deadline=None)
def test_the_same_as_the_slow_way(pairs, data):
    ordered = sorted(pairs)
    # Quarters add up without rounding, so that both break the same ties.
    weight = [data.draw(st.integers(1, 8)) / 4 for _ in ordered]
    rows, columns = (np.array(side, dtype=np.int32) for side in zip(*ordered, strict=True))
    inside, keys, density = densest(rows, columns, np.array(weight), (6, 7))
    expected, best = slow(ordered, weight, (6, 7))
    assert density == pytest.approx(best)
    assert set(np.flatnonzero(np.concatenate([inside, keys])).tolist()) == expected


def test_nothing_has_no_block():
    none = np.zeros(0, dtype=np.int32)
    inside, keys, density = densest(none, none, np.zeros(0), (2, 3))
    assert (inside.sum(), keys.sum(), density) == (0, 0, 0.0)


def test_camouflage_does_not_hide_a_block():
    random = np.random.default_rng(0)
    hits = random.random((300, 40)) < 0.3
    bots = np.zeros((300, 20), dtype=bool)
    bots[:15] = random.random((15, 20)) < 0.6
    for share in (0.0, 0.3, 0.9):
        hits[:15] = random.random((15, 40)) < share
        rows, columns = np.nonzero(np.concatenate([hits, bots], axis=1))
        users = np.bincount(columns, minlength=60)
        # As many people as a service has: hits are what a good part of them plays.
        weight = column_weight(np.where(np.arange(60) < 40, users * 10_000, users))
        inside, keys, _ = densest(rows.astype(np.int32), columns.astype(np.int32), weight[columns], (300, 60))
        assert inside[:15].all()
        assert inside.sum() <= 20
        assert keys[40:].sum() >= 18
