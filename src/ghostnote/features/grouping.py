"""Compiled rearrangements of a batch: grouped by key, with all that a kind of key reads."""

from typing import Any, NamedTuple

import numpy as np

from ghostnote.compiling import compiled, lean

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


class Room(NamedTuple):
    """Where one kind's events are put: codes (int32), rows, times, flags, values (int64, row by row), items (int32)."""

    codes: Array
    rows: Array
    times: Array
    flags: Array
    values: Array
    items: Array


def room(rows: int, values: int, items: int) -> Room:
    """Room for so many events, with so many values and items each."""
    return Room(
        codes=np.empty(rows, dtype=np.int32),
        rows=np.empty(rows, dtype=np.int64),
        times=np.empty(rows, dtype=np.int64),
        flags=np.empty(rows, dtype=np.int64),
        values=np.empty(rows * values, dtype=np.int64),
        items=np.empty((rows, items), dtype=np.int32),
    )


@compiled
def arrange(
    codes: Array,
    times: Array,
    words: Array,
    needs: Array,
    values: Array,
    chosen: Array,
    items: Array,
    kept: Array,
    own: Array,
    own_rows: Array,
    when: Array,
    flags: Array,
    summed: Array,
    told: Array,
) -> int:
    """Put one kind's events, grouped by key where there are many, into a `Room`; how many they are.

    Bit j of an event's flags is set where its words have all bits of `needs[j]`; values are `values[chosen]`, items
    `items[kept]`.
    """
    rows = group_rows(codes) if codes.size >= _WORTH_GROUPING else np.flatnonzero(codes >= 0)
    held = np.zeros(codes.size, np.int64)
    for j in range(needs.shape[0]):
        _flag(words, needs[j], j, held)
    # One column after the other: each of them alone fits the processor's cache.
    own_rows[: rows.size] = rows
    _gather(codes, rows, own, 1, 0)
    _gather(times, rows, when, 1, 0)
    _gather(held, rows, flags, 1, 0)
    for j in range(chosen.size):
        _gather(values[chosen[j]], rows, summed, chosen.size, j)
    flat = told.reshape(-1)
    for j in range(kept.size):
        _gather(items[kept[j]], rows, flat, kept.size, j)
    return int(rows.size)


@lean
def _flag(words: Array, needs: Array, bit: int, flags: Array) -> None:
    if needs.size == 1:
        need = needs[0]
        for i in range(flags.size):
            flags[i] |= np.int64(words[0, i] & need == need) << bit
        return
    for i in range(flags.size):
        holds = True
        for word in range(needs.size):
            holds &= words[word, i] & needs[word] == needs[word]
        flags[i] |= np.int64(holds) << bit


@lean
def _gather(column: Array, rows: Array, out: Array, step: int, first: int) -> None:
    for i in range(rows.size):
        out[np.uint64(i * step + first)] = column[np.uint64(rows[i])]


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
