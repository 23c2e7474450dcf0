"""The fold: walks events in order and yields each event's features as of that event."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.features import kernels as k
from ghostnote.features import snapshot as snapshots
from ghostnote.features.catalog import CATALOG
from ghostnote.features.codes import PairCodes, TextCodes
from ghostnote.features.columns import Columns, Row, absent
from ghostnote.features.declaration import Feature
from ghostnote.features.facts import Fact, Facts
from ghostnote.features.grouping import Room, arrange, carry, room
from ghostnote.features.kernels import Array, Events, fill_weights
from ghostnote.features.keys import HOUR_US, KEYS
from ghostnote.features.plan import KindPlan, plan_kind
from ghostnote.features.predicates import Predicate
from ghostnote.features.state import KindState
from ghostnote.features.threads import together

#: Batches are walked in passes of so many events: few enough to stay in the processor's caches, enough to find several
#: events of one key next to each other.
ROWS_PER_PASS = 1 << 17
#: Counts up to this have their n * log2(n) in a table.
_WEIGHTS = 4096
#: Calls of up to so many events use the same memory again and again.
_FEW = 1 << 10
_SWEEP_US = 24 * HOUR_US


@dataclass(frozen=True)
class Held:
    """Memory of one key kind: how many keys are remembered, and bytes by what they are for."""

    key: str
    keys: int
    bytes: dict[str, int]


@dataclass(frozen=True)
class _Pass:
    """One pass of a batch: the stream's rows and what has been worked out about them."""

    columns: Columns | Row
    times: Array
    ids: dict[str, Array]
    values: Array
    items: Array
    waters: Array
    late: Array


@dataclass(frozen=True)
class _Reads:
    """What one kind of key takes from a pass, all int64: rows of its values and items; the bits of `Facts.words` that
    each of its own needs, (bits, words); and where the events of a small call are put.
    """

    values: Array
    items: Array
    needs: Array
    kept: Room

    def room(self, rows: int) -> Room:
        """Room for so many events: that of the last call if they are few, so that none need be made."""
        return self.kept if rows <= _FEW else room(rows, len(self.values), len(self.items))


