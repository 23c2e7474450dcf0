"""Ids become small whole numbers: compiled dictionaries that grow, keep their codes, and are saved as plain arrays."""

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from ghostnote.compiling import compiled

Array = np.ndarray[Any, Any]
NONE = -1
_FIRST_BITS = 8


@compiled
def _hash(data: Array, start: int, end: int) -> int:
    # FNV-1a, then its upper half folded down: short ids that differ in the last character spread well.
    h = np.uint64(14695981039346656037)
    for i in range(start, end):
        h = (h ^ np.uint64(data[i])) * np.uint64(1099511628211)
    return int((h ^ (h >> np.uint64(29))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@compiled
def _same(data: Array, start: int, end: int, known: Array, at: int, stop: int) -> bool:
    if end - start != stop - at:
        return False
    for i in range(end - start):  # noqa: SIM110 (compiled code has no all())
        if data[start + i] != known[at + i]:
            return False
    return True


@compiled
def _encode_texts(
    data: Array, offsets: Array, valid: Array, codes: Array, start: int, table: Array, known: Array, ends: Array
) -> tuple[int, int]:
    """Fill codes from row `start` on; returns (rows done, ids known), early if table, text or ends are full.

    table: (2**n, 2) int64 of hash and code. ends: (capacity + 1,) int64, ends[0] counts the ids, ends[c + 1] is where
    the text of code c ends (it begins where the one before ends).
    """
    mask = table.shape[0] - 1
    count = ends[0]
    for row in range(start, codes.size):
        if not valid[row]:
            codes[row] = NONE
            continue
        first, last = offsets[row], offsets[row + 1]
        h = _hash(data, first, last)
        place = h & mask
        while True:
            code = table[place, 1]
            if code == NONE:
                text = ends[count] if count else 0
                if (count + 1) * 2 > table.shape[0] or text + last - first > known.size or count + 2 > ends.size:
                    ends[0] = count
                    return row, count
                known[text : text + last - first] = data[first:last]
                count += 1
                ends[count] = text + last - first
                code = count - 1
                table[place, 0] = h
                table[place, 1] = code
                break
            if table[place, 0] == h:
                begin = ends[code] if code else 0
                if _same(data, first, last, known, begin, ends[code + 1]):
                    break
            place = (place + 1) & mask
        codes[row] = code
    ends[0] = count
    return codes.size, count


@compiled
def _rehash_texts(table: Array, known: Array, ends: Array) -> None:
    mask = table.shape[0] - 1
    table[:, 1] = NONE
    for code in range(ends[0]):
        h = _hash(known, ends[code] if code else 0, ends[code + 1])
        place = h & mask
        while table[place, 1] != NONE:
            place = (place + 1) & mask
        table[place, 0] = h
        table[place, 1] = code


class TextCodes:
    """A dictionary from text to 0, 1, 2, ... in order of first sight."""

    def __init__(self) -> None:
        self._table = np.full((1 << _FIRST_BITS, 2), NONE, dtype=np.int64)
        self._known = np.zeros(1 << 12, dtype=np.uint8)
        self._ends = np.zeros((1 << _FIRST_BITS) + 1, dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[0])

    @property
    def bytes(self) -> int:
        """Memory held, in bytes."""
        return int(self._table.nbytes + self._known.nbytes + self._ends.nbytes)

    def encode(self, ids: pl.Series) -> Array:
        """Codes of `ids`, (n,) int32; -1 for null. New ids get new codes."""
        codes = np.empty(len(ids), dtype=np.int32)
        data, offsets, valid = _text_buffers(ids)
        done = 0
        while True:
            done, _ = _encode_texts(data, offsets, valid, codes, done, self._table, self._known, self._ends)
            if done == len(codes):
                return codes
            self._grow(int(offsets[done + 1] - offsets[done]))

    def find(self, ids: pl.Series) -> Array:
        """Codes of `ids`, (n,) int32; -1 for those not known. Nothing is added."""
        known = self.texts()
        found = pl.DataFrame({"id": ids.cast(pl.String)}).join(
            pl.DataFrame({"id": known, "code": np.arange(len(known), dtype=np.int32)}),
            on="id",
            how="left",
            maintain_order="left",
        )
        codes: Array = found["code"].fill_null(NONE).to_numpy()
        return codes

    def texts(self) -> pl.Series:
        """The ids by code (String)."""
        count = len(self)
        ends = np.concatenate((np.zeros(1, dtype=np.int64), self._ends[1 : count + 1]))
        text = self._known[: ends[-1]]
        buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(text.tobytes())]
        return pl.Series(pa.Array.from_buffers(pa.large_string(), count, buffers), dtype=pl.String)

    def _grow(self, needed: int) -> None:
        count = len(self)
        if (count + 1) * 2 > len(self._table):
            self._table = np.full((len(self._table) * 2, 2), NONE, dtype=np.int64)
            _rehash_texts(self._table, self._known, self._ends)
        used = int(self._ends[count]) if count else 0
        if used + needed > len(self._known):
            self._known = _enlarged(self._known, used + needed)
        if count + 2 > len(self._ends):
            self._ends = _enlarged(self._ends, count + 2)

    def to_arrays(self) -> dict[str, Array]:
        """The state: `text` (bytes, one id after the other) and `ends` (int64, how many, then where each ends)."""
        count = len(self)
        used = int(self._ends[count]) if count else 0
        return {"text": self._known[:used], "ends": self._ends[: count + 1]}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "TextCodes":
        """The dictionary that `to_arrays` described."""
        codes = cls()
        codes._known, codes._ends = arrays["text"].copy(), arrays["ends"].copy()
        bits = max(_FIRST_BITS, (2 * len(codes) + 2).bit_length())
        codes._table = np.full((1 << bits, 2), NONE, dtype=np.int64)
        _rehash_texts(codes._table, codes._known, codes._ends)
        return codes


def _text_buffers(ids: pl.Series) -> tuple[Array, Array, Array]:
    """The bytes of all ids, where each begins and ends in them, (n + 1,) int64, and which are known, (n,) bool."""
    text = ids if ids.dtype == pl.String else ids.cast(pl.String)
    # Polars hands out Arrow's large_string: 64-bit offsets into one run of bytes.
    arrow: Any = text.rechunk().to_arrow()
    _, offsets, data = arrow.buffers()
    begin = int(arrow.offset)
    ends = np.frombuffer(offsets, dtype=np.int64)[begin : begin + len(text) + 1] if len(text) else np.zeros(1, np.int64)
    content = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    valid = text.is_not_null().to_numpy() if text.null_count() else np.ones(len(text), dtype=np.bool_)
    for array in (content, ends, valid):  # Numba compiles once more for each mix of arrays that may be written to.
        array.flags.writeable = False
    return content, ends, valid


def _enlarged(array: Array, needed: int) -> Array:
    larger = np.zeros(max(needed, len(array) * 2), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


@compiled
def _encode_pairs(left: Array, right: Array, codes: Array, start: int, table: Array, count: int) -> tuple[int, int]:
    """table: (2**n, 2) int64 of pair and code; returns (rows done, pairs known), early if the table is full."""
    shift = 64
    size = table.shape[0]
    while size > 1:
        shift -= 1
        size >>= 1
    mask = table.shape[0] - 1
    for row in range(start, codes.size):
        if left[row] == NONE or right[row] == NONE:
            codes[row] = NONE
            continue
        pair = np.int64(left[row]) << 32 | np.int64(right[row])
        place = np.int64((np.uint64(pair) * np.uint64(11400714819323198485)) >> np.uint64(shift))
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


class PairCodes:
    """A dictionary from pairs of codes to 0, 1, 2, ... in order of first sight."""

    def __init__(self) -> None:
        self._table = np.full((1 << _FIRST_BITS, 2), NONE, dtype=np.int64)
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
            self._fill(self._pairs(), len(self._table).bit_length())

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
        codes._fill(pairs, max(_FIRST_BITS, (2 * len(pairs) + 2).bit_length()))
        return codes
