"""Whether probabilities mean what they say: what was predicted beside what was observed."""

from dataclasses import dataclass

import numpy as np

from ghostnote.evaluation.metrics import Bools, Floats, wilson


@dataclass(frozen=True)
class Bin:
    """Rows whose probability lies in one bin: their mean probability, the observed share and its 95 % interval."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class Reliability:
    """The bins that hold any row, in rising order, and the expected calibration error over them."""

    error: float
    bins: tuple[Bin, ...]


def reliability(probability: Floats, positive: Bools, bins: int = 10) -> Reliability:
    """Predicted against observed shares in `bins` equally wide bins (DeGroot & Fienberg, 1983).

    The error is the mean gap weighted by rows (Naeini et al., 2015). Where nearly all rows are surely honest it is
    small whatever the few others do: look at the bins.

    >>> reliability(np.array([0.1, 0.1, 0.9]), np.array([False, False, True])).error
    0.1
    """
    place = np.minimum((probability * bins).astype(np.int64), bins - 1)
    found = []
    for number in np.unique(place):
        chosen = place == number
        rows, hits = int(chosen.sum()), int(positive[chosen].sum())
        low, high = wilson(hits, rows)
        found.append(Bin(rows, float(probability[chosen].mean()), hits / rows, low, high))
    total = max(len(probability), 1)
    return Reliability(round(sum(b.rows * abs(b.predicted - b.observed) for b in found) / total, 12), tuple(found))
