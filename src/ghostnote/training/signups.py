"""Learning from sign-ups: whether an account that is just being opened will turn out to be fake."""

from dataclasses import replace

import numpy as np

from ghostnote.evaluation.metrics import average_precision
from ghostnote.models.boosting import Boosting
from ghostnote.models.budget import threshold_for_ceiling
from ghostnote.models.calibration import Calibration
from ghostnote.models.table import Table
from ghostnote.training.samples import Sample
from ghostnote.training.stopping import FEWEST_ACCOUNTS, last_days
from ghostnote.training.supervised import CEILINGS, Learnt, learn

_LEAVES, _SMALLEST_LEAF = 7, 20


def learn_signups(sample: Sample[Table], usual: Boosting) -> Learnt:
    """Learn from all sign-ups as from account-days; see `learn`, but for three things.

    Trees are smaller than `usual`: there are fewer rows, and fewer features to tell them apart by.

    `average_precision` is of the last days' sign-ups, against all labels, as ranked by what the days before them teach
    with the labels known by then. Leaving whole accounts out, as `learn` does, would flatter here: accounts that were
    opened together are alike, and have one row each. None where too little is labelled on either side.

    `ceilings` rest on the honest part of each unlabelled row, not on a usual share of fraud: a burst can make half of
    all sign-ups fake.
    """
    smaller = replace(usual, leaves=_LEAVES, smallest_leaf=_SMALLEST_LEAF)
    learnt = learn(sample, smaller)
    return replace(learnt, ceilings=_ceilings(sample, learnt), average_precision=_ahead(sample, smaller))


def _ceilings(sample: Sample[Table], learnt: Learnt) -> Calibration:
    raw = learnt.model.score(sample.table)
    honest = np.where(sample.fraud, 0.0, sample.weight * (1.0 - learnt.calibration(raw)))
    return Calibration(np.array(CEILINGS), np.array([threshold_for_ceiling(raw, share, honest) for share in CEILINGS]))


def _ahead(sample: Sample[Table], usual: Boosting) -> float | None:
    split = last_days(sample.day)
    before, after = sample.take(sample.day < split), sample.take(sample.day >= split)
    # As training would have been taught that day: who was labelled only later stands among the unlabelled.
    before = replace(before, fraud=before.fraud & (before.known < split))
    if min(int(before.fraud.sum()), int(after.fraud.sum())) < FEWEST_ACCOUNTS:
        return None
    model = learn(before, usual).model
    return average_precision(model.score(after.table), after.fraud, after.weight)