class Fold:
    """The state of all keys, and the features they give.

    Online equals offline: any way to split a stream into calls of `update`, with any snapshots between, gives the same
    bits. Events come in the stream's order (see `stream.build_stream`), each event_id once: whoever reads the lake
    leaves repeated ones out. An event older than its key's latest is late: it is counted in `late`, joins the windows
    it still belongs to, and gets the features as of the key's latest event.

    `first` are features to fold before the others even if no predicate here rests on them.
    Raises GhostnoteError if two features share a name.
    """

    def __init__(self, features: Sequence[Feature] = CATALOG, *, first: Sequence[Feature] = ()) -> None:
        self.features = tuple(features)
        self.names = tuple(feature.name for feature in self.features)
        for name in self.names:
            if self.names.count(name) > 1:
                raise GhostnoteError(f"The feature {name} is declared twice: leave one out.")
        self._water = int(k.NEVER)
        self._swept = int(k.NEVER)
        #: How many events so far were older than the latest event of one of their keys.
        self.late = 0
        weights = np.zeros(_WEIGHTS, dtype=np.int64)
        fill_weights(weights)
        #: The features that predicates rest on, and are folded before the others.
        self.first_features = tuple({f.name: f for f in (*first, *_needed_first(self.features))}.values())
        self._stages = (_plan(self.first_features, weights), _plan(self.features, weights))
        kinds = [kind for stage in self._stages for kind in stage]
        _check_predicates((*self.first_features, *self.features))
        self._layout = _layout(kinds)
        self._states = [KindState(kind) for kind in kinds]
        self._values = sorted({name for kind in kinds for name in kind.values})
        self._items = sorted({item.name: item for kind in kinds for item in kind.items}.items())
        used = {column for kind in kinds for column in kind.key.columns}
        used |= {item.column for _, item in self._items if item.column}
        self._facts = tuple(Facts(_facts(stage)) for stage in self._stages)
        self._reads = {id(kind): self._reading(kind, self._facts[n]) for n, s in enumerate(self._stages) for kind in s}
        self._carried = sorted({kind.key.columns[0] for kind in kinds if kind.key.carried})
        self._codes = {name: TextCodes() for name in sorted(used | ({"account_id"} if self._carried else set()))}
        self._pairs = {kind.key.name: PairCodes() for kind in kinds if len(kind.key.columns) == 2}
        self._whole = sorted(self.columns & {"ms_played", "duration_ms"})
        self._resting: dict[frozenset[str], tuple[int, ...]] = {}
        self._held = {name: np.full(0, -1, dtype=np.int32) for name in self._carried}

    @cached_property
    def columns(self) -> frozenset[str]:
        """The stream's columns that are read."""
        return frozenset({"event_time"}.union(*(feature.columns for feature in self.features)))

    def update(self, stream: pl.DataFrame) -> NDArray[np.float32]:
        """Fold the next events and return their features, (events, features) float32; NaN = missing.

        A column that is absent, or of Polars' type Null, makes the features that rest on it missing in this call.
        Raises GhostnoteError if an event has no time; then nothing is folded.
        """
        if "event_time" not in stream.columns or stream["event_time"].null_count():
            raise GhostnoteError("An event has no event_time: leave it out, features need to know when it happened.")
        out = np.full((stream.height, len(self.features)), np.nan, dtype=np.float32)
        lacking = absent(stream, self.columns)
        for start in range(0, stream.height, ROWS_PER_PASS):
            part = stream if stream.height <= ROWS_PER_PASS else stream.slice(start, ROWS_PER_PASS)
            self._pass(Columns(part, self.columns), out[start : start + part.height])
        for column, feature in enumerate(self.features if lacking else ()):
            if feature.columns & lacking:
                out[:, column] = np.nan
        return out

    def update_one(self, event: Mapping[str, object]) -> NDArray[np.float32]:
        """Fold one event and return its features, (features,) float32: what `update` gives, in less time.

        `event` is by column: ids and other texts as str, whole numbers as int, `event_time` as a datetime (UTC if it
        names no zone). A column that it does not name is absent, None is unknown.
        Raises GhostnoteError if it has no time, or a value of another kind; then nothing is folded.
        """
        if not isinstance(event.get("event_time"), datetime):
            raise GhostnoteError("An event has no event_time: leave it out, features need to know when it happened.")
        out = np.full((1, len(self.features)), np.nan, dtype=np.float32)
        row = Row(event, self.columns)
        for name in self._whole:
            row.whole(name)
        self._pass(row, out)
        for column in self._resting_on(self.columns.difference(event)):
            out[0, column] = np.nan
        one: NDArray[np.float32] = out[0]
        return one

    def _resting_on(self, lacking: frozenset[str]) -> tuple[int, ...]:
        """The features that rest on columns which are not there."""
        if lacking not in self._resting:
            found = (column for column, feature in enumerate(self.features) if feature.columns & lacking)
            self._resting[lacking] = tuple(found)
        return self._resting[lacking]

    def snapshot(self, path: str | os.PathLike[str]) -> None:
        """Write the whole state to one file, whole or not at all. Raises GhostnoteError if it cannot be written."""
        groups: dict[str, dict[str, Array]] = {f"state{i}": s.to_arrays() for i, s in enumerate(self._states)}
        groups |= {f"codes.{name}": codes.to_arrays() for name, codes in self._codes.items()}
        groups |= {f"pairs.{name}": pairs.to_arrays() for name, pairs in self._pairs.items()}
        groups |= {f"held.{name}": {"codes": held} for name, held in self._held.items()}
        groups["late"] = {"count": np.array([self.late], dtype=np.int64)}
        groups["water"] = {"times": np.array([self._water, self._swept], dtype=np.int64)}
        snapshots.write(path, self.names, self._layout, groups)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Go on from a snapshot of a fold with the same features. Raises GhostnoteError if it is of another kind.

        Then the state is as it was before.
        """
        groups = snapshots.read(path, self.names, self._layout)
        plans = [kind for stage in self._stages for kind in stage]
        try:
            states = [KindState.from_arrays(plan, groups[f"state{i}"]) for i, plan in enumerate(plans)]
            codes = {name: TextCodes.from_arrays(groups[f"codes.{name}"]) for name in self._codes}
            pairs = {name: PairCodes.from_arrays(groups[f"pairs.{name}"]) for name in self._pairs}
            held = {name: groups[f"held.{name}"]["codes"] for name in self._held}
            late = int(groups["late"]["count"][0])
            water, swept = map(int, groups["water"]["times"])
        except KeyError as error:
            raise GhostnoteError(f"The snapshot {path} lacks {error}: fold the history again.") from error
        self._states, self._codes, self._pairs, self._held, self.late = states, codes, pairs, held, late
        self._water, self._swept = water, swept

    @property
    def conditions(self) -> frozenset[str]:
        """The columns that conditions, values and numbers of items read: all that `walk_coded` needs besides codes."""
        kinds = [kind for stage in self._stages for kind in stage]
        found = {name for kind in kinds for bit in kind.bits for name in bit.expr.meta.root_names()}
        found |= {name for _, item in self._items if item.number is not None for name in item.number.meta.root_names()}
        return frozenset({"event_time", *found, *self._values} - {f.name for f in self.first_features})

    @property
    def ids(self) -> tuple[str, ...]:
        """The columns that become codes."""
        return tuple(self._codes)

    @property
    def plans(self) -> tuple[KindPlan, ...]:
        """What is done for each key kind, those of `first_features` first."""
        return tuple(kind for stage in self._stages for kind in stage)

    @property
    def bytes(self) -> int:
        """Memory that the state holds, in bytes."""
        return sum(sum(held.bytes.values()) for held in self.memory())

    def memory(self) -> tuple["Held", ...]:
        """What is held, key kind by key kind, and last the dictionaries of ids."""
        stages = [number for number, stage in enumerate(self._stages) for _ in stage]
        kinds = [
            Held(state.plan.key.name + (" (for predicates)" if stage == 0 else ""), state.keys, state.bytes)
            for stage, state in zip(stages, self._states, strict=True)
        ]
        sizes = {name: codes.bytes for name, codes in (self._codes | self._pairs).items()}
        known = sum(map(len, self._codes.values()))
        return (*kinds, Held("ids", known, sizes))

    # --- one pass ----------------------------------------------------------------------------------------------------

    def _pass(self, columns: Columns | Row, out: Array) -> None:
        ids = self._encode(columns)
        waters = k.rise(columns.numbers("event_time"), self._water)
        self._fold(columns, ids, waters, out, None)
        self.give_back(int(waters[-1]))

    def encode(self, frame: pl.DataFrame) -> dict[str, Array]:
        """The codes of all id columns that are read, (events,) int32 each; what sign-ups give is carried."""
        return self._encode(Columns(frame, self.columns))

    def _encode(self, columns: Columns | Row) -> dict[str, Array]:
        names = list(self._codes)
        codes = together(lambda name: columns.codes(name, self._codes[name]), names, columns.height)
        ids = dict(zip(names, codes, strict=True))
        return ids | {name: self._carry(name, ids["account_id"], ids[name]) for name in self._carried}

    def walk_coded(
        self,
        frame: pl.DataFrame,
        ids: dict[str, Array],
        waters: Array,
        out: Array,
        first: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Fold events whose ids are codes already, and write their features into `out` (preset to NaN).

        `frame` has the columns that conditions, values and numbers of items rest on. `waters`: `kernels.rise`. `first`,
        (events, `first_features`), are features that others rest on, where they are known; returns them.
        """
        return self._fold(Columns(frame), ids, waters, out, first)

    def _fold(
        self,
        columns: Columns | Row,
        ids: dict[str, Array],
        waters: Array,
        out: Array,
        first: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]:
        height = columns.height
        values = np.empty((len(self._values), height), dtype=np.int64)
        for i, name in enumerate(self._values):
            values[i] = columns.numbers(name)
        late, items = np.zeros(height, dtype=np.uint8), self._item_codes(columns, ids)
        step = _Pass(columns, columns.numbers("event_time"), ids, values, items, waters, late)
        split = len(self._stages[0])
        if first is None:
            first = np.empty((height, len(self.first_features)), dtype=np.float32)
            first.fill(np.nan)
            self._walk(step, 0, self._states[:split], first)
        if self.first_features:
            known = {f.name: pl.Series(first[:, i], nan_to_null=True) for i, f in enumerate(self.first_features)}
            frame = columns.completed.with_columns(**known)
            step = replace(step, columns=Columns(frame))
        self._walk(step, 1, self._states[split:], out)
        self.late += int(np.count_nonzero(late))
        return first

    def give_back(self, water: int) -> None:
        """Once a day of the stream's time, give back what forgotten keys hold: no event can tell whether it was."""
        self._water = water
        if self._swept == k.NEVER:
            self._swept = water
        elif water - self._swept > _SWEEP_US:
            self._swept = water
            for state in self._states:
                state.sweep(water)

    def _walk(self, step: _Pass, stage: int, states: Sequence[KindState], out: Array) -> None:
        """Fold one stage's kinds."""
        if states:
            words = self._facts[stage].words(step.columns)
            together(partial(self._walk_kind, step, words, out), states, len(step.times))

    def _walk_kind(self, step: _Pass, words: Array, out: Array, state: KindState) -> None:
        """Group one kind's events by key, and fold them."""
        codes, size = self._keys(state.plan, step.ids)
        reads = self._reads[id(state.plan)]
        room = reads.room(len(codes))
        number = arrange(
            codes, step.times, words, reads.needs, step.values, reads.values, step.items, reads.items, *room
        )
        if number:
            state.update(room.codes[:number], size, Events(room.rows, *room[1:]), step.waters, out, step.late)

    def _reading(self, kind: KindPlan, facts: Facts) -> _Reads:
        names = [name for name, _ in self._items]
        return _Reads(
            kept=room(_FEW, len(kind.values), len(kind.items)),
            values=np.array([self._values.index(name) for name in kind.values], dtype=np.int64),
            items=np.array([names.index(item.name) for item in kind.items], dtype=np.int64),
            needs=np.array([facts.needs(bit.facts) for bit in kind.bits], dtype=np.int64).reshape(len(kind.bits), -1),
        )

    def _keys(self, plan: KindPlan, ids: dict[str, Array]) -> tuple[Array, int]:
        """Each event's key as a code, and a number that all of them are below."""
        columns = plan.key.columns
        if len(columns) == 1:
            codes = ids[columns[0]]
            return codes, 1 + int(codes[0] if len(codes) == 1 else codes.max(initial=-1))
        pairs = self._pairs[plan.key.name]
        return pairs.encode(ids[columns[0]], ids[columns[1]]), len(pairs)

    def _item_codes(self, columns: Columns | Row, ids: dict[str, Array]) -> Array:
        items = np.empty((len(self._items), columns.height), dtype=np.int32)
        for i, (name, item) in enumerate(self._items):
            if item.number is None:
                items[i] = ids[item.column]
            elif item.worked_out and (item.read == "event_time" or columns.whole(item.read)):
                known = columns.known(item.read)
                numbers = item.worked_out(columns.numbers(item.read))
                items[i] = numbers if known is None else np.where(known, numbers, -1)
            else:
                items[i] = columns.completed.select(item.number.cast(pl.Int32).fill_null(-1).alias(name))[
                    name
                ].to_numpy()
        return items

    def _carry(self, name: str, accounts: Array, given: Array) -> Array:
        known = int(accounts.max(initial=-1)) + 1
        if known > len(self._held[name]):
            held = np.full(max(known, 2 * len(self._held[name])), -1, dtype=np.int32)
            held[: len(self._held[name])] = self._held[name]
            self._held[name] = held
        result = np.empty_like(given)
        carry(accounts, given, self._held[name], result)
        return result


