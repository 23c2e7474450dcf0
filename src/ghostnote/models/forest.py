"""Boosted trees asked about many rows at once: a block of rows goes down one tree after the other, level by level.

A library that takes each row down all trees waits for a wrong guess at nearly every node. Here a level of a tree is
one loop without branches over a block of rows, whose values and nodes stay in the nearest cache. Sums are made in the
trees' order, in float64, as the library makes them: they are the same to the last bit. After Asadi, Lin & de Vries,
"Runtime optimizations for tree-based machine learning models", 2014.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from ghostnote.compiling import lean

Array = np.ndarray[Any, Any]
#: Rows that go down together.
_BLOCK = 128
#: With fewer rows a thread costs more than it saves.
_FEWEST_ROWS = 1 << 13
#: In the library's `decision_type`: what is missing goes left; NaN is missing (otherwise it is taken for zero).
_LEFT, _NAN = 2, 8


@dataclass(frozen=True)
class Forest:
    """Nodes of all trees, a tree's one after the other, its leaves among them; siblings lie side by side.

    feature: int32, the column asked for. threshold: float32, the first child where the value is at most that, the next
    node where it is more; a leaf leads to itself. forgives: int32, 1 where NaN leads to the first child. first: int32.
    value: float64, what a leaf adds. roots, depths: int32, by tree.
    """

    feature: Array
    threshold: Array
    forgives: Array
    first: Array
    value: Array
    roots: Array
    depths: Array

    @classmethod
    def parsed(cls, text: str) -> Self | None:
        """From the library's own text; None if it holds what this does not know (categories, zeros as missing)."""
        nodes: list[tuple[int, float, int, int, float]] = []
        roots, depths = [], []
        for tree in text.split("\nTree=")[1:]:
            told = dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)
            kinds = np.array(told.get("decision_type", "").split(), dtype=np.int64)
            if int(told["num_cat"]) or int(told.get("is_linear", "0")) or not np.isin(kinds & ~_LEFT, (0, _NAN)).all():
                return None
            roots.append(len(nodes))
            depths.append(_add(told, kinds, nodes))
        if not nodes:
            return None
        feature, threshold, forgives, first, value = zip(*nodes, strict=True)
        return cls(
            feature=np.array(feature, dtype=np.int32),
            threshold=_at_most(np.array(threshold)),
            forgives=np.array(forgives, dtype=np.int32),
            first=np.array(first, dtype=np.int32),
            value=np.array(value),
            roots=np.array(roots, dtype=np.int32),
            depths=np.array(depths, dtype=np.int32),
        )

    def sums(self, values: Array, columns: Array, threads: int = 1) -> Array:
        """What the leaves add up to, (n,) float64; the trees' feature f is `values[:, columns[f]]`, -1: missing.

        values: (n, any) float32. columns: int64. The number of threads makes no difference to any row.
        """
        out = np.zeros(len(values))
        nodes = self.feature, self.threshold, self.forgives, self.first, self.value, self.roots, self.depths

        def descend(part: slice) -> None:
            held, at = np.empty((_BLOCK, len(columns)), dtype=np.float32), np.empty(_BLOCK, dtype=np.int32)
            _descend(values[part], columns, *nodes, held, at, out[part])

        count = min(threads, max(1, len(values) // _FEWEST_ROWS))
        if count == 1:
            descend(slice(None))
            return out
        bounds = np.linspace(0, len(values), count + 1).astype(np.int64)
        parts = [slice(first, last) for first, last in pairwise(bounds.tolist())]
        with ThreadPoolExecutor(count, thread_name_prefix="trees") as pool:
            list(pool.map(descend, parts))
        return out


def _add(told: dict[str, str], kinds: Array, nodes: list[tuple[int, float, int, int, float]]) -> int:
    """Add one tree's nodes, level by level; returns how many levels there are below its root."""
    values = [float(value) for value in told["leaf_value"].split()]
    inner = {name: told.get(name, "").split() for name in ("split_feature", "threshold", "left_child", "right_child")}
    # Places in the library's numbering: leaves are -1, -2, ...
    level, depth = [0 if len(values) > 1 else -1], 0
    while True:
        below: list[int] = []
        start = len(nodes) + len(level)
        for place in level:
            if place < 0:
                nodes.append((0, np.inf, 1, len(nodes), values[-1 - place]))
                continue
            threshold, kind = float(inner["threshold"][place]), int(kinds[place])
            left = kind & _LEFT > 0 if kind & _NAN else threshold >= 0.0
            nodes.append((int(inner["split_feature"][place]), threshold, int(left), start + len(below), 0.0))
            below += [int(inner["left_child"][place]), int(inner["right_child"][place])]
        if not below:
            return depth
        level, depth = below, depth + 1


def _at_most(thresholds: Array) -> Array:
    """The largest float32 that is no larger: to values that are float32 themselves it is the same threshold."""
    near = thresholds.astype(np.float32)
    return np.where(near > thresholds, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float32)


@lean
def _descend(
    values: Array,
    columns: Array,
    feature: Array,
    threshold: Array,
    forgives: Array,
    first: Array,
    value: Array,
    roots: Array,
    depths: Array,
    held: Array,
    at: Array,
    out: Array,
) -> None:
    for block in range(0, out.size, held.shape[0]):
        size = min(held.shape[0], out.size - block)
        for i in range(size):
            for j in range(columns.size):
                held[i, j] = values[block + i, columns[j]] if columns[j] >= 0 else np.float32(np.nan)
        for tree in range(roots.size):
            for i in range(size):
                at[i] = roots[tree]
            for _ in range(depths[tree]):
                for i in range(size):
                    node = np.uint64(at[i])
                    x = held[np.uint64(i), np.uint64(feature[node])]
                    # Nothing is equal to NaN, itself included.
                    stays = np.int32(x <= threshold[node]) | (np.int32(x != x) & forgives[node])  # noqa: PLR0124
                    at[i] = first[node] + np.int32(1) - stays
            for i in range(size):
                out[block + i] += value[np.uint64(at[i])]
