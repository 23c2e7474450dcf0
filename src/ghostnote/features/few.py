"""Small calls: matrices, rooms and records that stay where they are, so that a call has little to set up.

What a call of few events costs is for the most part what a call costs. So everything compiled code reads or writes for
it has one place as long as the fold lives, ids of all columns are looked up in one go, and all kinds of key get their
events in one.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ghostnote.features.call import Call, Shape
from ghostnote.features.codes import TextCodes
from ghostnote.features.columns import Rows
from ghostnote.features.grouping import arrange_all
from ghostnote.features.joining import Joiner
from ghostnote.features.plan import KindPlan
from ghostnote.features.records import Array, Record
from ghostnote.features.state import KindState

#: Calls of up to so many events use the same memory again and again.
FEW = 1 << 11


class Few:
    """The memory of small calls of one fold, tied to its state: made again when that is restored."""

    def __init__(
        self,
        shape: Shape,
        stages: Sequence[Sequence[KindPlan]],
        widths: Sequence[int],
        states: Sequence[KindState],
        reads: Sequence[Record],
        codes: Mapping[str, TextCodes],
    ) -> None:
        """`widths` are how many features each stage gives; `states` and `reads` are those of all stages' kinds."""
        self.call = Call(shape, FEW)
        self._joiner = Joiner(list(codes.items()), FEW)
        split = len(stages[0])
        parts = ((stages[0], states[:split], reads[:split]), (stages[1], states[split:], reads[split:]))
        self._stages = [_Stage(self.call, width, *part) for width, part in zip(widths, parts, strict=True)]

    def encode(self, rows: Rows) -> None:
        """Look up all ids."""
        codes = self._joiner.encode([rows.values(name) for name in self._joiner.names], rows.height)
        self.call.codes[: len(codes), : rows.height] = codes

    def walk(self, stage: int) -> Array:
        """Fold one stage's kinds; its features, (n, features) float32, to be copied before the next call."""
        return self._stages[stage].walk()


class _Stage:
    """The kinds of key of one stage, with the room for the events of each."""

    def __init__(
        self, call: Call, width: int, plans: Sequence[KindPlan], states: Sequence[KindState], reads: Sequence[Record]
    ) -> None:
        self._call, self._states = call, tuple(states)
        self._out = np.empty((FEW, width), dtype=np.float32)
        self._rooms = [call.room(plan, self._out) for plan in plans]
        places = [
            (read.at, state.admits_at, room.at) for read, state, room in zip(reads, states, self._rooms, strict=True)
        ]
        self._places = np.array(places, dtype=np.int64).reshape(-1, 3)
        self._numbers = np.zeros(len(plans), dtype=np.int64)

    def walk(self) -> Array:
        out = self._out[: self._call.height]
        out.fill(np.nan)
        done = 0
        while (done := arrange_all(self._call.record.at, self._places, self._numbers, done)) < len(self._states):
            self._states[done].grow()
        for state, room, number in zip(self._states, self._rooms, self._numbers.tolist(), strict=True):
            if number:
                state.walk(room.at, number)
        return out
