"""Learning from few, late labels: cross-fitted boosting, calibrated as positive against unlabelled."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ghostnote.evaluation.metrics import average_precision
from ghostnote.evaluation.splits import fold_of
from ghostnote.models.boosting import Boosting
from ghostnote.models.budget import threshold_for_ceiling
from ghostnote.models.calibration import Calibration, calibrate
from ghostnote.models.table import Table
from ghostnote.training.samples import Sample, V, View
from ghostnote.training.stopping import Stop, best_rounds

Floats = NDArray[np.float64]
V_contra = TypeVar("V_contra", bound=View, contravariant=True)

FOLDS = 3
#: Shares of honest rows for which a bundle keeps the raw score that only so many of them reach.
CEILINGS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
#: No probability is taken for surer than this when the honest part of unlabelled rows is estimated.
_SUREST = 0.999
#: What the highest rank adds to a probability.
_RISE = 1e-4
#: Part of the labelled rows, from the top of the ranking, among which the share of labelled fraud is taken.
_SUREST_PART = 0.5
#: Labels that know of less than this share of fraud are too few to tell.
_LEAST_SHARE = 0.05
#: No larger share of fraud among rows is believed: published figures end at half of it.
_MOST_FRAUD = 0.2
#: Share of fraud that national studies found (1 to 3 % of plays). Where marks are set, it is trusted more than what few
#: labels of few kinds add up to.
_USUAL_FRAUD = 0.03


@dataclass(frozen=True)
class Learnt:
    """A model fitted on all rows, and what cross-fitting says of it.

    `calibration` maps its raw score to the probability of fraud; `ceilings` maps shares of honest rows to the raw score
    that no more of them reach; `prior` is the estimated share of fraud among rows (weighted);
    `labelled_share` the estimated share of fraud that labels know of; `stop` says how many trees were grown, and why.
    """

    model: Boosting
    calibration: Calibration
    ceilings: Calibration
    prior: float
    labelled_share: float
    average_precision: float | None
    stop: Stop


def learn(sample: Sample[Table], usual: Boosting) -> Learnt:
    """Fit on rows labelled fraud against all others, by which some unlabelled fraud stands among the "honest".

    Whole accounts are left out in turn, so that every row is ranked by a model that never saw its account; on these
    ranks the probability of *being labelled* is calibrated. Dividing it by the share of fraud that gets labelled gives
    the probability of fraud (Elkan & Noto, 2008). That share is taken where the model is surest, among the rows that
    rank highest: further down, honest rows would pass for fraud that nobody has labelled. All of it is done twice: the
    second time, unlabelled rows count as honest only as far as the first model thinks that they are, so that unlabelled
    fraud does not teach that fraud is honest.

    Ranks, not raw scores: two fits agree on the order of rows, not on how far apart they are. How many trees are grown
    is chosen beforehand, once, on the last days (`best_rounds`); all other settings are those of `usual`.
    """
    stop = best_rounds(sample, usual)

    def boosted(rows: Sample[Table], emphasis: Floats) -> Boosting:
        return replace(usual, rounds=stop.rounds).fit(rows.table, rows.fraud.astype(np.float64), emphasis)

    rank = cross_fitted(sample, sample.emphasis, boosted)
    calibration, _ = _calibrated(rank, sample)
    emphasis = np.where(sample.fraud, sample.emphasis, sample.weight * (1.0 - calibration(rank)))
    rank = cross_fitted(sample, emphasis, boosted)
    calibration, labelled_share = _calibrated(rank, sample)
    mass = np.where(sample.fraud, 1.0, calibration(rank)) * sample.weight
    prior = float(np.clip(mass.sum() / sample.weight.sum(), 1e-6, _MOST_FRAUD))
    model = boosted(sample, emphasis)
    raw = model.score(sample.table)
    # As much fraud as studies have found is thought to rank first; what ranks next is honest.
    budgets = [_USUAL_FRAUD + share * (1.0 - _USUAL_FRAUD) for share in CEILINGS]
    thresholds = [threshold_for_ceiling(raw, budget, sample.weight) for budget in budgets]
    return Learnt(
        model=model,
        calibration=_rising(calibration, _at_rank(raw, sample.weight, calibration.scores)),
        ceilings=Calibration(np.array(CEILINGS), np.array(thresholds)),
        prior=prior,
        labelled_share=labelled_share,
        average_precision=average_precision(rank, sample.fraud, sample.weight),
        stop=stop,
    )


def _rising(calibration: Calibration, raw: Floats) -> Calibration:
    """A calibration on ranks as one on `raw` scores, hardly rising where it was level: scores still rank rows."""
    top = -np.log10(1.0 - calibration.scores + 1e-6) / 6.0
    return Calibration(raw, calibration.probabilities + _RISE * top)


def _ranks(raw: Floats, weight: Floats) -> Floats:
    """Share of the rows, by weight, that score lower, equal ones sharing theirs: 0 to 1, shape (rows,)."""
    order = np.argsort(raw, kind="stable")
    upto = np.concatenate([[0.0], np.cumsum(weight[order])])
    ordered = raw[order]
    first, last = np.searchsorted(ordered, raw, "left"), np.searchsorted(ordered, raw, "right")
    return np.asarray((upto[first] + upto[last]) / (2.0 * upto[-1]), dtype=np.float64)


def _at_rank(raw: Floats, weight: Floats, rank: Floats) -> Floats:
    """The raw scores that have the given ranks; the inverse of `_ranks`."""
    order = np.argsort(raw, kind="stable")
    return np.asarray(np.interp(rank, _ranks(raw, weight)[order], raw[order]), dtype=np.float64)


def _calibrated(rank: Floats, sample: Sample[Table]) -> tuple[Calibration, float]:
    """Ranks to probabilities of fraud, and the share of fraud that is labelled."""
    labelled = calibrate(rank, sample.fraud.astype(np.float64), sample.weight)
    share = _labelled_share(rank, sample)
    return Calibration(labelled.scores, np.minimum(labelled.probabilities / share, _SUREST)), share


def _labelled_share(rank: Floats, sample: Sample[Table]) -> float:
    """The share of labelled rows, by weight, in the smallest top of the ranking that holds half of them."""
    order = np.argsort(-rank, kind="stable")
    labelled = np.cumsum((sample.fraud * sample.weight)[order])
    everything = np.cumsum(sample.weight[order])
    half = int(np.searchsorted(labelled, _SUREST_PART * labelled[-1]))
    return float(np.clip(labelled[half] / everything[half], _LEAST_SHARE, 1.0))


class Scorer(Protocol[V_contra]):
    """A fitted detector, as far as it is asked here."""

    def score(self, rows: V_contra, /) -> Floats: ...


def cross_fitted(sample: Sample[V], emphasis: Floats, fit: Callable[[Sample[V], Floats], Scorer[V]]) -> Floats:
    """Every row's rank among the accounts that were left out with its own; `fit` is given the others."""
    unique = sample.accounts.unique(maintain_order=True)
    of_account = dict(zip(unique.to_list(), fold_of(unique, FOLDS).tolist(), strict=True))
    fold = np.fromiter((of_account[account] for account in sample.accounts), dtype=np.int64, count=len(emphasis))
    rank = np.zeros(len(emphasis))
    for out in range(FOLDS):
        fitted, judged = fold != out, fold == out
        learning = sample.take(fitted)
        if not judged.any():
            continue
        if learning.fraud.all() or not learning.fraud.any():
            rank[judged] = 0.5
            continue
        model = fit(learning, emphasis[fitted])
        rank[judged] = _ranks(model.score(sample.table.take(judged)), sample.weight[judged])
    return rank
