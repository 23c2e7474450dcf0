"""Thresholds from what a team can afford, never from a guess."""

import numpy as np

from ghostnote.models.detector import Floats


def threshold_for_ceiling(scores: Floats, ceiling: float, honest: Floats | None = None) -> float:
    """The lowest threshold at which at most the share `ceiling` of the honest rows score at or above it.

    `honest` is each row's honest mass: its weight times the probability that it is honest (default: 1). Where the
    sample is too small to show so small a share, the threshold lies just above the highest score with any honest mass.
    No honest rows: infinity, nothing is acted on.
    """
    mass = np.ones(len(scores)) if honest is None else honest
    if len(scores) == 0 or mass.sum() <= 0.0:
        return float("inf")
    order = np.argsort(-scores, kind="stable")
    ordered, above = scores[order], np.cumsum(mass[order])
    last = np.append(np.diff(ordered) != 0, True)
    fits = ordered[last][above[last] <= ceiling * mass.sum()]
    return float(fits[-1]) if len(fits) else float(np.nextafter(ordered[0], np.inf))


def threshold_for_alerts(scores: Floats, alerts: int) -> float:
    """The lowest threshold at which at most `alerts` of `scores` lie at or above it."""
    if alerts <= 0 or len(scores) == 0:
        return float("inf")
    ordered = np.sort(scores)[::-1]
    if alerts >= len(ordered):
        return float(ordered[-1])
    return float(np.nextafter(ordered[alerts], np.inf))
