"""How improbable it is that unconnected accounts meet as often as those of a block do."""

import math

import numpy as np


def surprise(observed: float, expected: float) -> float:
    """`-log10` of an upper bound of the chance that a Poisson number reaches `observed`; 0 if it is no more than
    `expected` (Chernoff's bound: never more improbable than it says).
    """
    if observed <= expected:
        return 0.0
    if expected <= 0.0:
        return math.inf
    return (observed * math.log(observed / expected) - observed + expected) / math.log(10)


def log10_choices(of: int, chosen: int) -> float:
    """`log10` of in how many ways `chosen` can be taken out of `of`: what it costs to have looked at all of them."""
    # A service that starts need not wait for its import.
    from scipy.special import gammaln

    whole = np.array([of + 1.0, chosen + 1.0, of - chosen + 1.0])
    parts = gammaln(whole)
    return float((parts[0] - parts[1] - parts[2]) / math.log(10))
