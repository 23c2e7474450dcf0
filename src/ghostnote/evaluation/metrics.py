"""How good a ranking or a set of decisions is: arrays in, numbers out."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def average_precision(score: Floats, positive: Bools, weight: Floats | None = None) -> float | None:
    """Area under precision over recall, as the mean precision at each positive; ties are taken together.

    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True]))
    0.8333333333333333

    `None` if nothing is positive.
    """
    if not positive.any():
        return None
    weights = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum((positive * weights)[order])
    seen = np.cumsum(weights[order])
    last = np.append(np.diff(score[order]) != 0, True)
    precision, recall = hits[last] / seen[last], hits[last] / hits[-1]
    return float(np.sum(precision * np.diff(recall, prepend=0.0)))


def at_budget(score: Floats, positive: Bools, budget: int) -> tuple[float | None, float | None]:
    """Precision and recall among the `budget` highest scores (ties broken by position).

    >>> at_budget(np.array([0.9, 0.8, 0.1]), np.array([True, False, True]), 2)
    (0.5, 0.5)
    """
    chosen = np.argsort(-score, kind="stable")[:budget]
    hits = int(positive[chosen].sum())
    total = int(positive.sum())
    return (hits / len(chosen) if len(chosen) else None, hits / total if total else None)


def wilson(hits: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927); (0, 1) if nothing was counted.

    >>> [round(bound, 4) for bound in wilson(0, 1000)]
    [0.0, 0.0038]
    """
    if total == 0:
        return 0.0, 1.0
    share = hits / total
    scale = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / scale
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / scale
    return (0.0 if hits == 0 else max(0.0, centre - half)), (1.0 if hits == total else min(1.0, centre + half))
