"""Turns declarations into programs for the compiled walk: which slot of a head holds what, and how it is read out.

Aggregates that several features need (a share's denominator, an item's total) get one slot and are kept once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.features import kernels as k
from ghostnote.features.declaration import Feature
from ghostnote.features.facts import Fact
from ghostnote.features.keys import EVER, HOUR_US, ITEMS, KEYS, Item, Key, window_us
from ghostnote.features.predicates import EVENT, Predicate

#: How many different conditions one key's features may look at: the bits of an int64 without its sign.
MOST_BITS = 63
#: A key of which no feature asks for ever is forgotten so long after its last event has left its longest window: late
#: events come days later, hardly ever weeks.
FORGOTTEN_AFTER_US = 28 * 24 * HOUR_US
_SECOND_US = 1_000_000.0


@dataclass(frozen=True)
class Bit:
    """One condition on an event, `expr` over the stream's columns, told from others by its tag.

    It holds where all its `facts` do; None: never, the walk itself sets it.
    """

    tag: tuple[str, ...]
    expr: pl.Expr
    facts: tuple[Fact, ...] | None


@dataclass(frozen=True)
class KindPlan:
    """What to do for one key kind: the program, and which conditions, values and items of an event it reads."""

    key: Key
    features: tuple[Feature, ...]
    program: k.Program
    bits: tuple[Bit, ...]
    values: tuple[str, ...]
    items: tuple[Item, ...]


def plan_kind(key: str, features: Sequence[tuple[Feature, int]], weights: k.Array) -> KindPlan:
    """Plan all features of one key; each comes with its output column. Raises GhostnoteError if they are too many."""
    planner = _Planner([feature for feature, _ in features])
    for feature, column in features:
        planner.add(feature, column)
    if len(planner.bits) > MOST_BITS:
        raise GhostnoteError(
            f"The features by {key} look at {len(planner.bits)} different conditions, at most {MOST_BITS} are possible:"
            " leave some out."
        )
    return KindPlan(
        KEYS[key],
        tuple(feature for feature, _ in features),
        planner.program(weights),
        tuple(planner.bits.values()),
        tuple(planner.values),
        tuple(ITEMS[name] for name in planner.items),
    )


class _Planner:
    """Hands out bits, columns and slots; equal requests get the same one."""

    def __init__(self, features: Sequence[Feature]) -> None:
        lengths = {window_us(name) for feature in features for name in (feature.over, feature.past) if name}
        self.windows = sorted(lengths - {EVER})
        counting = ("distinct", "per", "top_share", "entropy", "rate")
        holds_items = any(feature.op in counting or feature.support_of != "events" for feature in features)
        self.remembers = any(window_us(feature.over) == EVER for feature in features)
        fixed = k.CURSORS + len(self.windows) if self.windows or holds_items else k.CLOCK + 1
        self.template = [0] * fixed
        self.template[k.CLOCK] = k.NEVER
        self.bits: dict[tuple[str, ...], Bit] = {}
        self.values: dict[str, int] = {}
        self.items: dict[str, int] = {}
        self.sums: dict[tuple[int, int, int, int], int] = {}
        self.chains: dict[int, list[int]] = {}
        self.gaps: dict[tuple[int, int], int] = {}
        self.tables: dict[tuple[int, int], int] = {}
        self.counts: dict[tuple[tuple[int, int], int], int] = {}
        self.wants: dict[tuple[tuple[int, int], int], int] = {}
        self.firsts: dict[int, int] = {}
        self.runs: dict[tuple[int, int], int] = {}
        self.peaks: dict[tuple[int, int], int] = {}
        self.switches: dict[tuple[int, int], tuple[int, int]] = {}
        self.others: dict[tuple[tuple[int, int], tuple[int, int], int], int] = {}
        self.reads: list[tuple[tuple[int, ...], float]] = []

    # --- what features ask for ---------------------------------------------------------------------------------------

    def add(self, feature: Feature, column: int) -> None:
        """Plan one feature: its aggregates, then how it is read."""
        window = self._window(feature)
        kind, a, b, least, scale = self._reading(feature, window)
        support, needed = least
        if feature.support_of != "events":
            bit = self.bit(feature, "where")
            support = self._item(feature.support_of, bit, window, 0) + k.DISTINCT
            needed = feature.support
        elif feature.support > needed:
            needed = feature.support
        first, age = (self._first(self.bit(feature, "where")), window_us(feature.past)) if feature.past else (0, 0)
        self.reads.append(((kind, a, b, first, support if needed else k.NONE, needed, column, age), scale))

    def _reading(  # noqa: PLR0911 (one per aggregate)
        self, feature: Feature, window: int
    ) -> tuple[int, int, int, tuple[int, int], float]:
        """Kind of read-out, slots a and b, (slot that shows support, least it must be), divisor."""
        op = feature.op
        if op in ("count", "share", "total", "mean", "std"):
            return self._sum_reading(feature, window)
        if op == "rate":
            return self._rate_reading(feature, window)
        bit = self.bit(feature, "where")
        if op == "growth":
            at, past = (self._sum(w, bit, k.NONE, 0) for w in (window, self.windows.index(window_us(feature.past))))
            return k.READ_GROWTH, at, past, (past, 0), window_us(feature.over) / window_us(feature.past)
        if op == "switches":
            known, switched = self._switch(feature)
            at, support = self._sum(window, switched, k.NONE, 0), self._sum(window, known, k.NONE, 0)
            return k.READ_COUNT, at, 0, (support, 1), 1.0
        if op in ("gap_mean", "gap_cv", "gap_max"):
            return self._gap_reading(op, bit, window)
        if op == "time_since_first":
            return k.READ_SINCE, self._first(bit), 0, (k.NONE, 0), _SECOND_US
        if op == "time_since_previous":
            return k.READ_KNOWN, self._chain(bit)[2], 0, (k.NONE, 0), _SECOND_US
        if op == "run_length":
            at = self._run(bit, feature.argument)
            return k.READ_COUNT, at, 0, (at, 1), 1.0
        at = self._item(feature.argument, bit, window, {"top_share": 1, "entropy": 2}.get(op, 0))
        total = (at + k.TOTAL, 1)
        if op == "distinct":
            return k.READ_COUNT, at + k.DISTINCT, 0, total, 1.0
        if op == "per":
            return k.READ_RATIO, at + k.TOTAL, at + k.DISTINCT, total, 1.0
        if op == "top_share":
            return k.READ_RATIO, at + k.TOP, at + k.TOTAL, total, 1.0
        return k.READ_ENTROPY, at + k.TOTAL, at + k.WEIGHT, total, 1.0

    def _sum_reading(self, feature: Feature, window: int) -> tuple[int, int, int, tuple[int, int], float]:
        if feature.op == "count":
            at = self._sum(window, self.bit(feature, "where"), k.NONE, 0)
            return k.READ_COUNT, at, 0, (at, 0), 1.0
        if feature.op == "share":
            hits = self._sum(window, self.bit(feature, "share"), k.NONE, 0)
            known = self._sum(window, self.bit(feature, "known"), k.NONE, 0)
            return k.READ_RATIO, hits, known, (known, 0), 1.0
        column = self.values.setdefault(feature.argument, len(self.values))
        bit = self.bit(feature, "value")
        if feature.op == "std":
            at = self._sum(window, bit, k.NONE, 1)
            self._sum(window, bit, column, 1)
            self._sum(window, bit, column, 2)
            return k.READ_STD, at, 0, (at, 0), 0.01
        at, known = self._sum(window, bit, column, 0), self._sum(window, bit, k.NONE, 0)
        if feature.op == "mean":
            return k.READ_RATIO, at, known, (known, 0), 1.0
        return k.READ_COUNT, at, 0, (known, 0), 1.0

    def _gap_reading(self, op: str, bit: int, window: int) -> tuple[int, int, int, tuple[int, int], float]:
        at = self._gap(bit, window)
        if op == "gap_mean":
            return k.READ_RATIO, at + 1, at, (at, 1), 1000.0
        if op == "gap_cv":
            return k.READ_CV, at, 0, (at, 2), 1.0
        if (bit, window) not in self.peaks:
            self.peaks[bit, window] = self._slots(k.NONE)
        return k.READ_KNOWN, self.peaks[bit, window], 0, (at, 1), _SECOND_US

    def _rate_reading(self, feature: Feature, window: int) -> tuple[int, int, int, tuple[int, int], float]:
        bits = self.bit(feature, "share"), self.bit(feature, "known")
        yes, every = ((self.items.setdefault(feature.argument, len(self.items)), bit) for bit in bits)
        for bit in bits:
            self._item(feature.argument, bit, window, 0)
        if (yes, every, window) not in self.others:
            self.others[yes, every, window] = self._slots(0, 0)
        at = self.others[yes, every, window]
        return k.READ_RATIO, at, at + 1, (at + 1, 1), 1.0

    # --- bits and slots ----------------------------------------------------------------------------------------------

    def _window(self, feature: Feature) -> int:
        length = window_us(feature.over)
        return len(self.windows) if length == EVER else self.windows.index(length)

    def _slots(self, *initial: int) -> int:
        self.template.extend(initial)
        return len(self.template) - len(initial)

    def bit(self, feature: Feature, role: str) -> int:
        """The bit for a feature's events: `where`, those it is a `share` of, those `known`, those with a `value`."""
        expr = feature.where.expr.fill_null(value=False)
        tag: tuple[str, ...] = (feature.where.name,)
        facts: tuple[Fact, ...] | None = _yes(feature.where)
        if role == "value":
            tag, expr = (*tag, role, feature.argument), expr & pl.col(feature.argument).is_not_null()
            facts = (*_yes(feature.where), _has(feature.argument))
        elif role == "item":
            item = ITEMS[feature.argument]
            tag, expr = (*tag, role, item.name), expr & item.expr.is_not_null()
            facts = (*_yes(feature.where), _has(item.column or item.read))
        elif role == "switched":  # The walk itself sets it.
            tag, expr, facts = (*tag, role, feature.argument), pl.lit(value=False), None
        elif feature.of and role != "where":
            tag = (*tag, role, feature.of.name)
            expr &= self._answer(feature.of, role)
            facts = _yes(feature.where) + (_yes(feature.of) if role == "share" else _known(feature.of))
        if tag not in self.bits:
            self.bits[tag] = Bit(tag, expr, facts)
        return list(self.bits).index(tag)

    @staticmethod
    def _answer(of: Predicate, role: str) -> pl.Expr:
        return of.expr.fill_null(value=False) if role == "share" else of.expr.is_not_null()

    def _switch(self, feature: Feature) -> tuple[int, int]:
        """The bits of events whose item is known, and of those among them that differ from the one before."""
        known, switched = self.bit(feature, "item"), self.bit(feature, "switched")
        column = self.items.setdefault(feature.argument, len(self.items))
        if (known, column) not in self.switches:
            self.switches[known, column] = switched, self._slots(k.NONE)
        return known, switched

    def _sum(self, window: int, bit: int, column: int, power: int) -> int:
        request = (window, bit, column, power)
        if request not in self.sums:
            self.sums[request] = self._slots(0)
        return self.sums[request]

    def _chain(self, bit: int) -> list[int]:
        if bit not in self.chains:
            at = self._slots(k.NEVER, 0, k.NONE)
            self.chains[bit] = [at, at + 1, at + 2, k.NONE]
        return self.chains[bit]

    def _gap(self, bit: int, window: int) -> int:
        chain = self._chain(bit)
        if chain[3] == k.NONE:  # The column's place in the log's rows is known once all values are.
            chain[3] = sum(other[3] != k.NONE for other in self.chains.values())
        if (bit, window) not in self.gaps:
            self.gaps[bit, window] = self._slots(0, 0, 0)
        return self.gaps[bit, window]

    def _first(self, bit: int) -> int:
        if bit not in self.firsts:
            self.firsts[bit] = self._slots(k.NEVER)
        return self.firsts[bit]

    def _run(self, bit: int, item: str) -> int:
        column = self.items.setdefault(item, len(self.items))
        if (bit, column) not in self.runs:
            self.runs[bit, column] = self._slots(k.NONE, 0) + 1
        return self.runs[bit, column]

    def _item(self, name: str, bit: int, window: int, want: int) -> int:
        table = (self.items.setdefault(name, len(self.items)), bit)
        if table not in self.tables:
            self.tables[table] = self._slots(0, 0, 0)
        if (table, window) not in self.counts:
            self.counts[table, window] = self._slots(0, 0, 0, 0, 0, 0)
        self.wants[table, window] = self.wants.get((table, window), 0) | want
        return self.counts[table, window]

    # --- the program -------------------------------------------------------------------------------------------------

    def program(self, weights: k.Array) -> k.Program:
        """All that was asked for, as arrays."""
        requests = sorted((*request, slot) for request, slot in self.sums.items())
        counts = [request for request in requests if request[2] == k.NONE]
        sums = [request for request in requests if request[2] != k.NONE]
        gap_column = k.FIRST_VALUE + len(self.values)
        gap_columns = sum(chain[3] != k.NONE for chain in self.chains.values())
        tables = list(self.tables)
        cells, slots, wants = (self._grid(len(tables), empty) for empty in (0, k.NONE, 0))
        for (table, window), slot in self.counts.items():
            row = tables.index(table)
            cells[row, window] = 1 + np.count_nonzero(cells[row])
            slots[row, window], wants[row, window] = slot, self.wants[table, window]
        widths = [int(np.count_nonzero(row)).bit_length() for row in cells]
        gap_slots = np.full((len(self.chains), max(1, len(self.windows))), k.NONE, dtype=np.int64)
        for (bit, window), slot in self.gaps.items():
            gap_slots[list(self.chains).index(bit), window] = slot
        peak_slots = np.full_like(gap_slots if self.peaks else np.zeros((0, 0), dtype=np.int64), k.NONE)
        for (bit, window), slot in self.peaks.items():
            peak_slots[list(self.chains).index(bit), window] = slot
        wide, first_cells = gap_column + gap_columns, self._first_cells(widths)
        sizes = (len(self.template), wide, len(self.items), first_cells, len(self.values))
        return k.Program(
            sizes=np.array(sizes, dtype=np.int64),
            windows=np.array(self.windows, dtype=np.int64),
            keep=np.array([self._keep()], dtype=np.int64),
            counts=_ints([(bit, slot) for _, bit, _, _, slot in counts], 2),
            count_from=self._starts(counts),
            sums=_ints([row[1:] for row in sums], 4),
            sum_from=self._starts(sums),
            chains=_ints([(b, *c[:3], gap_column + c[3] if c[3] >= 0 else k.NONE) for b, c in self.chains.items()], 5),
            gap_slots=gap_slots,
            items=_ints(
                [(*t, self.tables[t], widths[row], self._longest(cells[row])) for row, t in enumerate(tables)], 5
            ),
            item_cells=cells,
            item_slots=slots,
            item_wants=wants,
            firsts=_ints(list(self.firsts.items()), 2),
            runs=_ints([(*run, at - 1, at) for run, at in self.runs.items()], 4),
            reads=_ints([read for read, _ in self.reads], 8),
            scales=np.array([scale for _, scale in self.reads], dtype=np.float64),
            weights=weights,
            peak_slots=peak_slots,
            switches=_ints([(bit, at[0], column, at[1]) for (bit, column), at in self.switches.items()], 4),
            template=np.array(self.template, dtype=np.int64),
            horizon=np.array([self._horizon()], dtype=np.int64),
            others=_ints([(tables.index(y), tables.index(n), w, at) for (y, n, w), at in self.others.items()], 4),
        )

    def _starts(self, rows: Sequence[Sequence[int]]) -> k.Array:
        """Where each window's rows begin, and after the last where they end."""
        return np.searchsorted([row[0] for row in rows], range(len(self.windows) + 2)).astype(np.int64)

    def _grid(self, rows: int, empty: int) -> k.Array:
        return np.full((rows, len(self.windows) + 1), empty, dtype=np.int64)

    def _keep(self) -> int:
        """The events that finite windows must be able to let go of."""
        ever = len(self.windows)
        bits = {request[1] for request in self.sums if request[0] != ever}
        bits |= {table[1] for table, window in self.counts if window != ever}
        bits |= {bit for bit, _ in self.gaps}
        return sum(1 << bit for bit in bits)

    def _horizon(self) -> int:
        """How long a key is remembered after its last event; -1 if a feature asks for what no window forgets."""
        return k.NONE if self.remembers else self.windows[-1] + FORGOTTEN_AFTER_US

    def _longest(self, cells: k.Array) -> int:
        finite = np.flatnonzero(cells[: len(self.windows)])
        return int(finite[-1]) if len(finite) else k.NONE

    @staticmethod
    def _first_cells(widths: Sequence[int]) -> int:
        # A new table, a second block for it while it moves, and a tally per window.
        return sum(2 << (k.MIN_BITS + width) for width in widths) + sum(2 << (k.MIN_BITS + width) for width in widths)


def _ints(rows: Sequence[Sequence[int]], width: int | None = None) -> k.Array:
    return np.array(rows, dtype=np.int64).reshape(len(rows), width or -1)


def _yes(predicate: Predicate) -> tuple[Fact, ...]:
    """That a predicate holds; nothing for the one that always does."""
    if predicate is EVENT:
        return ()
    test = predicate.test
    expr = predicate.expr.fill_null(value=False)
    return (Fact(("yes", predicate.name), expr, *((test.columns, test.holds) if test else ())),)


def _known(predicate: Predicate) -> tuple[Fact, ...]:
    """That a predicate's answer is known."""
    if predicate is EVENT:
        return ()
    test, expr = predicate.test, predicate.expr.is_not_null()
    if test is None:
        return (Fact(("known", predicate.name), expr),)
    return (Fact(("known", predicate.name), expr, test.columns, test.known, known=True),)


def _has(column: str) -> Fact:
    return Fact(("has", column), pl.col(column).is_not_null(), (column,), known=True)
