"""The compiled walk: per-key state, updated event by event, in integers only.

One long file on purpose: Numba's cache on disk notices a change of a function's own file, not of the files it calls.

Words used here. A *head* is one key's row of int64 slots; which slot holds what is decided by `plan`. A *log* is a
key's ring of the events still inside its longest window, oldest first, in blocks of `log_wide`/`log_narrow` rows; a
*cursor* per window counts the oldest log rows that have left that window. A *table* is a key's open-addressing hash
from item to one count per window; a *tally* holds how many items have each count, which makes the largest count exact
under removals. Tables and tallies live in blocks of `cells`. Blocks have power-of-two sizes; freed ones are kept in
lists by size.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from ghostnote.compiling import compiled, inlined, lean
from ghostnote.features.fetching import ahead, doubles, float_grid, int_grid, ints, long_grid, longs, octets, record_at
from ghostnote.features.grouping import (
    EVENT_FLAGS,
    EVENT_ITEMS,
    EVENT_KEYS,
    EVENT_LATE,
    EVENT_OUT,
    EVENT_ROWS,
    EVENT_TIMES,
    EVENT_VALUES,
    EVENT_WATERS,
)

Array = np.ndarray[Any, Any]
Int = int | np.int64

# The first slots of a head. A key kind without any finite window or item has the clock alone.
CLOCK, LOG, LOG_BITS, LOG_START, LOG_SIZE, LOG_POPPED, HELD, CURSORS = range(8)
# What the columns of a log's wide rows hold; values and gaps follow.
TIME, FLAGS, FIRST_VALUE = range(3)
# Slots of an item count in one window, and of a table.
TOTAL, DISTINCT, TOP, WEIGHT, TALLY, TALLY_BITS = range(6)
TABLE, TABLE_BITS, TABLE_USED = range(3)
# Kinds of read-out.
READ_COUNT, READ_RATIO, READ_STD, READ_CV, READ_ENTROPY, READ_SINCE, READ_KNOWN, READ_GROWTH = range(8)
# A block list: [0] next free position, [1 + bits] first free block of that size, [NEEDED] room to make before going on.
NEEDED = 63
NONE = -1
NEVER = np.iinfo(np.int64).min
#: A longest gap that must be looked for again, because the one that was known has left its window.
UNSURE = -2
#: How far one event may move the stream's time on, in us.
MOST_RISE = 3_600_000_000
#: So many events before its turn an event's log and tables are fetched, and its head twice as many: about what memory
#: takes to answer.
AHEAD = 8
#: How many int64 one line of a cache holds.
LINE = 8
LOG2_BITS = 28
MIN_BITS = 2


class Program(NamedTuple):
    """What one key kind's walk does, as arrays of int64; made by `plan`. W = number of finite windows.

    sizes: head width, log's wide width, log's narrow width, cells that the first blocks of all items may take, values
        per event.
    windows: (W,) lengths in us, ascending.
    keep: (1,) bits of the events that belong into the log.
    counts: (n, 2) bit, slot; sorted by window.
    count_from: (W + 2,) where each window's rows begin; window W is `ever`.
    sums: (n, 4) bit, value column, power (0: the value as it is; 1, 2: in hundreds), slot; sorted by window.
    sum_from: as count_from.
    chains: (n, 5) bit, slots of the last time, of its log position and of the gap read out, gap column or -1.
    gap_slots: (chains, W) first of three slots (gaps, their sum, their squares' sum) or -1.
    items: (n, 5) narrow column, bit, table slot, log2 of cells per entry, longest finite window or -1.
    item_cells: (items, W + 1) the window's cell in an entry; 0: none.
    item_slots: (items, W + 1) first slot of the window's counts or -1.
    item_wants: (items, W + 1) what is kept besides total and distinct: 1 top, 2 weight.
    firsts: (n, 2) bit, slot.
    runs: (n, 4) bit, narrow column, slot of item, slot of length.
    reads: (n, 8) kind, slots a b c, slot of support or -1, least support, output column, least age in us.
    scales: (n,) float64, what each read-out is divided by.
    weights: n * log2(n) in fixed point for small n.
    peak_slots: (chains, W) slot of the longest gap or -1; (0, 0) if no feature asks.
    switches: (n, 4) bit of events with a known item, bit to set where it differs from the last, narrow column, slot.
    others: (n, 4) row of items with a yes, row of all items, window, first of two slots: how many of each, without the
        event's own.
    template: (head width,) the head of a key not seen yet.
    horizon: (1,) how long after its last event a key is forgotten, in us; -1: never.
    """

    sizes: Array
    windows: Array
    keep: Array
    counts: Array
    count_from: Array
    sums: Array
    sum_from: Array
    chains: Array
    gap_slots: Array
    items: Array
    item_cells: Array
    item_slots: Array
    item_wants: Array
    firsts: Array
    runs: Array
    reads: Array
    scales: Array
    weights: Array
    peak_slots: Array
    switches: Array
    others: Array
    template: Array
    horizon: Array


class Store(NamedTuple):
    """One key kind's state: heads, log rows (int64 and int32), cells (int32) and the two block lists; else int64."""

    heads: Array
    log_wide: Array
    log_narrow: Array
    cells: Array
    log_blocks: Array
    cell_blocks: Array


@lean
def fixed_log2(count: Int) -> int:
    """log2(count) * 2**28, rounded down, by integer arithmetic alone: the same on every machine."""
    bits = 0
    rest = count
    while rest > 1:
        rest >>= 1
        bits += 1
    result = bits
    z = np.uint64(count) << np.uint64(31 - bits) if bits <= 31 else np.uint64(count) >> np.uint64(bits - 31)
    for _ in range(LOG2_BITS):
        z = (z * z) >> np.uint64(31)
        result <<= 1
        if z >> np.uint64(32):
            z >>= np.uint64(1)
            result |= 1
    return int(result)


@compiled
def fill_weights(table: Array) -> None:
    """Fill `table` (int64) with n * log2(n) in fixed point."""
    table[0] = 0
    for n in range(1, table.size):
        table[n] = n * fixed_log2(n)


@inlined
def _weight(weights: Array, n: Int) -> int:
    return int(weights[n] if n < weights.size else n * fixed_log2(n))


# --- blocks of cells ------------------------------------------------------------------------------------------------


@inlined
def _take_cells(cells: Array, blocks: Array, bits: int) -> int:
    free = blocks[1 + bits]
    if free == NONE:
        free = blocks[0]
        blocks[0] = free + (1 << bits)
    else:  # A free block's first cell holds the next one; positions are multiples of 4.
        following = np.int64(cells[free])
        blocks[1 + bits] = following << 2 if following != NONE else NONE
    return int(free)


@inlined
def _give_cells(cells: Array, blocks: Array, at: int, bits: int) -> None:
    following = blocks[1 + bits]
    cells[at] = following >> 2 if following != NONE else NONE
    blocks[1 + bits] = at


# --- tables of items ------------------------------------------------------------------------------------------------


@inlined
def _home(code: Int, bits: int) -> int:
    return int(((code * 2654435769) & 0xFFFFFFFF) >> (32 - bits))


@inlined
def _find(cells: Array, at: int, bits: int, width_bits: int, code: Int) -> int:
    """The entry's position in its table, or ~position of the free place where it would go."""
    mask = (1 << bits) - 1
    position = _home(code, bits)
    while True:
        found = cells[at + (position << width_bits)]
        if found == code:
            return int(position)
        if found == NONE:
            return int(~position)
        position = (position + 1) & mask


@lean
def _resize_table(heads: Array, cells: Array, blocks: Array, base: int, table: int, width_bits: int, bits: int) -> None:
    """Move a table of the head at `base` into one of 2**bits entries (0: none at all)."""
    old_at, old_bits = heads[table + TABLE], heads[table + TABLE_BITS]
    if bits:
        at = _take_cells(cells, blocks, bits + width_bits)
        width = 1 << width_bits
        for entry in range(1 << bits):
            cells[at + entry * width] = NONE
        if old_bits:
            for entry in range(1 << old_bits):
                old = old_at + entry * width
                if cells[old] != NONE:
                    new = at + (~_find(cells, at, bits, width_bits, np.int64(cells[old])) << width_bits)
                    for j in range(width):
                        cells[new + j] = cells[old + j]
        heads[table + TABLE] = at
        heads[base + HELD] += 1 << (bits + width_bits)
    if old_bits:
        _give_cells(cells, blocks, old_at, old_bits + width_bits)
        heads[base + HELD] -= 1 << (old_bits + width_bits)
    heads[table + TABLE_BITS] = bits


@inlined
def _entry(heads: Array, cells: Array, blocks: Array, base: int, table: int, width_bits: int, code: Int) -> int:
    """The cell where the item's entry begins; made with counts of zero if there is none."""
    bits, used = heads[table + TABLE_BITS], heads[table + TABLE_USED]
    if bits == 0 or (used + 1) * 4 > 3 << bits:
        bits = bits + 1 if bits else MIN_BITS
        _resize_table(heads, cells, blocks, base, table, width_bits, bits)
    at = heads[table + TABLE]
    position = _find(cells, at, bits, width_bits, code)
    if position >= 0:
        return int(at + (position << width_bits))
    entry = at + (~position << width_bits)
    cells[entry] = code
    for j in range(1, 1 << width_bits):
        cells[entry + j] = 0
    heads[table + TABLE_USED] = used + 1
    return int(entry)


@lean
def _erase(heads: Array, cells: Array, blocks: Array, base: int, table: int, width_bits: int, position: int) -> None:
    """Take an entry out by shifting later ones back, so that no grave stones pile up."""
    at, bits = heads[table + TABLE], heads[table + TABLE_BITS]
    mask = (1 << bits) - 1
    hole = position
    probe = (position + 1) & mask
    while cells[at + (probe << width_bits)] != NONE:
        entry = at + (probe << width_bits)
        if ((probe - _home(np.int64(cells[entry]), bits)) & mask) >= ((probe - hole) & mask):
            for j in range(1 << width_bits):
                cells[at + (hole << width_bits) + j] = cells[entry + j]
            hole = probe
        probe = (probe + 1) & mask
    cells[at + (hole << width_bits)] = NONE
    used = heads[table + TABLE_USED] - 1
    heads[table + TABLE_USED] = used
    if used == 0:
        _resize_table(heads, cells, blocks, base, table, width_bits, 0)
    elif bits > MIN_BITS and used * 8 < 1 << bits:
        _resize_table(heads, cells, blocks, base, table, width_bits, bits - 1)


# --- counts of one item in one window -------------------------------------------------------------------------------


@lean
def _grow_tally(heads: Array, cells: Array, blocks: Array, base: int, slot: int) -> None:
    old_at, old_bits = heads[slot + TALLY], heads[slot + TALLY_BITS]
    bits = old_bits + 1 if old_bits else MIN_BITS
    at = _take_cells(cells, blocks, bits)
    old_size = 1 << old_bits if old_bits else 0
    for j in range(old_size):
        cells[at + j] = cells[old_at + j]
    for j in range(old_size, 1 << bits):
        cells[at + j] = 0
    if old_bits:
        _give_cells(cells, blocks, old_at, old_bits)
    heads[slot + TALLY] = at
    heads[slot + TALLY_BITS] = bits
    heads[base + HELD] += (1 << bits) - old_size


@inlined
def _count_up(
    heads: Array, cells: Array, blocks: Array, base: int, slot: int, wants: int, weights: Array, count: Int
) -> None:
    """An item's count in a window goes from `count` to count + 1."""
    heads[slot + TOTAL] += 1
    if count == 0:
        heads[slot + DISTINCT] += 1
    if wants & 2:
        heads[slot + WEIGHT] += _weight(weights, count + 1) - _weight(weights, count)
    if wants & 1:
        bits = heads[slot + TALLY_BITS]
        if bits == 0 or count + 1 >= 1 << bits:
            _grow_tally(heads, cells, blocks, base, slot)
        at = heads[slot + TALLY]
        cells[at + count + 1] += 1
        if count:
            cells[at + count] -= 1
        heads[slot + TOP] = max(heads[slot + TOP], count + 1)


@inlined
def _count_down(
    heads: Array, cells: Array, blocks: Array, base: int, slot: int, wants: int, weights: Array, count: Int
) -> None:
    """An item's count in a window goes from `count` to count - 1."""
    heads[slot + TOTAL] -= 1
    if count == 1:
        heads[slot + DISTINCT] -= 1
    if wants & 2:
        heads[slot + WEIGHT] -= _weight(weights, count) - _weight(weights, count - 1)
    if wants & 1:
        at = heads[slot + TALLY]
        cells[at + count] -= 1
        if count > 1:
            cells[at + count - 1] += 1
        if count == heads[slot + TOP] and cells[at + count] == 0:
            heads[slot + TOP] = count - 1
            if count == 1:
                bits = heads[slot + TALLY_BITS]
                _give_cells(cells, blocks, at, bits)
                heads[base + HELD] -= 1 << bits
                heads[slot + TALLY_BITS] = 0


@lean
def _forget(
    heads: Array,
    wide: Array,
    cells: Array,
    log_blocks: Array,
    blocks: Array,
    a: int,
    base: int,
    tables: Array,
    slot_of: Array,
    template: Array,
) -> None:
    """Give back all that the head at `base` holds, and make it that of a key not seen yet."""
    if template.size > HELD:
        bits = heads[base + LOG_BITS]
        if bits:
            at = heads[base + LOG]
            wide[at * a] = log_blocks[1 + bits]
            log_blocks[1 + bits] = at
    for t in range(tables.shape[0]):
        table = base + tables[t, 2]
        if heads[table + TABLE_BITS]:
            _give_cells(cells, blocks, heads[table + TABLE], heads[table + TABLE_BITS] + tables[t, 3])
        for window in range(slot_of.shape[1]):
            slot = slot_of[t, window]
            if slot >= 0 and heads[base + slot + TALLY_BITS]:
                _give_cells(cells, blocks, heads[base + slot + TALLY], heads[base + slot + TALLY_BITS])
    for j in range(template.size):
        heads[base + j] = template[j]


# --- the log --------------------------------------------------------------------------------------------------------


@inlined
def _row(heads: Array, base: int, place: int) -> int:
    """The log row at `place` counted from the oldest."""
    mask = (1 << heads[base + LOG_BITS]) - 1
    return int(heads[base + LOG] + ((heads[base + LOG_START] + place) & mask))


@inlined
def _copy_row(wide: Array, narrow: Array, a: int, c: int, source: int, target: int) -> None:
    for j in range(a):
        wide[target * a + j] = wide[source * a + j]
    for j in range(c):
        narrow[target * c + j] = narrow[source * c + j]


@lean
def _resize_log(heads: Array, wide: Array, narrow: Array, blocks: Array, a: int, c: int, base: int, bits: int) -> None:
    """Move a log into one of 2**bits rows."""
    at = blocks[1 + bits]
    if at == NONE:
        at = blocks[0]
        blocks[0] = at + (1 << bits)
    else:  # A free block's first number holds the next one.
        blocks[1 + bits] = wide[at * a]
    old_bits = heads[base + LOG_BITS]
    if old_bits:
        for place in range(heads[base + LOG_SIZE]):
            _copy_row(wide, narrow, a, c, _row(heads, base, place), at + place)
        old = heads[base + LOG]
        wide[old * a] = blocks[1 + old_bits]
        blocks[1 + old_bits] = old
    heads[base + LOG] = at
    heads[base + LOG_BITS] = bits
    heads[base + LOG_START] = 0


@lean
def _settle(
    heads: Array, wide: Array, narrow: Array, blocks: Array, a: int, c: int, chains: Array, base: int, pending: int
) -> None:
    """Move the log's last `pending` rows, late events by time, to their places: after all rows not younger than them.

    All at once, since a late event may belong hundreds of thousands of rows back. Meanwhile they are behind the last
    block, where `_walk` has seen to it that there is room.
    """
    size, aside = heads[base + LOG_SIZE], blocks[0]
    n = size - pending
    for j in range(pending):
        _copy_row(wide, narrow, a, c, _row(heads, base, n + j), aside + j)
    for chain in range(chains.shape[0]):
        position = base + chains[chain, 2]
        place = heads[position] - heads[base + LOG_POPPED]
        for j in range(pending):
            if place >= n or (place >= 0 and wide[(aside + j) * a + TIME] < wide[_row(heads, base, place) * a + TIME]):
                heads[position] += 1
    place_before, left, target = n - 1, pending - 1, size - 1
    while left >= 0:
        before = _row(heads, base, place_before)
        if place_before >= 0 and wide[before * a + TIME] > wide[(aside + left) * a + TIME]:
            _copy_row(wide, narrow, a, c, before, _row(heads, base, target))
            place_before -= 1
        else:
            _copy_row(wide, narrow, a, c, aside + left, _row(heads, base, target))
            left -= 1
        target -= 1


# --- one event ------------------------------------------------------------------------------------------------------


@inlined
def _count(counts: Array, count_from: Array, heads: Array, base: int, window: int, sign: int, flags: int) -> None:
    # Without a branch on the flag: whether a play was skipped is nothing a processor can predict.
    for r in range(count_from[window], count_from[window + 1]):
        heads[base + counts[r, 1]] += sign * ((flags >> counts[r, 0]) & 1)


@inlined
def _sum(
    sums: Array, sum_from: Array, heads: Array, base: int, window: int, sign: int, flags: int, values: Array, first: int
) -> None:
    for r in range(sum_from[window], sum_from[window + 1]):
        value = values[first + sums[r, 1]]
        power = sums[r, 2]
        if power:  # In hundreds, so that no sum of squares of whole days can overflow.
            value //= 100
            if power == 2:
                value *= value
        heads[base + sums[r, 3]] += sign * value * ((flags >> sums[r, 0]) & 1)


@inlined
def _follow_chains(
    chains: Array,
    gap_slots: Array,
    peak_slots: Array,
    windows: Array,
    heads: Array,
    wide: Array,
    a: int,
    base: int,
    time: int,
    flags: int,
) -> None:
    """Gaps: each is kept with the earlier of its two events and leaves the window with it."""
    for chain in range(chains.shape[0]):
        last = heads[base + chains[chain, 1]]
        gap = time - last if last != NEVER else -1
        heads[base + chains[chain, 3]] = gap
        if not (flags >> chains[chain, 0]) & 1:
            continue
        column = chains[chain, 4]
        if column >= 0:
            position = base + chains[chain, 2]
            if 0 <= gap < windows[windows.size - 1]:
                row = _row(heads, base, heads[position] - heads[base + LOG_POPPED])
                wide[row * a + column] = gap
                ms = gap // 1000
                for window in range(windows.size):
                    slot = gap_slots[chain, window]
                    if slot >= 0 and gap < windows[window]:
                        heads[base + slot] += 1
                        heads[base + slot + 1] += ms
                        heads[base + slot + 2] += ms * ms
                        if peak_slots.size and peak_slots[chain, window] >= 0:
                            peak = base + peak_slots[chain, window]
                            if heads[peak] != UNSURE:
                                heads[peak] = max(heads[peak], gap)
            heads[position] = heads[base + LOG_POPPED] + heads[base + LOG_SIZE]
        heads[base + chains[chain, 1]] = time


@inlined
def _forget_gaps(
    chains: Array,
    gap_slots: Array,
    peak_slots: Array,
    heads: Array,
    wide: Array,
    a: int,
    base: int,
    window: int,
    row: int,
) -> None:
    for chain in range(chains.shape[0]):
        column, slot = chains[chain, 4], gap_slots[chain, window]
        if column >= 0 and slot >= 0 and wide[row * a + column] >= 0:
            ms = wide[row * a + column] // 1000
            heads[base + slot] -= 1
            heads[base + slot + 1] -= ms
            heads[base + slot + 2] -= ms * ms
            if peak_slots.size and peak_slots[chain, window] >= 0:
                peak = base + peak_slots[chain, window]
                if wide[row * a + column] == heads[peak]:
                    heads[peak] = UNSURE


@lean
def _find_peaks(chains: Array, peak_slots: Array, heads: Array, wide: Array, a: int, base: int, windows: Array) -> None:
    """Look for longest gaps again where the known one has left: seldom, since any gap may be the one that leaves."""
    for chain in range(chains.shape[0]):
        column = chains[chain, 4]
        for window in range(windows.size):
            if peak_slots[chain, window] < 0 or heads[base + peak_slots[chain, window]] != UNSURE:
                continue
            longest = np.int64(NONE)
            for place in range(heads[base + CURSORS + window], heads[base + LOG_SIZE]):
                gap = wide[_row(heads, base, place) * a + column]
                if gap < windows[window]:
                    longest = max(longest, gap)
            heads[base + peak_slots[chain, window]] = longest


@inlined
def _mark_switches(switches: Array, heads: Array, items: Array, i: int, base: int, flags: int) -> int:
    """The flags, with a bit set for every item that differs from the one before."""
    for r in range(switches.shape[0]):
        item = items[i, switches[r, 2]]
        if (flags >> switches[r, 0]) & 1 and item != NONE:
            last = base + switches[r, 3]
            if heads[last] != NONE and heads[last] != item:
                flags |= 1 << switches[r, 1]
            heads[last] = item
    return flags


@lean
def _count_others(
    others: Array,
    tables: Array,
    cell_of: Array,
    slot_of: Array,
    heads: Array,
    cells: Array,
    items: Array,
    i: int,
    base: int,
) -> None:
    """Different items in a window, those with a yes and all, without the event's own."""
    for r in range(others.shape[0]):
        for which in range(2):
            t, window = others[r, which], others[r, 2]
            count = heads[base + slot_of[t, window] + DISTINCT]
            code = np.int64(items[i, tables[t, 0]])
            table = base + tables[t, 2]
            if code != NONE and heads[table + TABLE_BITS]:
                at = heads[table + TABLE]
                position = _find(cells, at, heads[table + TABLE_BITS], tables[t, 3], code)
                if position >= 0 and cells[at + (position << tables[t, 3]) + cell_of[t, window]] > 0:
                    count -= 1
            heads[base + others[r, 3] + which] = count


@inlined
def _spread(heads: Array, at: int) -> float:
    """Standard deviation from a count, a sum and a sum of squares."""
    n, total, squares = float(heads[at]), float(heads[at + 1]), float(heads[at + 2])
    return math.sqrt(max(0.0, squares - total * total / n) / n)


@inlined
def _read(  # noqa: C901, PLR0912 (one branch per kind of read-out)
    reads: Array, scales: Array, heads: Array, base: int, now: int, out: Array, row: int
) -> None:
    """Write the features of a key as of its clock; what cannot be known stays as it is (missing)."""
    for r in range(reads.shape[0]):
        support = reads[r, 4]
        if support >= 0 and heads[base + support] < reads[r, 5]:
            continue
        kind, a, b = reads[r, 0], base + reads[r, 1], base + reads[r, 2]
        value = math.nan
        if kind == READ_COUNT:
            value = float(heads[a])
        elif kind == READ_RATIO:
            if heads[b] > 0:
                value = heads[a] / heads[b] / scales[r]
        elif kind == READ_STD:
            if heads[a] > 0:
                value = _spread(heads, a) / scales[r]
        elif kind == READ_CV:
            if heads[a] > 0 and heads[a + 1] > 0:
                value = _spread(heads, a) / (heads[a + 1] / heads[a])
        elif kind == READ_ENTROPY:
            if heads[a] > 0:
                value = max(0.0, math.log2(heads[a]) - heads[b] / (1 << LOG2_BITS) / heads[a])
        elif kind == READ_GROWTH:
            first = base + reads[r, 3]
            if heads[b] > 0 and heads[first] != NEVER and now - heads[first] >= reads[r, 7]:
                value = heads[a] / heads[b] / scales[r]
        elif kind == READ_SINCE:
            if heads[a] != NEVER:
                value = (now - heads[a]) / scales[r]
        elif heads[a] >= 0:
            value = heads[a] / scales[r]
        out[row, reads[r, 6]] = value


@inlined
def _fetch_head(heads: Array, base: int, width: int) -> None:
    for slot in range(0, width, LINE):
        ahead(heads, base + slot)


@inlined
def _fetch_held(
    heads: Array,
    wide: Array,
    narrow: Array,
    cells: Array,
    items: Array,
    i: int,
    a: int,
    c: int,
    base: int,
    tables: Array,
    n_windows: int,
) -> None:
    """Fetch the log's oldest and newest rows, and each table's entry for the event's item, of a head that is here."""
    if n_windows:
        oldest, newest = _row(heads, base, 0), _row(heads, base, heads[base + LOG_SIZE])
        ahead(wide, oldest * a)
        ahead(wide, newest * a)
        if c:
            ahead(narrow, oldest * c)
            ahead(narrow, newest * c)
    for t in range(tables.shape[0]):
        table = base + tables[t, 2]
        bits = heads[table + TABLE_BITS]
        if bits:
            position = _home(np.int64(items[i, tables[t, 0]]), bits)
            ahead(cells, heads[table + TABLE] + (position << tables[t, 3]))


@lean
def _walk(  # noqa: C901, PLR0912, PLR0915 (one event's way through all that a key remembers)
    sizes: Array,
    windows: Array,
    keep: int,
    counts: Array,
    count_from: Array,
    sums: Array,
    sum_from: Array,
    chains: Array,
    gap_slots: Array,
    tables: Array,
    cell_of: Array,
    slot_of: Array,
    wants_of: Array,
    firsts: Array,
    runs: Array,
    reads: Array,
    scales: Array,
    weights: Array,
    peak_slots: Array,
    switches: Array,
    others: Array,
    template: Array,
    horizon: int,
    heads: Array,
    wide: Array,
    narrow: Array,
    cells: Array,
    log_blocks: Array,
    blocks: Array,
    keys: Array,
    rows: Array,
    times: Array,
    all_flags: Array,
    values: Array,
    items: Array,
    waters: Array,
    out: Array,
    late: Array,
    start: int,
) -> int:
    width, a, c, first_cells, value_width = sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]
    n_windows = windows.size
    last_window = n_windows - 1
    arenas = n_windows > 0 or tables.shape[0] > 0
    pending = 0

    # Nothing is walked before the first events while theirs is fetched: all heads at once, then what they hold.
    for i in range(start, min(start + 2 * AHEAD, keys.size)):
        _fetch_head(heads, keys[i] * width, width)
    if arenas:
        for i in range(start, min(start + AHEAD, keys.size)):
            _fetch_held(heads, wide, narrow, cells, items, i, a, c, keys[i] * width, tables, n_windows)

    for i in range(start, keys.size):
        base = keys[i] * width
        time, flags, out_row = times[i], all_flags[i], rows[i]
        if i + 2 * AHEAD < keys.size:
            _fetch_head(heads, keys[i + 2 * AHEAD] * width, width)
            if arenas:
                soon = i + AHEAD
                _fetch_held(heads, wide, narrow, cells, items, soon, a, c, keys[soon] * width, tables, n_windows)

        clock = heads[base + CLOCK]
        if horizon > 0 and clock != NEVER and waters[out_row] - clock > horizon:
            _forget(heads, wide, cells, log_blocks, blocks, a, base, tables, slot_of, template)
            pending = 0

        # Whatever this event may need must fit, since arenas cannot grow from in here.
        if arenas:
            log_needed = log_blocks[0] + (3 << heads[base + LOG_BITS]) + 4
            cells_needed = blocks[0] + 4 * heads[base + HELD] + first_cells
            if log_needed * a > wide.size or cells_needed > cells.size:
                log_blocks[NEEDED] = log_needed
                blocks[NEEDED] = cells_needed
                if n_windows and pending:
                    _settle(heads, wide, narrow, log_blocks, a, c, chains, base, pending)
                return int(i)

        on_time = time >= heads[base + CLOCK]
        if on_time:
            heads[base + CLOCK] = time
        else:
            late[out_row] = 1
        now = heads[base + CLOCK]

        # Every window lets go of what is older than its length.
        size = heads[base + LOG_SIZE] if n_windows else 0
        if on_time and size:
            for window in range(n_windows):
                cut = now - windows[window]
                cursor = heads[base + CURSORS + window]
                while cursor < size:
                    row = _row(heads, base, cursor)
                    if wide[row * a + TIME] > cut:
                        break
                    cursor += 1
                    gone = wide[row * a + FLAGS]
                    _count(counts, count_from, heads, base, window, -1, gone)
                    _sum(sums, sum_from, heads, base, window, -1, gone, wide, row * a + FIRST_VALUE)
                    _forget_gaps(chains, gap_slots, peak_slots, heads, wide, a, base, window, row)
                    for t in range(tables.shape[0]):
                        cell = cell_of[t, window]
                        if cell == 0 or not (gone >> tables[t, 1]) & 1:
                            continue
                        code = np.int64(narrow[row * c + tables[t, 0]])
                        if code == NONE:
                            continue
                        table, width_bits = base + tables[t, 2], tables[t, 3]
                        at = heads[table + TABLE]
                        position = _find(cells, at, heads[table + TABLE_BITS], width_bits, code)
                        entry = at + (position << width_bits) + cell
                        count = np.int64(cells[entry])
                        cells[entry] = count - 1
                        slot, wants = base + slot_of[t, window], wants_of[t, window]
                        _count_down(heads, cells, blocks, base, slot, wants, weights, count)
                        # The longest window is the last to let go, and an item kept for ever stays.
                        if count == 1 and window == tables[t, 4] and cell_of[t, n_windows] == 0:
                            _erase(heads, cells, blocks, base, table, width_bits, position)
                heads[base + CURSORS + window] = cursor
            dropped = heads[base + CURSORS + last_window]
            if dropped:
                for window in range(n_windows):
                    heads[base + CURSORS + window] -= dropped
                size -= dropped
                heads[base + LOG_START] += dropped
                heads[base + LOG_SIZE] = size
                heads[base + LOG_POPPED] += dropped
                bits = heads[base + LOG_BITS]
                if bits > MIN_BITS and size * 8 < 1 << bits:
                    _resize_log(heads, wide, narrow, log_blocks, a, c, base, bits - 1)

        # What depends on the order of events goes by those on time.
        if on_time:
            _follow_chains(chains, gap_slots, peak_slots, windows, heads, wide, a, base, time, flags)
            flags = _mark_switches(switches, heads, items, i, base, flags)
            for r in range(runs.shape[0]):
                item = items[i, runs[r, 1]]
                if (flags >> runs[r, 0]) & 1 and item != NONE:
                    same = heads[base + runs[r, 2]] == item
                    heads[base + runs[r, 3]] = heads[base + runs[r, 3]] + 1 if same else 1
                    heads[base + runs[r, 2]] = item

        # The event goes into the log; if it is late, it gets its true place with those that follow it.
        kept = n_windows > 0 and flags & keep != 0 and time > now - windows[last_window]
        if kept:
            bits = heads[base + LOG_BITS]
            if bits == 0 or size == 1 << bits:
                _resize_log(heads, wide, narrow, log_blocks, a, c, base, bits + 1 if bits else MIN_BITS)
            row = _row(heads, base, size)
            wide[row * a + TIME] = time
            wide[row * a + FLAGS] = flags
            for j in range(value_width):
                wide[row * a + FIRST_VALUE + j] = values[i * value_width + j]
            for j in range(FIRST_VALUE + value_width, a):
                wide[row * a + j] = NONE
            for j in range(c):
                narrow[row * c + j] = items[i, j]
            heads[base + LOG_SIZE] = size + 1
            pending += 0 if on_time else 1
        if n_windows and pending:
            following = i + 1
            if following == keys.size or keys[following] != keys[i] or not time <= times[following] < now:
                _settle(heads, wide, narrow, log_blocks, a, c, chains, base, pending)
                pending = 0

        # It joins every window that it is still inside of.
        for window in range(n_windows):
            if time > now - windows[window]:
                _count(counts, count_from, heads, base, window, 1, flags)
                _sum(sums, sum_from, heads, base, window, 1, flags, values, i * value_width)
            elif kept:
                heads[base + CURSORS + window] += 1
        _count(counts, count_from, heads, base, n_windows, 1, flags)
        _sum(sums, sum_from, heads, base, n_windows, 1, flags, values, i * value_width)
        for t in range(tables.shape[0]):
            code = np.int64(items[i, tables[t, 0]])
            if code == NONE or not (flags >> tables[t, 1]) & 1:
                continue
            if cell_of[t, n_windows] == 0 and not time > now - windows[tables[t, 4]]:
                continue
            own = _entry(heads, cells, blocks, base, base + tables[t, 2], tables[t, 3], code)
            for window in range(n_windows + 1):
                column = cell_of[t, window]
                if column and (window == n_windows or time > now - windows[window]):
                    held = np.int64(cells[own + column])
                    cells[own + column] = held + 1
                    counters, wanted = base + slot_of[t, window], wants_of[t, window]
                    _count_up(heads, cells, blocks, base, counters, wanted, weights, held)
        for r in range(firsts.shape[0]):
            slot = base + firsts[r, 1]
            if (flags >> firsts[r, 0]) & 1 and (heads[slot] == NEVER or time < heads[slot]):
                heads[slot] = time

        if peak_slots.size:
            _find_peaks(chains, peak_slots, heads, wide, a, base, windows)
        if others.size:
            _count_others(others, tables, cell_of, slot_of, heads, cells, items, i, base)
        _read(reads, scales, heads, base, now, out, out_row)
    return int(keys.size)


