"""Ids become small whole numbers: compiled dictionaries that grow, keep their codes, and are saved as plain arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from ghostnote.compiling import compiled, lean
from ghostnote.features.fetching import ahead, longs, octets, record_at, word_at
from ghostnote.features.records import Record

Array = np.ndarray[Any, Any]
NONE = -1
FIRST_BITS = 8
#: Texts of up to so many bytes are in their view.
INLINE = 12
#: So many rows are looked up together: while one waits for memory, the next are under way.
BLOCK = 64
#: What a dictionary's counts hold: ids, bytes of long ids, and room for a block's tags.
IDS, USED, TAGS = range(3)
#: The fields of a dictionary's record.
TABLE, VIEWS, TEXT, COUNTS = range(4)
#: What stands in joined texts between two of them, and for one that is unknown.
BETWEEN, UNKNOWN = "\0", "\1"
#: So many bytes follow the last text, so that eight can be read wherever one begins.
PADDING = 16


@lean
def _mixed(one: int, two: int) -> int:
    """The 31 bits by which two words are looked up."""
    h = np.uint64(one) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(29))) + np.uint64(two)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0x94D049BB133111EB)
    return np.int64(h >> np.uint64(33))  # type: ignore[return-value]


@lean
def _tag(views: Array, row: int, addresses: Array) -> int:
    first, second = views[2 * row], views[2 * row + 1]
    size = first & 0xFFFFFFFF
    if size <= INLINE:
        return _mixed(first, second)
    start = addresses[second & 0xFFFFFFFF] + (second >> 32)
    h = np.int64(size)
    for at in range(start, start + size - 8, 8):
        h = np.int64(_mixed(int(h), word_at(at)) | (h << 32))
    return _mixed(int(h), word_at(start + size - 8))  # The last eight bytes: there are more than twelve.


@lean
def _same(one: int, other: int, size: int) -> bool:
    """Whether the more than eight bytes at two addresses are equal."""
    for at in range(0, size - 8, 8):
        if word_at(one + at) != word_at(other + at):
            return False
    return bool(word_at(one + size - 8) == word_at(other + size - 8))


@lean
def _encode_texts(  # noqa: C901, PLR0912 (one row on its way to a code)
    views: Array,
    addresses: Array,
    valid: Array,
    codes: Array,
    start: int,
    table: Array,
    known: Array,
    text: Array,
    home: int,
    counts: Array,
) -> int:
    """Fill codes from row `start` on; returns how many rows are done, fewer if table, known or text are full.

    views: (2 n,) int64, two a row as Arrow has them: size and up to 12 bytes of text, or size, its first 4 bytes, and
    which of the buffers at `addresses` (int64) holds it where. table: (2**n,) int64, a tag above a code. known: views
    by code, in which a long text's second word is its place in `text` (uint8, at the address `home`). counts: ids
    known, bytes of text used.
    """
    bits = 0
    while 1 << bits < table.size:
        bits += 1
    mask = table.size - 1
    n = codes.size
    for block in range(start, n, BLOCK):
        end = min(n, block + BLOCK)
        for row in range(block, end):  # Where a row's code will be looked for is fetched before the first is needed.
            tag = np.int64(0) if valid.size and not valid[row] else _tag(views, row, addresses)
            counts[TAGS + row - block] = tag
            ahead(table, tag >> (31 - bits))
        for row in range(block, end):
            found = table[counts[TAGS + row - block] >> (31 - bits)]
            if found != NONE:
                ahead(known, 2 * (found & 0xFFFFFFFF))
        for row in range(block, end):
            if valid.size and not valid[row]:
                codes[row] = NONE
                continue
            tag = counts[TAGS + row - block]
            first, second = views[2 * row], views[2 * row + 1]
            size = first & 0xFFFFFFFF
            place = tag >> (31 - bits)
            code = np.int64(NONE)
            while table[place] != NONE:
                found = table[place]
                if found >> 32 == tag:
                    at = 2 * (found & 0xFFFFFFFF)
                    if known[at] == first:
                        if size <= INLINE:
                            if known[at + 1] == second:
                                code = found & 0xFFFFFFFF
                                break
                        elif _same(addresses[second & 0xFFFFFFFF] + (second >> 32), home + known[at + 1], size):
                            code = found & 0xFFFFFFFF
                            break
                place = (place + 1) & mask
            if code == NONE:
                code = counts[IDS]
                used = counts[USED]
                longer = size if size > INLINE else 0
                if (code + 1) * 2 > table.size or 2 * code + 2 > known.size or used + longer > text.size:
                    return int(row)
                known[2 * code] = first
                known[2 * code + 1] = used if longer else second
                source = addresses[second & 0xFFFFFFFF] + (second >> 32) if longer else 0
                for i in range(longer):
                    text[used + i] = word_at(source + min(i, longer - 8)) >> (8 * (i - min(i, longer - 8))) & 0xFF
                counts[IDS] = code + 1
                counts[USED] = used + longer
                table[place] = np.int64(tag) << 32 | code
            codes[row] = code
    return int(n)


@compiled
def encode_all(
    views: Array,
    addresses: Array,
    valid: Array,
    dictionaries: Array,
    codes: Array,
    rows: int,
    start: int,
) -> int:
    """Encode texts of several columns, `rows` of each one after the other, from text `start` on.

    views, addresses, valid: as in `_encode_texts`. dictionaries: (columns,) int64, the records of what each column is
    looked up in. codes: (columns or more, rows or more) int32, filled column by column. Returns how many texts are
    done: fewer than all if a dictionary must grow first.
    """
    for column in range(start // rows, dictionaries.size):
        record = record_at(dictionaries[column])
        first, last = column * rows, (column + 1) * rows
        done = _encode_texts(
            views[2 * first : 2 * last],
            addresses,
            valid[first:last],
            codes[column, :rows],
            max(start - first, 0),
            longs(record, TABLE),
            longs(record, VIEWS),
            octets(record, TEXT),
            record[3 * TEXT],
            longs(record, COUNTS),
        )
        if done < rows:
            return int(first + done)
    return int(dictionaries.size * rows)


@compiled
def split(text: Array, size: int, begin: int, views: Array, valid: Array, number: int, tally: Array) -> bool:
    """Make views of joined texts; False if they are not as many as `number`.

    text: uint8, at the address `begin`; its first `size` bytes are texts with BETWEEN after each, and PADDING. views:
    (2 n,) int64; a long text's place is counted from `begin`. valid: (n,) bool, false for UNKNOWN. tally: int64, how
    many are unknown, how many of no size.
    """
    end = size - PADDING
    at = 0
    tally[0] = tally[1] = 0
    for i in range(number):
        start = at
        while at < end and text[at] != 0:
            at += 1
        if at >= end:
            return False
        long = at - start
        at += 1
        valid[i] = long != 1 or text[start] != 1
        tally[0] += not valid[i]
        tally[1] += long == 0
        low, high = word_at(begin + start), word_at(begin + start + 8)
        if long <= INLINE:
            if long < 8:
                low &= (np.int64(1) << (8 * long)) - 1
            high = high & ((np.int64(1) << (8 * (long - 8))) - 1) if long > 8 else np.int64(0)
            views[2 * i + 1] = (low >> 32) & 0xFFFFFFFF | high << 32
        else:
            views[2 * i + 1] = np.int64(start) << 32
        views[2 * i] = long | (low & 0xFFFFFFFF) << 32
    return bool(at == end)


@lean
def _rehash_texts(old: Array, table: Array) -> None:
    bits = 0
    while 1 << bits < table.size:
        bits += 1
    for entry in range(old.size):
        if old[entry] != NONE:
            place = (old[entry] >> 32) >> (31 - bits)
            while table[place] != NONE:
                place = (place + 1) & (table.size - 1)
            table[place] = old[entry]


@lean
def _written_out(known: Array, text: Array, ends: Array, out: Array) -> int:
    """Write all ids one after the other into `out` (uint8; of no size: nowhere) and where each ends; how many bytes."""
    end = 0
    for code in range(ends.size):
        first, second = known[2 * code], known[2 * code + 1]
        size = first & 0xFFFFFFFF
        for i in range(size if out.size else 0):
            if size > INLINE:
                out[end + i] = text[second + i]
            else:
                out[end + i] = (first >> (32 + 8 * i) if i < 4 else second >> (8 * (i - 4))) & 0xFF
        end += size
        ends[code] = end
    return int(end)


class TextCodes:
    """A dictionary from text to 0, 1, 2, ... in order of first sight."""

    def __init__(self) -> None:
        self._table = np.full(1 << FIRST_BITS, NONE, dtype=np.int64)
        self._known = np.zeros(2 << (FIRST_BITS - 1), dtype=np.int64)
        self._text = np.zeros(0, dtype=np.uint8)
        self._counts = np.zeros(TAGS + BLOCK, dtype=np.int64)
        self._record = Record((self._table, self._known, self._text, self._counts))

    @property
    def at(self) -> int:
        """Where the record is that `encode_all` reads."""
        return self._record.at

    def __len__(self) -> int:
        return int(self._counts[IDS])

    @property
    def bytes(self) -> int:
        """Memory held, in bytes."""
        return int(self._table.nbytes + self._known.nbytes + self._text.nbytes)

    def encode(self, ids: pl.Series) -> Array:
        """Codes of `ids`, (n,) int32; -1 for null. New ids get new codes."""
        views, addresses, valid, _held = _text_buffers(ids)
        return self._encoded(views, addresses, valid, len(ids))

    def _encoded(self, views: Array, addresses: Array, valid: Array, n: int) -> Array:
        codes = np.empty(n, dtype=np.int32)
        done, home = 0, TEXT * 3
        while True:
            done = _encode_texts(
                views,
                addresses,
                valid,
                codes,
                done,
                self._table,
                self._known,
                self._text,
                int(self._record.numbers[home]),
                self._counts,
            )
            if done == n:
                return codes
            self.grow(int(views[2 * done] & 0xFFFFFFFF))

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
        return _series(*self._out())

    def _out(self) -> tuple[Array, Array]:
        """All ids one after the other (uint8), and where each ends (int64)."""
        ends = np.zeros(len(self), dtype=np.int64)
        text = np.zeros(_written_out(self._known, self._text, ends, self._text[:0]), dtype=np.uint8)
        _written_out(self._known, self._text, ends, text)
        return text, ends

    def grow(self, needed: int) -> None:
        """Make room for one more id of `needed` bytes."""
        count, used = len(self), int(self._counts[USED])
        if (count + 1) * 2 > len(self._table):
            old, self._table = self._table, np.full(len(self._table) * 2, NONE, dtype=np.int64)
            _rehash_texts(old, self._table)
        if 2 * count + 2 > len(self._known):
            self._known = _enlarged(self._known, 2 * count + 2)
        if needed > INLINE and used + needed > len(self._text):
            self._text = _enlarged(self._text, used + needed)
        self._record.put(TABLE, self._table)
        self._record.put(VIEWS, self._known)
        self._record.put(TEXT, self._text)

    def to_arrays(self) -> dict[str, Array]:
        """The state: `text` (bytes, one id after the other) and `ends` (int64, how many, then where each ends)."""
        text, ends = self._out()
        return {"text": text, "ends": np.concatenate(([np.int64(len(ends))], ends))}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "TextCodes":
        """The dictionary that `to_arrays` described."""
        codes = cls()
        codes.encode(_series(arrays["text"], arrays["ends"][1:]))
        return codes


def _series(text: Array, ends: Array) -> pl.Series:
    bounds = np.concatenate((np.zeros(1, dtype=np.int64), ends))
    buffers = [None, pa.py_buffer(bounds.tobytes()), pa.py_buffer(text.tobytes())]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), len(ends), buffers), dtype=pl.String)


def _text_buffers(ids: pl.Series) -> tuple[Array, Array, Array, Any]:
    """Polars' own views of the ids, (2 n,) int64; the addresses of the bytes that they point to; which are known, (n,)
    bool, or of no size if all are; and what must be held as long as these are used.
    """
    text = ids if isinstance(ids.dtype, pl.String) else ids.cast(pl.String)
    arrow: Any = text.rechunk().to_arrow(compat_level=_VIEWS)
    _, views, *data = arrow.buffers()
    begin = 2 * int(arrow.offset)
    pairs = np.frombuffer(views, dtype=np.int64)[begin : begin + 2 * len(text)] if len(text) else _NOTHING
    addresses = _fixed([buffer.address for buffer in data])
    valid = known_in(arrow)
    valid = _ALL if valid is None else valid
    pairs.flags.writeable = valid.flags.writeable = False
    return pairs, addresses, valid, arrow


def known_in(arrow: Any) -> Array | None:
    """Which of an Arrow array's values are known, (n,) bool; None: all. Polars' own answer takes a tenth of a ms."""
    bitmap, begin = arrow.buffers()[0], int(arrow.offset)
    if bitmap is None or not arrow.null_count:
        return None
    bits = np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), count=begin + len(arrow), bitorder="little")
    return bits[begin:].view(np.bool_)


_VIEWS = pl.CompatLevel.newest()


def _fixed(values: Sequence[int], dtype: type = np.int64) -> Array:
    """An array that nobody may write to: Numba compiles once more for each mix of such and others."""
    array: Array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


_NOTHING = _fixed(())
_ALL = _fixed((), np.bool_)


def _enlarged(array: Array, needed: int) -> Array:
    larger = np.zeros(max(needed, len(array) * 2), dtype=array.dtype)
    larger[: len(array)] = array
    return larger
