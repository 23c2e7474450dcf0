"""Every random number of a world: named streams, and values looked up by number instead of drawn.

A stream is named by the world's seed and a path of whole numbers, so a value depends neither on the order in which
parts of a world are made nor on how many threads make them.
"""

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

#: The constants of splitmix64 (Steele, Lea & Flood, 2014).
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


class Stream(IntEnum):
    """First element of a stream's path: which part of the world draws from it."""

    CATALOGUE = 1
    NETWORKS = 2
    POPULATION = 3
    LISTENING = 4
    SIGNUPS = 5
    CAMPAIGN = 6
    KNOWLEDGE = 7
    SURVEY = 8
    PLAYLISTS = 9
    CLIENTS = 10
    HAPPENINGS = 11


def generator(seed: int, *path: int) -> np.random.Generator:
    """The generator of one stream."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, *path])))


def key(seed: int, *path: int) -> np.uint64:
    """A 64-bit key of one stream, for `noise` and for ids."""
    return np.uint64(np.random.SeedSequence([seed, *path]).generate_state(1, np.uint64)[0])


def mix(numbers: Ints | Words, secret: np.uint64) -> Words:
    """Scramble whole numbers into 64 bits (splitmix64's finaliser), one to one for each `secret`."""
    x = np.asarray(numbers).astype(np.uint64)
    x *= GOLDEN
    x ^= secret
    x ^= x >> np.uint64(30)
    x *= MIX_1
    x ^= x >> np.uint64(27)
    x *= MIX_2
    x ^= x >> np.uint64(31)
    return x


def noise(numbers: Ints | Words, secret: np.uint64) -> npt.NDArray[np.float64]:
    """A uniform value in [0, 1) for each number: always the same one for the same number and `secret`.

    It stands in for stored state: "the 17th track of account 5's library" needs no library in memory.
    """
    return (mix(numbers, secret) >> np.uint64(11)).astype(np.float64) * (1.0 / (1 << 53))


def ragged(sizes: Ints) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For groups of the given sizes laid end to end: each row's group, and its place in the group."""
    sizes = np.asarray(sizes, dtype=np.int64)
    group = np.repeat(np.arange(sizes.size, dtype=np.int64), sizes)
    starts = np.cumsum(sizes) - sizes
    return group, np.arange(group.size, dtype=np.int64) - starts[group]
