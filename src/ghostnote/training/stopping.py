"""How many trees to grow: as many as rank the last days best, when the accounts and labels there are new."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ghostnote.evaluation.splits import fold_of
from ghostnote.models.boosting import Boosting
from ghostnote.models.table import Table
from ghostnote.training.samples import Days, Sample

#: The last part of the days is held out.
_HELD_OUT = 0.25
#: One in so many accounts is judged there, with all who were labelled in the meantime; the others teach.
_GROUPS = 3
#: From fewer labelled accounts on either side no number of trees is chosen: chance would choose it.
FEWEST_ACCOUNTS = 10
#: Trees without a better ranking after which no more are grown.
_PATIENCE = 20
#: Fewer trees tell too few rows apart for marks and evidence, which rest on the order of the highest.
FEWEST_ROUNDS = 30


@dataclass(frozen=True)
class Stop:
    """The number of trees, and why it is the usual one, if it is."""

    rounds: int
    why: str | None = None


def best_rounds(sample: Sample[Table], usual: Boosting) -> Stop:
    """The number of trees, at most `usual.rounds`, that ranks the held-out days best (by average precision).

    Trees learn from the days before them with the labels known by then, as training that day would have; a part of the
    accounts and everybody labelled since is kept from them. With too few labelled accounts it stays at `usual.rounds`.
    """
    learning, judged = _parts(sample)
    taught, found = _labelled(learning), _labelled(judged)
    if min(taught, found) < FEWEST_ACCOUNTS:
        why = f"{taught} labelled accounts before the last days and {found} in them are too few to choose rounds"
        return Stop(usual.rounds, why)
    best = replace(usual).fit_until(
        learning.table,
        learning.fraud.astype(np.float64),
        learning.emphasis,
        judged=judged.table,
        judged_target=judged.fraud.astype(np.float64),
        judged_weight=judged.emphasis,
        patience=_PATIENCE,
    )
    return Stop(max(best, FEWEST_ROUNDS))


def _parts(sample: Sample[Table]) -> tuple[Sample[Table], Sample[Table]]:
    """What is learnt from, with the labels known by its end, and what is judged, with all labels."""
    if len(sample.day) == 0:
        return sample, sample
    split = last_days(sample.day)
    unique = sample.accounts.unique(maintain_order=True)
    apart = dict(zip(unique.to_list(), (fold_of(unique, _GROUPS, "rounds") == 0).tolist(), strict=True))
    held_out = np.fromiter((apart[account] for account in sample.accounts), np.bool_, len(sample.day))
    held_out |= sample.fraud & (sample.known >= split)
    return sample.take((sample.day < split) & ~held_out), sample.take((sample.day >= split) & held_out)


def last_days(day: Days) -> int:
    """The ordinal of the day from which rows are held out; `day` has those of all rows, one at least."""
    first, last = int(day.min()), int(day.max())
    return last + 1 - max(round((last + 1 - first) * _HELD_OUT), 1)


def _labelled(sample: Sample[Table]) -> int:
    return int(sample.accounts.filter(pl.Series(sample.fraud, dtype=pl.Boolean)).n_unique())