@compiled
def walk(kind: int, events: int, start: int) -> int:
    """Fold events from `start` on and write their features into `out` (float32, preset to NaN).

    `kind` is where the record of `Program` and then `Store` is, `events` that of `grouping.Room`.
    Returns how many events are done: fewer than all if an arena must grow first, to the size left in its block list's
    NEEDED. `late` (uint8, by output row) is set for events older than their key's clock. `waters` (int64, by output
    row) is the stream's time at each event: a key whose last event lies the horizon or more before it is forgotten.
    """
    p, e = record_at(kind), record_at(events)
    return _walk(
        longs(p, 0),  # sizes
        longs(p, 1),  # windows
        longs(p, 2)[0],  # keep
        long_grid(p, 3),  # counts
        longs(p, 4),  # count_from
        long_grid(p, 5),  # sums
        longs(p, 6),  # sum_from
        long_grid(p, 7),  # chains
        long_grid(p, 8),  # gap_slots
        long_grid(p, 9),  # items
        long_grid(p, 10),  # item_cells
        long_grid(p, 11),  # item_slots
        long_grid(p, 12),  # item_wants
        long_grid(p, 13),  # firsts
        long_grid(p, 14),  # runs
        long_grid(p, 15),  # reads
        doubles(p, 16),  # scales
        longs(p, 17),  # weights
        long_grid(p, 18),  # peak_slots
        long_grid(p, 19),  # switches
        long_grid(p, 20),  # others
        longs(p, 21),  # template
        longs(p, 22)[0],  # horizon
        longs(p, 23),  # heads
        longs(p, 24),  # log_wide
        ints(p, 25),  # log_narrow
        ints(p, 26),  # cells
        longs(p, 27),  # log_blocks
        longs(p, 28),  # cell_blocks
        longs(e, EVENT_KEYS),
        longs(e, EVENT_ROWS),
        longs(e, EVENT_TIMES),
        longs(e, EVENT_FLAGS),
        longs(e, EVENT_VALUES),
        int_grid(e, EVENT_ITEMS),
        longs(e, EVENT_WATERS),
        float_grid(e, EVENT_OUT),
        octets(e, EVENT_LATE),
        start,
    )


