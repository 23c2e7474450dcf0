"""How good a ranking is where it matters: at budgets of a few alerts, and at other shares of fraud."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ghostnote.evaluation.metrics import Bools, Floats, average_precision


@dataclass(frozen=True)
class Budget:
    """The rows that are looked at if the share `alerts` of all rows is: how many are fraud, how much of it is found."""

    alerts: float
    precision: float
    recall: float


def at_share(score: Floats, positive: Bools, alerts: float, weight: Floats | None = None) -> Budget | None:
    """Precision and recall if the share `alerts` of the rows, by weight, is looked at, the highest scores first.

    Rows of one score are looked at together; where they only partly fit, the part is what a random pick among them
    would find. None if nothing is positive.

    >>> at_share(np.array([0.9, 0.8, 0.1, 0.1]), np.array([True, False, True, False]), 0.5)
    Budget(alerts=0.5, precision=0.5, recall=0.5)
    """
    if not positive.any():
        return None
    weights = np.ones(len(score)) if weight is None else weight
    order = np.argsort(-score, kind="stable")
    seen, hits = np.cumsum(weights[order]), np.cumsum((weights * positive)[order])
    last = np.append(np.diff(score[order]) != 0, True)
    looked = alerts * float(seen[-1])
    found = float(np.interp(looked, np.append(0.0, seen[last]), np.append(0.0, hits[last])))
    return Budget(alerts, found / looked, found / float(hits[-1]))


def prevalence_weights(positive: Bools, prevalence: float) -> Floats:
    """Weights under which the share `prevalence` of the rows is positive; float64, shape (rows,), mean 1.

    This asks what the same ranking would be worth in a service with more or less fraud of the same kinds: recall at a
    score stays, precision does not (Saerens et al., Adjusting the outputs of a classifier to new a priori
    probabilities, 2002). Raises ValueError if only one class is there.
    """
    share = float(positive.mean()) if len(positive) else 0.0
    if not 0.0 < share < 1.0:
        raise ValueError("both fraud and honest rows are needed")
    return np.where(positive, prevalence / share, (1.0 - prevalence) / (1.0 - share))


def average_precision_at(score: Floats, positive: Bools, prevalence: float) -> float:
    """Average precision if the share `prevalence` of the rows were positive; ValueError if one class is absent."""
    found = average_precision(score, positive, prevalence_weights(positive, prevalence))
    assert found is not None
    return found


def precision_recall(score: Floats, positive: Bools, points: int = 60) -> Sequence[tuple[float, float]]:
    """(recall, precision) along the ranking, at most `points` of them, for a plot; empty if nothing is positive."""
    if not positive.any():
        return []
    order = np.argsort(-score, kind="stable")
    hits, seen = np.cumsum(positive[order]), np.arange(1, len(score) + 1)
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    wanted = np.searchsorted(hits[last] / hits[-1], np.linspace(0.0, 1.0, points), side="left")
    chosen = last[np.unique(np.minimum(wanted, len(last) - 1))]
    return [(float(hits[at] / hits[-1]), float(hits[at] / seen[at])) for at in chosen]
