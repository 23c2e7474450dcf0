"""What one key kind remembers: arrays that grow, walked by the compiled kernels."""

import numpy as np

from ghostnote.features.kernels import NEEDED, NONE, Array, Events, Store, walk
from ghostnote.features.plan import KindPlan

_FIRST_ROWS = 256
_FIRST_CELLS = 4096


class KindState:
    """Heads, logs and tables of all keys of one kind. Keys are codes 0, 1, 2, ..."""

    def __init__(self, plan: KindPlan) -> None:
        self.plan = plan
        self.keys = 0
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

    def update(self, keys: int, events: Events, out: Array, late: Array) -> None:
        """Fold events of keys below `keys` and write their features; see `kernels.walk`."""
        self._admit(keys)
        done = 0
        while True:
            done = walk(self.plan.program, self._store, events, out, late, done)
            if done == len(events.keys):
                return
            self._enlarge()

    def _admit(self, keys: int) -> None:
        """Give every key a head."""
        width = len(self.plan.template)
        if keys * width > len(self._store.heads):
            _resize(self._store.heads, max(keys, self.keys + self.keys // 2) * width)
        if keys > self.keys:
            self._store.heads[self.keys * width : keys * width].reshape(-1, width)[:] = self.plan.template
            self.keys = keys

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
    def bytes(self) -> int:
        """Memory held, in bytes."""
        return sum(int(array.nbytes) for array in self._store)

    def to_arrays(self) -> dict[str, Array]:
        """The state: see `kernels.Store`; arenas without their unused ends."""
        store, sizes = self._store, self.plan.program.sizes
        rows = int(store.log_blocks[0])
        return {
            "heads": store.heads[: self.keys * len(self.plan.template)],
            "log_wide": store.log_wide[: rows * int(sizes[1])],
            "log_narrow": store.log_narrow[: rows * int(sizes[2])],
            "cells": store.cells[: int(store.cell_blocks[0])],
            "log_blocks": store.log_blocks,
            "cell_blocks": store.cell_blocks,
        }

    @classmethod
    def from_arrays(cls, plan: KindPlan, arrays: dict[str, Array]) -> "KindState":
        """The state that `to_arrays` described, for the same plan."""
        state = cls(plan)
        # Arrays that own their memory, since they are resized in place.
        state._store = Store(*(np.array(arrays[name]) for name in Store._fields))
        state.keys = len(state._store.heads) // len(plan.template)
        return state


def _no_blocks() -> Array:
    blocks = np.full(NEEDED + 1, NONE, dtype=np.int64)
    blocks[0] = blocks[NEEDED] = 0
    return blocks


def _resize(array: Array, size: int) -> None:
    # In place: the allocator can move pages instead of copying them, so that memory never holds both sizes.
    array.resize(size, refcheck=False)
