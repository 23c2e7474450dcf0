"""What one key kind remembers: arrays that grow, walked by the compiled kernels."""

import numpy as np

from ghostnote.features import tailoring
from ghostnote.features.kernels import NEEDED, NONE, Array, Events, Store, admit, sweep, walk
from ghostnote.features.plan import KindPlan

_FIRST_ROWS = 256
_FIRST_CELLS = 4096


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
        # Where each key's head is; heads that nobody has any more; how many there are in all.
        self._places = np.zeros(0, dtype=np.int32)
        self._free = np.zeros(0, dtype=np.int32)
        self._freed = 0
        self._heads = 0
        self._tailored: tailoring.Walk | None = None
        self._looked = False
        self._walked = 0

    def update(self, codes: Array, known: int, events: Events, waters: Array, out: Array, late: Array) -> None:
        """Fold events of the keys `codes`, all below `known`, and write their features; see `kernels.walk`.

        `events.keys` is worked out here; its other arrays may have room for more events than there are codes.
        """
        events = events._replace(keys=self._admit(codes, known))
        done = 0
        while True:
            done = self._walk(events, waters, out, late, done)
            if done == len(codes):
                return self._look_for_faster(done)
            self._enlarge()

    def _walk(self, events: Events, waters: Array, out: Array, late: Array, start: int) -> int:
        program = self.plan.program
        if self._tailored is None and not self._looked:
            self._looked, self._tailored = True, tailoring.find(program)
        if self._tailored is None:
            return walk(program, self._store, events, waters, out, late, start)
        return self._tailored(*self._store, program.weights, *events, waters, out, late, start)

    def _look_for_faster(self, events: int) -> None:
        """Have a tailored walk made once it pays, and take it up once it is there."""
        before, self._walked = self._walked, self._walked + events
        if self._tailored is None and before // tailoring.PAYS_AFTER < self._walked // tailoring.PAYS_AFTER:
            self._tailored = tailoring.find(self.plan.program)
            if self._tailored is None:
                tailoring.tailor_aside(self.plan.program)

    def sweep(self, water: int) -> None:
        """Give back what keys hold that are forgotten by the time `water`."""
        if self.plan.program.horizon[0] < 0:
            return
        if len(self._free) < self._heads:
            self._free = np.resize(self._free, self._heads) if self._freed else np.zeros(self._heads, dtype=np.int32)
        self._freed = sweep(self.plan.program, self._store, self._places, self._free, self._freed, water)

    @property
    def keys(self) -> int:
        """How many keys are remembered."""
        return self._heads - self._freed

    def _admit(self, codes: Array, known: int) -> Array:
        """Every event's head, (n,) int64; new keys get one."""
        if known > len(self._places):
            places = np.full(known + known // 2, NONE, dtype=np.int32)
            places[: len(self._places)] = self._places
            self._places = places
        result, self._freed, heads = admit(codes, self._places, self._free, self._freed, self._heads)
        width = len(self.plan.program.template)
        if heads * width > len(self._store.heads):
            _resize(self._store.heads, max(heads, self._heads + self._heads // 2) * width)
        if heads > self._heads:
            self._store.heads[self._heads * width : heads * width].reshape(-1, width)[:] = self.plan.program.template
            self._heads = heads
        return result

    def _enlarge(self) -> None:
        store, sizes = self._store, self.plan.program.sizes
        rows = int(store.log_blocks[NEEDED])
        if rows * sizes[1] > len(store.log_wide):
            rows += rows // 2
            _resize(store.log_wide, rows * int(sizes[1]))
            _resize(store.log_narrow, rows * int(sizes[2]))
        cells = int(store.cell_blocks[NEEDED])
        if cells > len(store.cells):
            _resize(store.cells, cells + cells // 2)

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
            "heads": store.heads[: self._heads * len(self.plan.program.template)],
            "log_wide": store.log_wide[: rows * int(sizes[1])],
            "log_narrow": store.log_narrow[: rows * int(sizes[2])],
            "cells": store.cells[: int(store.cell_blocks[0])],
            "log_blocks": store.log_blocks,
            "cell_blocks": store.cell_blocks,
            "places": self._places,
            "free": self._free[: self._freed],
        }

    @classmethod
    def from_arrays(cls, plan: KindPlan, arrays: dict[str, Array]) -> "KindState":
        """The state that `to_arrays` described, for the same plan; takes the arrays over."""
        state = cls(plan)
        # Arrays that own their memory, since they are resized in place.
        owned = (arrays[name] if arrays[name].flags.owndata else arrays[name].copy() for name in Store._fields)
        state._store = Store(*owned)
        state._heads = len(state._store.heads) // len(plan.program.template)
        if "places" in arrays:
            state._places, state._free = arrays["places"].copy(), arrays["free"].copy()
        else:  # Format 1 had a head for every id.
            state._places = np.arange(state._heads, dtype=np.int32)
        state._freed = len(state._free)
        return state


def _no_blocks() -> Array:
    blocks = np.full(NEEDED + 1, NONE, dtype=np.int64)
    blocks[0] = blocks[NEEDED] = 0
    return blocks


def _resize(array: Array, size: int) -> None:
    # In place: the allocator can move pages instead of copying them, so that memory never holds both sizes.
    array.resize(size, refcheck=False)
