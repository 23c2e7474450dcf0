"""Compiled rearrangements of a batch: grouped by key, with all that a kind of key reads."""

import numpy as np

from ghostnote.compiling import compiled, lean
from ghostnote.features.fetching import int_grid, ints, long_grid, longs, record_at
from ghostnote.features.records import Array, Record

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


# The fields of records: what a call has of its events, what a kind of key reads of them, where they are put.
CALL_COUNT, CALL_CODES, CALL_TIMES, CALL_WORDS, CALL_VALUES = range(5)
READS_KEY, READS_NEEDS, READS_VALUES, READS_ITEMS = range(4)
(
    EVENT_KEYS,
    EVENT_ROWS,
    EVENT_TIMES,
    EVENT_FLAGS,
    EVENT_VALUES,
    EVENT_ITEMS,
    EVENT_WATERS,
    EVENT_OUT,
    EVENT_LATE,
    EVENT_CODES,
) = range(10)
ADMITS_COUNTS, ADMITS_PLACES, ADMITS_FREE, ADMITS_HEADS, ADMITS_TEMPLATE = range(5)
#: What a kind of key counts: heads that nobody has any more, heads given out, those of them that are made, and how many
#: codes must have a place before events can be admitted.
FREED, TAKEN, MADE, KNOWN = range(4)


class Room(Record):
    """Where one kind's events are put, so many at most, grouped by key and in order within a key.

    keys: (n,) int64, the key's head; rows: (n,) int64 row of the output; times: (n,) int64 us; flags: (n,) int64;
    values: (n * v,) int64, row by row; items: (n, i) int32, -1 = unknown; codes: (n,) int32 of the key. Three are the
    call's: waters (int64), features (float32, rows by columns), late (uint8).
    """

    def __init__(self, values: int, items: int, waters: Array, out: Array, late: Array) -> None:
        rows = len(waters)
        super().__init__(
            (
                np.empty(rows, dtype=np.int64),
                np.empty(rows, dtype=np.int64),
                np.empty(rows, dtype=np.int64),
                np.empty(rows, dtype=np.int64),
                np.empty(rows * values, dtype=np.int64),
                np.empty((rows, items), dtype=np.int32),
                waters,
                out,
                late,
                np.empty(rows, dtype=np.int32),
            )
        )


@compiled
def arrange(call: int, reads: int, room: int) -> int:
    """Put one kind's events, grouped by key where there are many, into a `Room`; how many they are.

    Bit j of an event's flags is set where its words have all bits of the needs' row j. All three are records.
    """
    c, p, r = record_at(call), record_at(reads), record_at(room)
    n = c[3 * CALL_COUNT + 1]
    every = int_grid(c, CALL_CODES)
    codes = every[longs(p, READS_KEY)[0], :n]
    rows = longs(r, EVENT_ROWS)
    if n >= _WORTH_GROUPING:
        grouped = group_rows(codes)
        number = grouped.size
        rows[:number] = grouped
    else:
        number = 0
        for row in range(n):
            if codes[row] >= 0:
                rows[number] = row
                number += 1
    r[3 * EVENT_KEYS + 1] = number  # That is how many the walk goes through.
    if number == 0:
        return 0
    rows = rows[:number]
    held = np.zeros(n, np.int64)
    needs = long_grid(p, READS_NEEDS)
    words = long_grid(c, CALL_WORDS)
    for j in range(needs.shape[0]):
        _flag(words, needs[j], j, held)
    # One column after the other: each of them alone fits the processor's cache.
    _gather(codes, rows, ints(r, EVENT_CODES), 1, 0)
    _gather(longs(c, CALL_TIMES), rows, longs(r, EVENT_TIMES), 1, 0)
    _gather(held, rows, longs(r, EVENT_FLAGS), 1, 0)
    chosen, values = longs(p, READS_VALUES), long_grid(c, CALL_VALUES)
    for j in range(chosen.size):
        _gather(values[chosen[j]], rows, longs(r, EVENT_VALUES), chosen.size, j)
    kept = longs(p, READS_ITEMS)
    told = int_grid(r, EVENT_ITEMS).reshape(-1)
    for j in range(kept.size):
        _gather(every[kept[j]], rows, told, kept.size, j)
    return int(number)


@compiled
def admit(kind: int, room: int) -> bool:
    """Write down the heads of a room's events, and give one to every key that has none.

    False if the kind must first have places for as many codes as KNOWN says, or room for as many heads as TAKEN says.
    places: (codes,) int32 head of each key, -1: none. free: int32, heads to use again; the first FREED are.
    """
    p, r = record_at(kind), record_at(room)
    counts, places, free = longs(p, ADMITS_COUNTS), ints(p, ADMITS_PLACES), ints(p, ADMITS_FREE)
    codes, keys = ints(r, EVENT_CODES), longs(r, EVENT_KEYS)
    top = np.int64(-1)
    for i in range(keys.size):
        top = max(top, np.int64(codes[i]))
    if top >= places.size:
        counts[KNOWN] = top + 1
        return False
    freed, taken = counts[FREED], counts[TAKEN]
    for i in range(keys.size):
        place = np.int64(places[codes[i]])
        if place < 0:
            if freed:
                freed -= 1
                place = np.int64(free[freed])
            else:
                place = taken
                taken += 1
            places[codes[i]] = place
        keys[i] = place
    counts[FREED], counts[TAKEN] = freed, taken
    heads, template = longs(p, ADMITS_HEADS), longs(p, ADMITS_TEMPLATE)
    width = template.size
    if taken * width > heads.size:
        return False
    for head in range(counts[MADE], taken):
        for slot in range(width):
            heads[head * width + slot] = template[slot]
    counts[MADE] = taken
    return True


@compiled
def arrange_all(call: int, addresses: Array, numbers: Array, start: int) -> int:
    """Put the events of several kinds, from kind `start` on, into their rooms, and admit them.

    addresses: (kinds, 3) int64 of what each reads, of what it remembers, and of its room. Writes how many events each
    has into `numbers`, (kinds,) int64; returns how many kinds are done, fewer than all if one must grow first.
    """
    for j in range(start, numbers.size):
        numbers[j] = arrange(call, addresses[j, 0], addresses[j, 2])
        if numbers[j] and not admit(addresses[j, 1], addresses[j, 2]):
            return int(j)
    return int(numbers.size)


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
