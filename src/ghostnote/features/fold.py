"""The fold: walks events in order and yields each event's features as of that event."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.features import kernels as k
from ghostnote.features import snapshot as snapshots
from ghostnote.features.call import Call, Shape
from ghostnote.features.catalog import CATALOG
from ghostnote.features.codes import TextCodes
from ghostnote.features.columns import Columns, Rows, absent
from ghostnote.features.declaration import Feature
from ghostnote.features.facts import Facts
from ghostnote.features.few import FEW, Few
from ghostnote.features.grouping import arrange, carry
from ghostnote.features.kernels import Array, fill_weights
from ghostnote.features.keys import HOUR_US, KEYS
from ghostnote.features.pairs import PairCodes
from ghostnote.features.plan import KindPlan
from ghostnote.features.stages import check_predicates, facts_of, layout_of, needed_first, planned
from ghostnote.features.state import KindState
from ghostnote.features.threads import together

#: Batches are walked in passes of so many events: few enough to stay in the processor's caches, enough to find several
#: events of one key next to each other.
ROWS_PER_PASS = 1 << 17
#: Counts up to this have their n * log2(n) in a table.
_WEIGHTS = 4096
#: Frames of up to so many events are taken apart into Python's own values: more are quicker in Polars' memory.
_AS_LISTS = 128
_SWEEP_US = 24 * HOUR_US


@dataclass(frozen=True)
class Held:
    """Memory of one key kind: how many keys are remembered, and bytes by what they are for."""

    key: str
    keys: int
    bytes: dict[str, int]


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
        self.first_features = tuple({f.name: f for f in (*first, *needed_first(self.features))}.values())
        self._stages = (planned(self.first_features, weights), planned(self.features, weights))
        kinds = self.plans
        check_predicates((*self.first_features, *self.features))
        self._layout = layout_of(kinds)
        self._first_names = tuple(feature.name for feature in self.first_features)
        self._facts = Facts(facts_of(kinds), self._first_names)
        self._carried = sorted({kind.key.columns[0] for kind in kinds if kind.key.carried})
        self._shape = self._shaped(kinds)
        needs = [[self._facts.needs(bit.facts) for bit in kind.bits] for kind in kinds]
        self._reads = [self._shape.reads(kind, need) for kind, need in zip(kinds, needs, strict=True)]
        self._resting: dict[frozenset[str], tuple[int, ...]] = {}
        self._remember(
            [KindState(kind) for kind in kinds],
            {name: TextCodes() for name in self._shape.ids},
            {name: PairCodes() for name in self._shape.pairs},
            {name: np.full(0, -1, dtype=np.int32) for name in self._carried},
        )

    def _shaped(self, kinds: Sequence[KindPlan]) -> Shape:
        """What a call has to hold for these kinds of key."""
        items = {item.name: item for kind in kinds for item in kind.items}
        used = {column for kind in kinds for column in kind.key.columns}
        used |= {item.column for item in items.values() if item.column}
        return Shape(
            ids=tuple(sorted(used | ({"account_id"} if self._carried else set()))),
            pairs=tuple(dict.fromkeys(kind.key.name for kind in kinds if len(kind.key.columns) == 2)),
            numbers=tuple(items[name] for name in sorted(items) if items[name].number is not None),
            values=tuple(sorted({name for kind in kinds for name in kind.values})),
            words=self._facts.size,
        )

    def _remember(
        self,
        states: Sequence[KindState],
        codes: Mapping[str, TextCodes],
        pairs: Mapping[str, PairCodes],
        held: Mapping[str, Array],
    ) -> None:
        """Take up a state, and what small calls need to go on from it."""
        self._states, self._codes, self._pairs, self._held = list(states), dict(codes), dict(pairs), dict(held)
        widths = len(self.first_features), len(self.features)
        self._few = Few(self._shape, self._stages, widths, self._states, self._reads, self._codes)

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
        out = np.empty((stream.height, len(self.features)), dtype=np.float32)
        few = Rows.of(stream, self.columns) if 0 < stream.height <= _AS_LISTS else None
        if few:
            self._pass(few, out)
            return self._without(out, few.absent)
        for start in range(0, stream.height, ROWS_PER_PASS):
            part = stream if stream.height <= ROWS_PER_PASS else stream.slice(start, ROWS_PER_PASS)
            self._pass(Columns(part, self.columns), out[start : start + part.height])
        return self._without(out, absent(stream, self.columns))

    def update_rows(self, columns: Mapping[str, Sequence[object] | Array]) -> NDArray[np.float32]:
        """Fold the next events and return their features, as `update` does, without a frame: in less time if few.

        `columns` are sequences of one length: ids and other texts as str, whole numbers as int, yes and no as bool,
        `event_time` as datetimes (UTC if they name no zone) or as an array of int64, us since 1970; None is unknown. A
        column that is not named is absent.
        Raises GhostnoteError if an event has no time, a value is of another kind, or columns differ in length; then
        nothing is folded.
        """
        heights = set(map(len, columns.values()))
        if len(heights) > 1:
            raise GhostnoteError(f"Columns have {sorted(heights)} events: give each a value for every event.")
        height = heights.pop() if heights else 0
        if not height:
            return np.empty((0, len(self.features)), dtype=np.float32)
        rows = Rows(columns, height, self.columns)
        if height > FEW:
            return self._without(self.update(rows.completed), rows.absent)
        out = np.empty((height, len(self.features)), dtype=np.float32)
        self._pass(rows, out)
        return self._without(out, rows.absent)

    def update_one(self, event: Mapping[str, object]) -> NDArray[np.float32]:
        """Fold one event and return its features, (features,) float32: what `update_rows` gives for one.

        `event` is by column. Raises GhostnoteError as that does.
        """
        one: NDArray[np.float32] = self.update_rows({name: (value,) for name, value in event.items()})[0]
        return one

    def _without(self, out: NDArray[np.float32], lacking: frozenset[str]) -> NDArray[np.float32]:
        """The features, those missing that rest on columns which are not there."""
        for column in self._resting_on(lacking) if lacking else ():
            out[:, column] = np.nan
        return out

    def _resting_on(self, lacking: frozenset[str]) -> tuple[int, ...]:
        """The features that rest on columns which are not there."""
        if lacking not in self._resting:
            found = (column for column, feature in enumerate(self.features) if feature.columns & lacking)
            self._resting[lacking] = tuple(found)
        return self._resting[lacking]

    def snapshot(self, path: str | os.PathLike[str], *, gently: bool = False) -> None:
        """Write the whole state to one file, whole or not at all. Raises GhostnoteError if it cannot be written.

        `gently` takes twice as long, and leaves the disk to others meanwhile.
        """
        groups: dict[str, dict[str, Array]] = {f"state{i}": s.to_arrays() for i, s in enumerate(self._states)}
        groups |= {f"codes.{name}": codes.to_arrays() for name, codes in self._codes.items()}
        groups |= {f"pairs.{name}": pairs.to_arrays() for name, pairs in self._pairs.items()}
        groups |= {f"held.{name}": {"codes": held} for name, held in self._held.items()}
        groups["late"] = {"count": np.array([self.late], dtype=np.int64)}
        groups["water"] = {"times": np.array([self._water, self._swept], dtype=np.int64)}
        snapshots.write(path, self.names, self._layout, groups, gently=gently)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Go on from a snapshot of a fold with the same features. Raises GhostnoteError if it is of another kind.

        Then the state is as it was before.
        """
        groups = snapshots.read(path, self.names, self._layout)
        plans = [kind for stage in self._stages for kind in stage]
        try:
            states = [KindState.from_arrays(plan, groups[f"state{i}"]) for i, plan in enumerate(plans)]
            codes, pairs = self._dictionaries(groups)
            held = {name: groups[f"held.{name}"]["codes"] for name in self._held}
            late = int(groups["late"]["count"][0])
            water, swept = map(int, groups["water"]["times"])
        except KeyError as error:
            raise GhostnoteError(f"The snapshot {path} lacks {error}: fold the history again.") from error
        self._remember(states, codes, pairs, held)
        self.late, self._water, self._swept = late, water, swept

    def _dictionaries(
        self, groups: Mapping[str, dict[str, Array]]
    ) -> tuple[dict[str, TextCodes], dict[str, PairCodes]]:
        """Those of ids and those of pairs, made anew: the one part of a snapshot that is no copy."""
        saved = [groups[f"codes.{name}"] for name in self._codes], [groups[f"pairs.{name}"] for name in self._pairs]
        rows = sum(array.size for part in saved for arrays in part for array in arrays.values())
        texts = [partial(TextCodes.from_arrays, arrays) for arrays in saved[0]]
        pairs = [partial(PairCodes.from_arrays, arrays) for arrays in saved[1]]
        makes: list[Callable[[], TextCodes | PairCodes]] = [*pairs, *texts]
        made = together(_made, makes, rows)
        known: Any = dict(zip(self._pairs, made, strict=False))
        return dict(zip(self._codes, made[len(pairs) :], strict=True)), known

    @property
    def conditions(self) -> frozenset[str]:
        """The columns that conditions, values and numbers of items read: all that `walk_coded` needs besides codes."""
        kinds = [kind for stage in self._stages for kind in stage]
        found = {name for kind in kinds for bit in kind.bits for name in bit.expr.meta.root_names()}
        numbers = [item.number for item in self._shape.numbers if item.number is not None]
        found |= {name for number in numbers for name in number.meta.root_names()}
        return frozenset({"event_time", *found, *self._shape.values} - {f.name for f in self.first_features})

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

    def _pass(self, columns: Columns | Rows, out: Array) -> None:
        call = self._call(columns.height)
        self._encode(columns, call)
        waters = k.rise(columns.numbers("event_time"), self._water)
        self._fold(columns, call, waters, out, None)
        self.give_back(int(waters[-1]))

    def _call(self, rows: int) -> Call:
        """Matrices for so many events: those of the last call if they are few."""
        call = self._few.call if rows <= FEW else Call(self._shape, rows)
        call.begin(rows)
        return call

    def encode(self, frame: pl.DataFrame) -> dict[str, Array]:
        """The codes of all id columns that are read, (events,) int32 each; what sign-ups give is carried."""
        call = Call(self._shape, frame.height)
        call.begin(frame.height)
        self._encode(Columns(frame, self.columns), call)
        return dict(call.ids())

    def _encode(self, columns: Columns | Rows, call: Call) -> None:
        """Look ids up, and carry what sign-ups give."""
        rows = columns.height
        if isinstance(columns, Rows):
            self._few.encode(columns)
        else:
            names = list(self._codes)
            found = together(lambda name: columns.codes(name, self._codes[name]), names, rows)
            for row, codes in enumerate(found):
                call.codes[row, :rows] = codes
        for name in self._carried:
            accounts, given = (call.codes[self._shape.ids.index(column), :rows] for column in ("account_id", name))
            self._carry(name, accounts, given)

    def walk_coded(
        self,
        frame: pl.DataFrame,
        ids: dict[str, Array],
        waters: Array,
        out: Array,
        first: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """Fold events whose ids are codes already, and write their features into `out`.

        `frame` has the columns that conditions, values and numbers of items rest on. `waters`: `kernels.rise`. `first`,
        (events, `first_features`), are features that others rest on, where they are known; returns them.
        """
        call = self._call(frame.height)
        for row, name in enumerate(self._codes):
            call.codes[row, : frame.height] = ids[name]
        return self._fold(Columns(frame), call, waters, out, first)

    def _fold(
        self,
        columns: Columns | Rows,
        call: Call,
        waters: Array,
        out: Array,
        first: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]:
        """Fold events whose ids are codes in `call`; the features that others rest on."""
        rows = call.height
        call.take(columns, waters)
        for row, pairs in enumerate(self._pairs, len(self._codes)):
            left, right = (call.codes[self._shape.ids.index(name), :rows] for name in KEYS[pairs].columns)
            call.codes[row, :rows] = self._pairs[pairs].encode(left, right)
        self._facts.fill(columns, call.words)
        if first is None:
            first = np.empty((rows, len(self.first_features)), dtype=np.float32)
            if self.first_features:
                self._walk(call, 0, first)
        if self.first_features:
            known = {name: first[:, i] for i, name in enumerate(self._first_names)}
            self._facts.add(columns, known, call.words)
        self._walk(call, 1, out)
        self.late += int(np.count_nonzero(call.late[:rows]))
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

    def shed(self, share: float) -> tuple[str, ...]:
        """Forget keys before their time, to make room: those silent for all but `share` of how long they are kept.

        Returns the features that may say less than they should when such a key comes again; none if no key was
        forgotten. Keys that are kept forever stay.
        """
        shed = []
        for state in self._states:
            before, horizon = state.keys, int(state.plan.program.horizon[0])
            if horizon > 0 and before and self._water != k.NEVER:
                state.sweep(self._water + int(share * horizon))
                if state.keys < before:
                    shed.append(state.plan.key.name)
        return tuple(feature.name for feature in self.features if feature.by in shed)

    def _walk(self, call: Call, stage: int, out: Array) -> None:
        """Fold one stage's kinds, and write their features into `out`."""
        if call is self._few.call:
            out[:] = self._few.walk(stage)
            return
        out.fill(np.nan)
        split = len(self._stages[0])
        places = range(split, len(self._states)) if stage else range(split)
        together(partial(self._walk_kind, call, out), places, call.height)

    def _walk_kind(self, call: Call, out: Array, place: int) -> None:
        """Group one kind's events by key, and fold them."""
        state = self._states[place]
        room = call.room(state.plan, out)
        number = arrange(call.record.at, self._reads[place].at, room.at)
        if number:
            state.admit(room)
            state.walk(room.at, number)

    def _carry(self, name: str, accounts: Array, given: Array) -> None:
        """Put what each account's sign-up gave in place of what its later events say."""
        known = len(self._codes["account_id"])
        if known > len(self._held[name]):
            held = np.full(max(known, 2 * len(self._held[name])), -1, dtype=np.int32)
            held[: len(self._held[name])] = self._held[name]
            self._held[name] = held
        carry(accounts, given, self._held[name], given)


def _made(make: Callable[[], TextCodes | PairCodes]) -> Any:
    return make()
