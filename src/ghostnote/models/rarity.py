"""Edges summed up per account and key, and how rare each key is: what few touch says more than what everybody does."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.compiling import compiled
from ghostnote.models.edges import Edges
from ghostnote.models.sorting import sort_rows

AnyArray = np.ndarray[Any, Any]
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
    counted = np.zeros((edges.accounts, len(edges.kinds)), dtype=np.int64)
    done = np.zeros((edges.accounts, len(edges.kinds)))
    by_pair, by_key = _summed(*_ordered(edges), counted, done)
    account, key, weight, first, last, times = by_pair
    begin, kind, code, events = by_key
    return Incidence(
        edges=edges,
        account=account,
        key=key,
        weight=weight,
        share=_shares(account, key, weight, kind, done, little),
        first=first,
        last=last,
        times=times,
        begin=begin,
        kind=kind,
        code=code,
        events=events,
        degree=counted,
    )


def rarity(users: Array, accounts: int) -> Floats:
    """Powers of ten by which a key is rarer than one that every account uses; float64, 0 or more."""
    return np.asarray(np.log10(max(accounts, 1) / np.maximum(users, 1)), dtype=np.float64).clip(min=0.0)


def _ordered(edges: Edges) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray]:
    """Kind, key, account, time and weight, by these."""
    earliest = edges.time.min() if len(edges) else 0
    kind, key, account, time, weight = sort_rows(
        edges.kind, edges.key, edges.account, edges.time - earliest, edges.weight
    )
    return kind, key, account, time + earliest, weight


@compiled
def _summed(
    kind: AnyArray,
    key: AnyArray,
    account: AnyArray,
    time: AnyArray,
    weight: AnyArray,
    counted: AnyArray,
    done: AnyArray,
) -> tuple[tuple[AnyArray, ...], tuple[AnyArray, ...]]:
    """The columns of `Incidence` by pair and by key; of each account and kind the different keys are `counted`, and
    the events summed up in `done`.
    """
    pairs = keys = 0
    for i in range(key.size):
        another = i == 0 or key[i] != key[i - 1] or kind[i] != kind[i - 1]
        keys += another
        pairs += another or account[i] != account[i - 1]
    whose, of = np.empty(pairs, dtype=np.int32), np.empty(pairs, dtype=np.int32)
    summed, times = np.zeros(pairs), np.zeros(pairs, dtype=np.int32)
    first, last = np.empty(pairs, dtype=np.int32), np.empty(pairs, dtype=np.int32)
    begin, events = np.full(keys + 1, pairs), np.zeros(keys)
    kinds, codes = np.empty(keys, dtype=np.int8), np.empty(keys, dtype=np.int32)
    pair = at = -1
    for i in range(key.size):
        another = i == 0 or key[i] != key[i - 1] or kind[i] != kind[i - 1]
        fresh = another or account[i] != account[i - 1]
        if another:
            at += 1
            begin[at], kinds[at], codes[at] = pair + 1, kind[i], key[i]
        if fresh:
            pair += 1
            whose[pair], of[pair], first[pair] = account[i], at, time[i]
            counted[account[i], kind[i]] += 1
        times[pair] += fresh or time[i] != time[i - 1]
        last[pair] = time[i]
        summed[pair] += weight[i]
        events[at] += weight[i]
        done[account[i], kind[i]] += weight[i]
    return (whose, of, summed, first, last, times), (begin, kinds, codes, events)


@compiled
def _shares(
    account: AnyArray, key: AnyArray, weight: AnyArray, kind: AnyArray, done: AnyArray, little: float
) -> AnyArray:
    shares = np.empty(weight.size)
    for i in range(weight.size):
        shares[i] = weight[i] / (done[account[i], kind[key[i]]] + little)
    return shares
