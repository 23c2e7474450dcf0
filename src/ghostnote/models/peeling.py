"""The densest block of a graph of accounts and keys, by peeling; camouflage does not make it look less dense.

Source: Hooi et al., FRAUDAR: bounding graph fraud in the face of camouflage, 2016; Charikar, 2000.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.compiling import compiled

Array = np.ndarray[Any, Any]
Floats = NDArray[np.float64]


def column_weight(users: NDArray[np.int64]) -> Floats:
    """What an edge to a key of so many users counts: 1 / ln(users + 5), so that hits, which hide, count little."""
    return np.asarray(1.0 / np.log(users + 5.0), dtype=np.float64)


def densest(
    rows: NDArray[np.int32], columns: NDArray[np.int32], weight: Floats, shape: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float]:
    """Which rows and columns make the densest block, and its density: weight of the edges inside / nodes inside.

    `rows`, `columns` and `weight` have shape (edges,), each pair at most once; `shape` counts rows and columns.
    Whichever node has least left is taken away, again and again (of equals the first, rows before columns); the best of
    all blocks on the way is at least half as dense as the densest there is. Edges x log(nodes) steps.
    """
    nodes = shape[0] + shape[1]
    if nodes == 0 or not len(rows):
        return np.zeros(shape[0], np.bool_), np.zeros(shape[1], np.bool_), 0.0
    left, right = rows.astype(np.int64), columns.astype(np.int64) + shape[0]
    ends, others = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((others, ends))
    begin = np.searchsorted(ends[order], np.arange(nodes + 1)).astype(np.int64)
    gone, density = _peel(begin, others[order], np.concatenate([weight, weight])[order])
    inside = np.ones(nodes, dtype=np.bool_)
    inside[gone] = False
    return inside[: shape[0]], inside[shape[0] :], density


@compiled
def _peel(begin: Array, others: Array, weight: Array) -> tuple[Array, float]:
    """Nodes to take away, in order, up to the densest block, and its density. A heap holds what is left of each."""
    nodes = begin.size - 1
    left = np.zeros(nodes)
    total = 0.0
    for node in range(nodes):
        for place in range(begin[node], begin[node + 1]):
            left[node] += weight[place]
        total += left[node] / 2.0
    heap = np.arange(nodes)
    where = np.arange(nodes)
    for place in range(nodes // 2 - 1, -1, -1):
        _sink(heap, where, left, place, nodes)
    gone = np.empty(nodes, dtype=np.int64)
    best, best_at = total / nodes, 0
    for step in range(nodes - 1):
        size = nodes - step
        node = heap[0]
        heap[0] = heap[size - 1]
        where[heap[0]] = 0
        where[node] = -1
        _sink(heap, where, left, 0, size - 1)
        gone[step] = node
        total -= left[node]
        for place in range(begin[node], begin[node + 1]):
            other = others[place]
            if where[other] >= 0:
                left[other] -= weight[place]
                _rise(heap, where, left, where[other])
        # Rounding must not make a block look denser than an equal one that is larger.
        if total / (size - 1) > best * (1 + 1e-12):
            best, best_at = total / (size - 1), step + 1
    return gone[:best_at], best


@compiled
def _before(left: Array, one: int, other: int) -> bool:
    return bool(left[one] < left[other] or (left[one] == left[other] and one < other))


@compiled
def _sink(heap: Array, where: Array, left: Array, place: int, size: int) -> None:
    while True:
        child = 2 * place + 1
        if child >= size:
            return
        if child + 1 < size and _before(left, heap[child + 1], heap[child]):
            child += 1
        if not _before(left, heap[child], heap[place]):
            return
        heap[place], heap[child] = heap[child], heap[place]
        where[heap[place]] = place
        where[heap[child]] = child
        place = child


@compiled
def _rise(heap: Array, where: Array, left: Array, place: int) -> None:
    while place > 0:
        parent = (place - 1) // 2
        if not _before(left, heap[place], heap[parent]):
            return
        heap[place], heap[parent] = heap[parent], heap[place]
        where[heap[place]] = place
        where[heap[parent]] = parent
        place = parent
