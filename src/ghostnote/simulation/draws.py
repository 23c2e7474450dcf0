"""Random numbers inside compiled loops: what `randomness` has for arrays, one value at a time.

A `dice` is an array of one 64-bit word, the state of a splitmix64 generator. It belongs to one unit of a world, so
that neither threads nor the order of work can be told from what it gives.
"""

import math

import numpy as np

from ghostnote.compiling import inlined
from ghostnote.simulation.randomness import GOLDEN, MIX_1, MIX_2, Words

_STEP = 1.0 / (1 << 53)


def dice(rng: np.random.Generator) -> Words:
    """The dice of one unit, thrown by that unit's generator."""
    return rng.integers(0, 1 << 64, 1, dtype=np.uint64)


@inlined
def _scrambled(x: np.uint64) -> float:
    """A word as a uniform value, by splitmix64's finaliser."""
    x ^= x >> np.uint64(30)
    x *= MIX_1
    x ^= x >> np.uint64(27)
    x *= MIX_2
    x ^= x >> np.uint64(31)
    return np.float64(x >> np.uint64(11)) * _STEP


@inlined
def known(number: int, secret: np.uint64) -> float:
    """The same as `randomness.noise` of one number: always the same uniform value for the same number and secret."""
    return _scrambled((np.uint64(number) * GOLDEN) ^ secret)


@inlined
def uniform(state: Words) -> float:
    """A value in [0, 1)."""
    state[0] += GOLDEN
    return _scrambled(state[0])


@inlined
def exponential(state: Words) -> float:
    """A value with mean 1."""
    return -math.log(1.0 - uniform(state))


@inlined
def normal(state: Words) -> float:
    """A value with mean 0 and spread 1 (Box and Muller's method)."""
    return math.sqrt(2.0 * exponential(state)) * math.cos(2.0 * math.pi * uniform(state))


@inlined
def beta(state: Words, first: float, second: float) -> float:
    """A beta-distributed value whose parameters are at most 1 (Jöhnk's method)."""
    while True:
        x: float = uniform(state) ** (1.0 / first)
        total: float = x + uniform(state) ** (1.0 / second)
        if 0.0 < total <= 1.0:
            return x / total
