"""Columns of text as they lie in a file: each text once, and a number per row that says which."""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from ghostnote.compiling import lean
from ghostnote.simulation.randomness import Ints


def worded(words: tuple[str, ...], codes: Ints) -> pa.DictionaryArray:
    """The words of codes (places in `words`); null where a code is negative."""
    return _column(codes, _texts(words))


def named(codes: Ints, name: Callable[[npt.NDArray[np.int64]], pa.Array]) -> pa.DictionaryArray:
    """What `name` calls each of `codes` (whole numbers); null where a code is negative.

    `name` is asked once for all the different codes, in the order in which they come up. Its answers must differ: the
    Parquet writer leaves stray bytes where a dictionary says something twice.
    """
    places, found = numbered(codes)
    return _column(places, name(found))


def numbered(codes: Ints) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Each code's place among the different ones (-1: the code is negative), and those, in the order they come up."""
    whole = np.ascontiguousarray(codes, dtype=np.int64)
    # At most half of the slots are taken, so that a free one is near.
    slots = np.full(1 << max(4, int(2 * codes.size - 1).bit_length()), -1, dtype=np.int32)
    places, found = np.empty(codes.size, dtype=np.int32), np.empty(codes.size, dtype=np.int64)
    count = _number(whole, slots, places, found)
    return places, found[:count].copy()


def text(words: pl.Series) -> pa.Array:
    """Strings as Arrow holds them in dictionaries."""
    return words.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


def _column(codes: Ints, words: pa.Array) -> pa.DictionaryArray:
    missing = codes < 0
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing if missing.any() else None), words)


@cache
def _texts(words: tuple[str, ...]) -> pa.Array:
    return pa.array(words)


@lean
def _number(
    codes: npt.NDArray[np.int64],
    slots: npt.NDArray[np.int32],
    places: npt.NDArray[np.int32],
    found: npt.NDArray[np.int64],
) -> int:
    """Open addressing: `slots` hold places of `found`."""
    count = 0
    mask = np.uint64(slots.size - 1)
    for row in range(codes.size):
        code = codes[row]
        if code < 0:
            places[row] = -1
            continue
        slot = np.uint64(code) * np.uint64(0x9E3779B97F4A7C15)
        slot = (slot ^ (slot >> np.uint64(32))) & mask
        while slots[slot] >= 0 and found[slots[slot]] != code:
            slot = (slot + np.uint64(1)) & mask
        if slots[slot] < 0:
            slots[slot] = count
            found[count] = code
            count += 1
        places[row] = slots[slot]
    return count
