"""Learning from sign-ups: whether an account that is just being opened will turn out to be fake."""

from collections.abc import Mapping
from dataclasses import replace

from ghostnote.evaluation.metrics import average_precision
from ghostnote.models.table import Table
from ghostnote.training.samples import Sample
from ghostnote.training.stopping import FEWEST_ACCOUNTS, last_days
from ghostnote.training.supervised import Learnt, learn


def learn_signups(sample: Sample[Table], directions: Mapping[str, int], *, seed: int) -> Learnt:
    """Learn from all sign-ups as from account-days; see `learn`, but for `average_precision`.

    That is of the last days' sign-ups, against all labels, as ranked by what the days before them teach with the labels
    known by then. Leaving whole accounts out, as `learn` does, would flatter here: accounts that were opened together
    are alike, and have one row each. None where too little is labelled on either side.
    """
    return replace(learn(sample, directions, seed=seed), average_precision=_ahead(sample, directions, seed=seed))


def _ahead(sample: Sample[Table], directions: Mapping[str, int], *, seed: int) -> float | None:
    split = last_days(sample.day)
    before, after = sample.take(sample.day < split), sample.take(sample.day >= split)
    # As training would have been taught that day: who was labelled only later stands among the unlabelled.
    before = replace(before, fraud=before.fraud & (before.known < split))
    if min(int(before.fraud.sum()), int(after.fraud.sum())) < FEWEST_ACCOUNTS:
        return None
    model = learn(before, directions, seed=seed).model
    return average_precision(model.score(after.table), after.fraud, after.weight)