@compiled
def sweep(p: Program, s: Store, places: Array, free: Array, freed: int, water: int) -> int:
    """Forget keys whose last event lies the horizon or more before `water`; returns how many heads are free.

    places: (codes,) int32 head of each key, -1: none. free: int32, heads to use again; the first `freed` are.
    """
    width = p.template.size
    for code in range(places.size):
        if places[code] < 0:
            continue
        base = int(places[code]) * width
        clock = s.heads[base + CLOCK]
        if clock != NEVER and water - clock > p.horizon[0]:
            _forget(
                s.heads,
                s.log_wide,
                s.cells,
                s.log_blocks,
                s.cell_blocks,
                p.sizes[1],
                base,
                p.items,
                p.item_slots,
                p.template,
            )
            free[freed] = places[code]
            freed += 1
            places[code] = NONE
    return freed


@compiled
def rise(times: Array, water: int) -> Array:
    """The stream's time at each event: the latest time so far, but no event moves it on by more than an hour.

    So one false time of a year ahead makes nobody forgotten. (n,) int64.
    """
    result = np.empty(times.size, dtype=np.int64)
    for i in range(times.size):
        if water == NEVER:
            water = times[i]
        elif times[i] > water:
            water = min(times[i], water + MOST_RISE)
        result[i] = water
    return result
