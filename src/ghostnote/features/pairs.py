"""Pairs of ids become small whole numbers, as ids themselves do in `codes`."""

import numpy as np

from ghostnote.compiling import compiled, within
from ghostnote.features.codes import FIRST_BITS, NONE
from ghostnote.features.records import Array


@within
def _shift(size: int) -> int:
    """How far a pair's hash is shifted in a table of so many entries, a power of two."""
    shift = 64
    while size > 1:
        shift -= 1
        size >>= 1
    return shift


@within
def _home(pair: np.int64, shift: int) -> int:
    """Where a pair is looked for first."""
    return np.int64((np.uint64(pair) * np.uint64(11400714819323198485)) >> np.uint64(shift))  # type: ignore[return-value]


@compiled
def _encode_pairs(left: Array, right: Array, codes: Array, start: int, table: Array, count: int) -> tuple[int, int]:
    """table: (2**n, 2) int64 of pair and code; returns (rows done, pairs known), early if the table is full."""
    shift, mask = _shift(table.shape[0]), table.shape[0] - 1
    for row in range(start, codes.size):
        if left[row] == NONE or right[row] == NONE:
            codes[row] = NONE
            continue
        pair = np.int64(left[row]) << 32 | np.int64(right[row])
        place = _home(pair, shift)
        while table[place, 1] != NONE and table[place, 0] != pair:
            place = (place + 1) & mask
        code = table[place, 1]
        if code == NONE:
            if (count + 1) * 5 > 3 * table.shape[0]:
                return row, count
            code = count
            count += 1
            table[place, 0] = pair
            table[place, 1] = code
        codes[row] = code
    return codes.size, count


@compiled
def _move(old: Array, table: Array) -> None:
    """Put all pairs of a table into a larger one, where they lie in much the same order."""
    shift, mask = _shift(table.shape[0]), table.shape[0] - 1
    for entry in range(old.shape[0]):
        if old[entry, 1] == NONE:
            continue
        place = _home(old[entry, 0], shift)
        while table[place, 1] != NONE:
            place = (place + 1) & mask
        table[place, 0] = old[entry, 0]
        table[place, 1] = old[entry, 1]


class PairCodes:
    """A dictionary from pairs of codes to 0, 1, 2, ... in order of first sight."""

    def __init__(self) -> None:
        self._table = np.full((1 << FIRST_BITS, 2), NONE, dtype=np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def bytes(self) -> int:
        """Memory held, in bytes."""
        return int(self._table.nbytes)

    def encode(self, left: Array, right: Array) -> Array:
        """Codes of the pairs, (n,) int32; -1 where either side is -1. New pairs get new codes."""
        codes = np.empty(len(left), dtype=np.int32)
        done = 0
        while True:
            done, self._count = _encode_pairs(left, right, codes, done, self._table, self._count)
            if done == len(codes):
                return codes
            old, self._table = self._table, np.full((2 * len(self._table), 2), NONE, dtype=np.int64)
            _move(old, self._table)

    def _pairs(self) -> Array:
        used = self._table[self._table[:, 1] != NONE]
        pairs = np.empty(len(used), dtype=np.int64)
        pairs[used[:, 1]] = used[:, 0]
        return pairs

    def _fill(self, pairs: Array, bits: int) -> None:
        self._table = np.full((1 << bits, 2), NONE, dtype=np.int64)
        codes = np.empty(len(pairs), dtype=np.int32)
        _, self._count = _encode_pairs(pairs >> 32, pairs & 0xFFFFFFFF, codes, 0, self._table, 0)

    def to_arrays(self) -> dict[str, Array]:
        """The state: `pairs` (int64: left code in the upper half, right code in the lower), by code."""
        return {"pairs": self._pairs()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "PairCodes":
        """The dictionary that `to_arrays` described."""
        codes = cls()
        pairs = arrays["pairs"]
        codes._fill(pairs, max(FIRST_BITS, (2 * len(pairs) + 2).bit_length()))
        return codes
