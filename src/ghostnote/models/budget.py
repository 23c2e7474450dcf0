"""Thresholds from what a team can afford, never from a guess."""

import numpy as np

from ghostnote.models.detector import Floats


def threshold_for_ceiling(honest: Floats, ceiling: float) -> float:
    """The lowest threshold at which at most `ceiling` of `honest` scores lie at or above it.

    With fewer than `1 / ceiling` rows no score in the sample can show so small a share: the threshold then lies just
    above the highest honest score seen. No rows: infinity, nothing is acted on.
    """
    if len(honest) == 0:
        return float("inf")
    ordered = np.sort(honest)[::-1]
    allowed = int(np.floor(ceiling * len(ordered)))
    return float(np.nextafter(ordered[allowed], np.inf)) if allowed < len(ordered) else float(ordered[-1])


def threshold_for_alerts(scores: Floats, alerts: int) -> float:
    """The lowest threshold at which at most `alerts` of `scores` lie at or above it."""
    if alerts <= 0 or len(scores) == 0:
        return float("inf")
    ordered = np.sort(scores)[::-1]
    if alerts >= len(ordered):
        return float(ordered[-1])
    return float(np.nextafter(ordered[alerts], np.inf))
