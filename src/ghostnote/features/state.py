"""What one key kind remembers: arrays that grow, walked by the compiled kernels."""

import numpy as np

from ghostnote.features import tailoring
from ghostnote.features.grouping import (
    ADMITS_FREE,
    ADMITS_HEADS,
    ADMITS_PLACES,
    FREED,
    KNOWN,
    MADE,
    TAKEN,
    Room,
    admit,
)
from ghostnote.features.kernels import NEEDED, NONE, Array, Program, Store, sweep, walk
from ghostnote.features.plan import KindPlan
from ghostnote.features.records import Record

_FIRST_ROWS = 256
_FIRST_CELLS = 4096
#: Bytes from which arrays grow by a part instead of a half: moving their pages costs nothing, but new ones do, and
#: somebody waits for them.
_LARGE, _PART = 1 << 26, 32
#: The store's fields in the record that walks read, after the program's.
_FIRST_OF_STORE = len(Program._fields)


class KindState:
    """Heads, logs and tables of all keys of one kind. Keys are codes 0, 1, 2, ..."""

    def __init__(self, plan: KindPlan) -> None:
        self.plan = plan
        sizes = plan.program.sizes
        logged = len(plan.program.windows) > 0
        tabled = len(plan.program.items) > 0
        self._store = Store(
            heads=np.zeros(0, dtype=np.int64),
            log_wide=np.zeros(_FIRST_ROWS * int(sizes[1]) if logged or tabled else 0, dtype=np.int64),
            log_narrow=np.zeros(_FIRST_ROWS * int(sizes[2]) if logged or tabled else 0, dtype=np.int32),
            cells=np.zeros(_FIRST_CELLS if tabled else 0, dtype=np.int32),
            log_blocks=_no_blocks(),
            cell_blocks=_no_blocks(),
        )
        # Where each key's head is; heads that nobody has any more; how many there are of each.
        self._places = np.zeros(0, dtype=np.int32)
        self._free = np.zeros(0, dtype=np.int32)
        self._counts = np.zeros(4, dtype=np.int64)
        self._admits = Record((self._counts, self._places, self._free, self._store.heads, plan.program.template))
        self._walks = Record((*plan.program, *self._store))
        self._tailored: tailoring.Walk | None = None
        self._looked = False
        self._walked, self._pays_at = 0, tailoring.PAYS_AFTER

    @property
    def admits_at(self) -> int:
        """Where the record is that `grouping.admit` reads."""
        return self._admits.at

    def admit(self, room: Room) -> None:
        """Write down the heads of a room's events; new keys get one."""
        while not admit(self._admits.at, room.at):
            self.grow()

    def grow(self) -> None:
        """Make what `grouping.admit` asked for: places for codes, or room for heads."""
        known, taken, width = int(self._counts[KNOWN]), int(self._counts[TAKEN]), len(self.plan.program.template)
        if known > len(self._places):
            places = np.full(known + known // 2, NONE, dtype=np.int32)
            places[: len(self._places)] = self._places
            self._places = places
            self._admits.put(ADMITS_PLACES, places)
        heads = self._store.heads
        if taken * width > len(heads):
            made = int(self._counts[MADE])
            _resize(heads, max(taken, made + _more(made, heads)) * width)
            self._admits.put(ADMITS_HEADS, heads)
            self._walks.put(_FIRST_OF_STORE, heads)

    def walk(self, room: int, number: int) -> None:
        """Fold the events that were admitted, `number` of them, and write their features; `room` is a record's place.

        See `kernels.walk`.
        """
        if not self._looked:
            self._looked, self._tailored = True, tailoring.find(self.plan.program)
        done = 0
        while (done := (self._tailored or walk)(self._walks.at, room, done)) < number:
            self._enlarge()
        self._walked += number
        if self._tailored is None and self._walked >= self._pays_at:
            self._look_for_faster()

    def _look_for_faster(self) -> None:
        """Have a tailored walk made, since it pays now, or take it up if it is there."""
        self._pays_at = (self._walked // tailoring.PAYS_AFTER + 1) * tailoring.PAYS_AFTER
        self._tailored = tailoring.find(self.plan.program)
        if self._tailored is None:
            tailoring.tailor_aside(self.plan.program)

    def sweep(self, water: int) -> None:
        """Give back what keys hold that are forgotten by the time `water`."""
        if self.plan.program.horizon[0] < 0:
            return
        made, freed = int(self._counts[MADE]), int(self._counts[FREED])
        if len(self._free) < made:
            self._free = np.resize(self._free, made) if freed else np.zeros(made, dtype=np.int32)
            self._admits.put(ADMITS_FREE, self._free)
        self._counts[FREED] = sweep(self.plan.program, self._store, self._places, self._free, freed, water)

    @property
    def keys(self) -> int:
        """How many keys are remembered."""
        return int(self._counts[MADE] - self._counts[FREED])

    def _enlarge(self) -> None:
        store, sizes = self._store, self.plan.program.sizes
        rows = int(store.log_blocks[NEEDED])
        if rows * sizes[1] > len(store.log_wide):
            rows += _more(rows, store.log_wide)
            _resize(store.log_wide, rows * int(sizes[1]))
            _resize(store.log_narrow, rows * int(sizes[2]))
        cells = int(store.cell_blocks[NEEDED])
        if cells > len(store.cells):
            _resize(store.cells, cells + _more(cells, store.cells))
        for field, array in enumerate(store):
            self._walks.put(_FIRST_OF_STORE + field, array)

    @property
    def bytes(self) -> dict[str, int]:
        """Memory held, in bytes: `heads` by key, `logs` and `tables` by what is in windows, `places` by id seen."""
        store = self._store
        return {
            "heads": store.heads.nbytes,
            "logs": store.log_wide.nbytes + store.log_narrow.nbytes,
            "tables": store.cells.nbytes,
            "places": self._places.nbytes + self._free.nbytes,
        }

    def to_arrays(self) -> dict[str, Array]:
        """The state: see `kernels.Store`; arenas without their unused ends; and which key has which head."""
        store, sizes = self._store, self.plan.program.sizes
        rows = int(store.log_blocks[0])
        return {
            "heads": store.heads[: int(self._counts[MADE]) * len(self.plan.program.template)],
            "log_wide": store.log_wide[: rows * int(sizes[1])],
            "log_narrow": store.log_narrow[: rows * int(sizes[2])],
            "cells": store.cells[: int(store.cell_blocks[0])],
            "log_blocks": store.log_blocks,
            "cell_blocks": store.cell_blocks,
            "places": self._places,
            "free": self._free[: int(self._counts[FREED])],
        }

    @classmethod
    def from_arrays(cls, plan: KindPlan, arrays: dict[str, Array]) -> "KindState":
        """The state that `to_arrays` described, for the same plan; takes the arrays over."""
        state = cls(plan)
        state._store = Store(*(_owning(arrays[name]) for name in Store._fields))
        heads = len(arrays["heads"]) // len(plan.program.template)
        if "places" in arrays:
            state._places, state._free = arrays["places"], arrays["free"]
        else:  # Format 1 had a head for every id.
            state._places = np.arange(heads, dtype=np.int32)
        state._counts[:] = len(state._free), heads, heads, 0
        state._admits = Record((state._counts, state._places, state._free, state._store.heads, plan.program.template))
        state._walks = Record((*plan.program, *state._store))
        return state


def _no_blocks() -> Array:
    blocks = np.full(NEEDED + 1, NONE, dtype=np.int64)
    blocks[0] = blocks[NEEDED] = 0
    return blocks


def _owning(array: Array) -> Array:
    """The array that owns the memory, since it is resized in place: with the room behind it, if there is any."""
    base = array.base
    if isinstance(base, np.ndarray) and base.flags.owndata and base.ndim == 1 and base.dtype == array.dtype:
        return base if base.ctypes.data == array.ctypes.data else array.copy()
    return array if array.flags.owndata else array.copy()


def _more(needed: int, array: Array) -> int:
    """How much more than needed an array gets when it grows."""
    return needed // _PART if array.nbytes >= _LARGE else needed // 2


def _resize(array: Array, size: int) -> None:
    # In place: the allocator can move pages instead of copying them, so that memory never holds both sizes.
    array.resize(size, refcheck=False)