def _facts(kinds: Sequence[KindPlan]) -> tuple[Fact, ...]:
    """All that the conditions of one stage ask, each once."""
    return tuple({fact.tag: fact for kind in kinds for bit in kind.bits for fact in bit.facts or ()}.values())


def _needed_first(features: Sequence[Feature]) -> tuple[Feature, ...]:
    """The features that predicates of `features` rest on, each once."""
    found: dict[str, Feature] = {}
    for feature in features:
        for predicate in (feature.where, feature.of):
            for needed in predicate.needs if predicate else ():
                if any(p is not None and p.needs for p in (needed.where, needed.of)):
                    raise GhostnoteError(f"{needed.name} cannot serve a predicate: it rests on another feature itself.")
                found[needed.name] = needed
    return tuple(found.values())


def _check_predicates(features: Sequence[Feature]) -> None:
    """Predicates are told apart by name: two of one name must be the same."""
    known: dict[str, Predicate] = {}
    for feature in features:
        for predicate in (feature.where, feature.of):
            if predicate and not known.setdefault(predicate.name, predicate).expr.meta.eq(predicate.expr):
                raise GhostnoteError(f"Two different predicates are called {predicate.name!r}: rename one of them.")


def _layout(kinds: Sequence[KindPlan]) -> str:
    """A digest of what the state's arrays mean and how they are read."""
    digest = hashlib.sha256()
    for kind in kinds:
        parts = (kind.key.name, *kind.values, *(item.name for item in kind.items))
        digest.update(repr((parts, [(bit.tag, str(bit.expr)) for bit in kind.bits])).encode())
        for array in _told_apart_by(kind):
            digest.update(repr(array.shape).encode() + array.tobytes())
    return digest.hexdigest()


def _told_apart_by(kind: KindPlan) -> list[Array]:
    """The arrays that give the state its meaning; those of later versions only where they are used."""
    program = kind.program
    first = program[: k.Program._fields.index("peak_slots")]
    arrays = [program.template, *(a if a is not program.reads else np.ascontiguousarray(a[:, :7]) for a in first)]
    ages = program.reads[:, 7]
    return arrays + [a for a in (ages[ages > 0], program.peak_slots, program.switches, program.others) if a.size]


def _plan(features: Sequence[Feature], weights: Array) -> tuple[KindPlan, ...]:
    """One plan per key kind; features keep their place in `features` as output column."""
    placed = list(enumerate(features))
    by_key = {key: [(f, column) for column, f in placed if f.by == key] for key in KEYS}
    return tuple(plan_kind(key, chosen, weights) for key, chosen in by_key.items() if chosen)
