"""Which ids were seen before, in eight bytes each."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Fixed, so that every run of every process agrees on which rows repeat.
_SEED = 0x6768


class SeenIds:
    """Remembers 64-bit hashes of ids in sorted runs, merged as they grow.

    Two different ids among n share a hash with a probability of about n^2 / 2^65: one in 3,700 for 10^8 ids. Then the
    later event counts as a repeat of the earlier one.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def first_times(self, ids: pl.Series) -> pl.Series:
        """A boolean per id: true for its first appearance in `ids` and in all earlier calls. No id may be null."""
        hashes = ids.hash(_SEED).to_numpy()
        unique = np.sort(hashes)
        if not (unique[1:] == unique[:-1]).any() and self._unknown(unique).all():
            self._remember(unique)
            return pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(hashes))
        unique, positions = np.unique(hashes, return_index=True)
        fresh = self._unknown(unique)
        first = np.zeros(len(hashes), dtype=np.bool_)
        first[positions[fresh]] = True
        self._remember(unique[fresh])
        return pl.Series(first)

    def _unknown(self, unique: NDArray[np.uint64]) -> NDArray[np.bool_]:
        fresh = np.ones(len(unique), dtype=np.bool_)
        for run in self._runs:
            at = np.searchsorted(run, unique)
            fresh &= run[np.minimum(at, len(run) - 1)] != unique
        return fresh

    def _remember(self, run: NDArray[np.uint64]) -> None:
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate((self._runs.pop(), run)), kind="stable")
        self._runs.append(run)
