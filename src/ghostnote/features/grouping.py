"""Compiled rearrangements of a batch: grouped by key, gathered, packed."""

from typing import Any

import numpy as np

from ghostnote.compiling import compiled

Array = np.ndarray[Any, Any]
_DIGIT = 11


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
def gather(columns: Array, chosen: Array, rows: Array) -> Array:
    """`columns[chosen][:, rows]` turned to (rows, chosen), in the columns' dtype."""
    result = np.empty((rows.size, chosen.size), dtype=columns.dtype)
    for j in range(chosen.size):
        for i in range(rows.size):
            result[i, j] = columns[chosen[j], rows[i]]
    return result


@compiled
def pack(conditions: Array, chosen: Array, rows: Array) -> Array:
    """Bit j of result i is `conditions[chosen[j], rows[i]]` (bool); (rows,) int64."""
    result = np.zeros(rows.size, dtype=np.int64)
    for j in range(chosen.size):
        for i in range(rows.size):
            result[i] |= np.int64(conditions[chosen[j], rows[i]]) << j
    return result


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
