"""Compiled rearrangements of a batch: grouped by key, with all that a kind of key reads."""

from typing import Any

import numpy as np

from ghostnote.compiling import compiled

Array = np.ndarray[Any, Any]
_DIGIT = 11
#: In fewer events hardly any two have one key.
_WORTH_GROUPING = 1 << 12


@compiled
def group_rows(codes: Array) -> Array:
    """The rows with a code >= 0, by code, in their order within a code; (m,) int64. A stable radix sort."""
    rows = np.empty(codes.size, dtype=np.int64)
    n = 0
    top = 0
    for row in range(codes.size):
        if codes[row] >= 0:
            rows[n] = row
            n += 1
            top = max(top, int(codes[row]))
    rows = rows[:n]
    other = np.empty(n, dtype=np.int64)
    starts = np.empty((1 << _DIGIT) + 1, dtype=np.int64)
    shift = 0
    while top >> shift:
        starts[:] = 0
        for place in range(n):
            starts[((codes[rows[place]] >> shift) & ((1 << _DIGIT) - 1)) + 1] += 1
        for digit in range(1 << _DIGIT):
            starts[digit + 1] += starts[digit]
        for place in range(n):
            bucket = (codes[rows[place]] >> shift) & ((1 << _DIGIT) - 1)
            other[starts[bucket]] = rows[place]
            starts[bucket] += 1
        rows, other = other, rows
        shift += _DIGIT
    return rows


@compiled
def arrange(
    codes: Array, times: Array, words: Array, needs: Array, values: Array, chosen: Array, items: Array, kept: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """One kind's events, grouped by key where there are many: (codes, rows, times, flags, values, items).

    Bit j of an event's flags is set where its words have all bits of `needs[j]`; values are `values[chosen]`, row by row
    (1-d), items `items[kept]`, (rows, kept).
    """
    rows = group_rows(codes) if codes.size >= _WORTH_GROUPING else np.flatnonzero(codes >= 0)
    n = rows.size
    own, when, flags = np.empty(n, codes.dtype), np.empty(n, np.int64), np.empty(n, np.int64)
    summed, told = np.empty(n * chosen.size, np.int64), np.empty((n, kept.size), np.int32)
    for i in range(n):
        row = rows[i]
        own[i] = codes[row]
        when[i] = times[row]
        flag = np.int64(0)
        for j in range(needs.shape[0]):
            holds = True
            for word in range(words.shape[0]):
                holds &= words[word, row] & needs[j, word] == needs[j, word]
            flag |= np.int64(holds) << j
        flags[i] = flag
        for j in range(chosen.size):
            summed[i * chosen.size + j] = values[chosen[j], row]
        for j in range(kept.size):
            told[i, j] = items[kept[j], row]
    return own, rows, when, flags, summed, told


@compiled
def carry(accounts: Array, given: Array, held: Array, result: Array) -> None:
    """What each account's sign-up gave (codes, -1: nothing), carried to its later events; `held` is by account."""
    for row in range(accounts.size):
        account = accounts[row]
        if account < 0:
            result[row] = -1
            continue
        if given[row] >= 0:
            held[account] = given[row]
        result[row] = held[account]
