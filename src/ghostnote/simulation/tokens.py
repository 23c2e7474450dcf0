"""Opaque ids: twelve characters that look alike whatever they name and whoever made them.

A token is a keyed, one-to-one scramble of a running number in its domain, so no two things share one, and neither the
order of ids nor their shape says when, or by whom, a thing was made.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl
import pyarrow as pa

from ghostnote.simulation.randomness import Ints, Words, key

_ALPHABET = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
_PAIRS = np.stack([np.repeat(_ALPHABET, 32), np.tile(_ALPHABET, 32)], axis=1).copy().view(np.uint16).ravel()
_BITS, _LENGTH = 60, 12
#: How ids lie in arrays.
SPELT = np.dtype(f"S{_LENGTH}")
_MASK = np.uint64((1 << _BITS) - 1)
#: Odd multipliers: one to one modulo 2**60.
_STEPS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


class Domain(IntEnum):
    """What a token names; the same number gives unrelated tokens in two domains."""

    ACCOUNT = 1
    TRACK = 2
    ARTIST = 3
    OWNER = 4
    DEVICE = 5
    PLAYLIST = 6
    ALBUM = 7
    PLAY = 8
    LOGIN = 9
    SIGNUP = 10
    ACTION = 11
    EMAIL = 12
    PAYMENT = 13
    FAMILY = 14
    ADDRESS = 15


@dataclass(frozen=True)
class Tokens:
    """Makes the ids of one world. `seed` keys them: two worlds share none."""

    seed: int

    def of(self, domain: Domain, numbers: Ints | Words) -> pl.Series:
        """The ids (strings) of `numbers`, each below 2**60."""
        return pl.Series(self.spelt(domain, numbers)).cast(pl.String)

    def spelt(self, domain: Domain, numbers: Ints | Words) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
        """The same ids as their twelve letters."""
        return _spell(self.scramble(domain, numbers))

    def text(self, domain: Domain, numbers: Ints | Words) -> pa.StringArray:
        """The same ids as Arrow holds text that does not repeat."""
        return arrow(self.spelt(domain, numbers))

    def scramble(self, domain: Domain, numbers: Ints | Words) -> Words:
        """The numbers that ids spell: ids lie in their order."""
        secret = key(self.seed, 1000, int(domain)) & _MASK
        x = np.asarray(numbers).astype(np.uint64)
        for step in _STEPS:
            x ^= secret
            x *= step
            x &= _MASK
            x ^= x >> np.uint64(29)
        return x


def arrow(ids: np.ndarray[tuple[int], np.dtype[np.bytes_]]) -> pa.StringArray:
    """Ids as Arrow's text, without a copy."""
    ends = np.arange(0, _LENGTH * (ids.size + 1), _LENGTH, dtype=np.int32)
    return pa.StringArray.from_buffers(ids.size, pa.py_buffer(ends), pa.py_buffer(ids))


def _spell(numbers: Words) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    text = np.empty((numbers.size, 6), dtype=np.uint16)
    for place in range(6):
        text[:, 5 - place] = _PAIRS[(numbers >> np.uint64(10 * place)) & np.uint64(1023)]
    return text.view(SPELT).reshape(numbers.size)
