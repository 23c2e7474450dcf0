"""Learning from sequences of plays: pre-trained on all of them, then tuned to the labels, cross-fitted by account."""

from dataclasses import dataclass

import numpy as np

from ghostnote.evaluation.metrics import average_precision
from ghostnote.models.sequence import PlaySequence
from ghostnote.models.tokens import TokenRows
from ghostnote.training.samples import Sample
from ghostnote.training.supervised import Floats, cross_fitted


@dataclass(frozen=True)
class LearntSequence:
    """A detector fitted on all rows; its average precision on accounts not fitted on, None if it learnt no labels."""

    model: PlaySequence
    average_precision: float | None


def learn_sequence(sample: Sample[TokenRows], detector: PlaySequence, *, tuned: bool) -> LearntSequence:
    """Pre-train `detector` on all rows, which needs no labels, then tune to those labelled fraud if `tuned`.

    Whole accounts are left out of the tuning in turn, to see how well it ranks them.
    Raises `ValueError` without a single play.
    """
    guessing = detector.fit(sample.table)
    if not tuned:
        return LearntSequence(guessing, None)

    def tune(rows: Sample[TokenRows], emphasis: Floats) -> PlaySequence:
        return guessing.tuned_to(rows.table, rows.fraud.astype(np.float64), emphasis)

    rank = cross_fitted(sample, sample.emphasis, tune)
    model = tune(sample, sample.emphasis)
    return LearntSequence(model, average_precision(rank, sample.fraud, sample.weight))
