"""Edges summed up per account and key, and how rare each key is: what few touch says more than what everybody does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ghostnote.models.edges import Edges

Array = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Incidence:
    """The different pairs of account and key, by key, then account; keys are numbered from 0 over all kinds.

    Per pair, shape (pairs,): `account`, `key` (int32), `weight` (float64, events), `share` (float64: of what the
    account does of that kind), `first`, `last` (int32, buckets) and `times` (int32, different buckets). Per key, shape
    (keys,):
    `begin` (int64, keys + 1: where its pairs begin), `users` (int64), `kind` (int8), `code` (int32: the key's code in
    its kind) and `events` (float64). `degree` (int64, shape (accounts, kinds)) counts an account's different keys.
    """

    edges: Edges
    account: NDArray[np.int32]
    key: NDArray[np.int32]
    weight: Floats
    share: Floats
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    times: NDArray[np.int32]
    begin: Array
    kind: NDArray[np.int8]
    code: NDArray[np.int32]
    events: Floats
    degree: Array

    @property
    def users(self) -> Array:
        return np.diff(self.begin)

    @property
    def keys(self) -> int:
        return len(self.kind)


def incidence(edges: Edges, little: float = 5.0) -> Incidence:
    """Sum edges up. Who has hardly done anything is devoted to nothing: `little` more events count as elsewhere."""
    order = _order(edges)
    account, key = edges.account[order], edges.key[order]
    kind, time = edges.kind[order], edges.time[order]
    weight = edges.weight[order].astype(np.float64)
    del order
    new_key = _changes(kind, key)
    new_pair = new_key | _changes(account)
    new_time = new_pair | _changes(time)
    start = np.flatnonzero(new_pair)
    if not len(start):
        return _nothing(edges)
    summed = np.add.reduceat(weight, start)
    ends = np.append(start[1:], len(account)) - 1
    begin = np.append(np.flatnonzero(new_key[start]), len(start)).astype(np.int64)
    whose, of = account[start], kind[start]
    cell = whose.astype(np.int64) * len(edges.kinds) + of
    size = edges.accounts * len(edges.kinds)
    done = np.bincount(cell, summed, size)
    firsts = begin[:-1]
    return Incidence(
        edges=edges,
        account=whose,
        key=(np.cumsum(new_key[start]) - 1).astype(np.int32),
        weight=summed,
        share=summed / (done[cell] + little),
        first=time[start],
        last=time[ends],
        times=np.add.reduceat(new_time.astype(np.int32), start),
        begin=begin,
        kind=of[firsts],
        code=key[start][firsts],
        events=np.add.reduceat(summed, firsts),
        degree=np.bincount(cell, minlength=size).reshape(edges.accounts, len(edges.kinds)),
    )


def rarity(users: Array, accounts: int) -> Floats:
    """Powers of ten by which a key is rarer than one that every account uses; float64, 0 or more."""
    return np.asarray(np.log10(max(accounts, 1) / np.maximum(users, 1)), dtype=np.float64).clip(min=0.0)


def _order(edges: Edges) -> Array:
    """By kind, key, account, then time: one sort of whole numbers if they fit into 64 bits, as nearly always."""
    times = edges.time.astype(np.int64) - (int(edges.time.min()) if len(edges) else 0)
    sizes = [len(edges.kinds), int(edges.key.max(initial=0)) + 1, edges.accounts, int(times.max(initial=0)) + 1]
    if np.prod([float(size) for size in sizes]) >= 2.0**63:
        return np.lexsort((times, edges.account, edges.key, edges.kind)).astype(np.int64)
    place = edges.kind.astype(np.int64)
    for column, size in ((edges.key, sizes[1]), (edges.account, sizes[2]), (times, sizes[3])):
        place *= size
        place += column.astype(np.int64, copy=False)
    return np.argsort(place).astype(np.int64, copy=False)


def _changes(*columns: NDArray[np.integer]) -> NDArray[np.bool_]:
    changed = np.zeros(len(columns[0]), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def _nothing(edges: Edges) -> Incidence:
    ints, floats = np.zeros(0, dtype=np.int32), np.zeros(0)
    zero = np.zeros(1, dtype=np.int64)
    degree = np.zeros((edges.accounts, len(edges.kinds)), dtype=np.int64)
    kinds = np.zeros(0, dtype=np.int8)
    return Incidence(edges, ints, ints, floats, floats, ints, ints, ints, zero, kinds, ints, floats, degree)
