"""How many trees are grown is chosen on days, accounts and labels that those trees have not seen."""

from dataclasses import replace

import numpy as np
import polars as pl

from ghostnote.models.boosting import Boosting
from ghostnote.models.table import Table
from ghostnote.training.samples import NEVER, Sample
from ghostnote.training.stopping import FEWEST_ACCOUNTS, FEWEST_ROUNDS, best_rounds
from ghostnote.training.supervised import learn

USUAL = Boosting(rounds=150, rate=0.05, threads=1)


def _service(*, contradicts: bool, labelled: int = 90, others: int = 500, days: int = 8) -> Sample[Table]:
    """Account-days: the signals are high on fraud for good. `fashion` is so too, but with `contradicts`, on the last
    days, it is high on honest accounts instead: whoever trusts it too far ranks them first.
    """
    random = np.random.default_rng(7)
    accounts = labelled + others
    fraud = np.tile(np.arange(accounts) < labelled, days)
    day = np.repeat(np.arange(days, dtype=np.int32) + 738_000, accounts)
    rows = len(fraud)
    late = day >= 738_000 + days - 2
    signals = 0.6 * fraud[:, None] + random.normal(size=(rows, 6))
    shown = np.where(late, ~fraud, fraud) if contradicts else fraud
    fashion = 2.0 * shown + random.normal(size=rows)
    values = np.column_stack([signals, fashion]).astype(np.float32)
    names = (*(f"signal_{number}" for number in range(6)), "fashion")
    whose = pl.Series([f"a{number:04d}" for number in range(accounts)] * days)
    # Every second label came on the first day, the others on the last.
    since = np.where(np.tile(np.arange(accounts) % 2 == 0, days), 738_000, 738_000 + days - 1)
    known = np.where(fraud, since, NEVER).astype(np.int32)
    return Sample(whose, Table(names, values), fraud, np.ones(rows), day, known)


def test_fewer_trees_are_grown_where_the_last_days_contradict_them() -> None:
    steady, contradicted = (best_rounds(_service(contradicts=one), USUAL) for one in (False, True))
    assert (steady.why, contradicted.why) == (None, None)
    assert FEWEST_ROUNDS <= contradicted.rounds < steady.rounds <= USUAL.rounds


def test_the_number_of_trees_is_the_same_again() -> None:
    sample = _service(contradicts=False)
    assert best_rounds(sample, USUAL) == best_rounds(sample, USUAL)


def test_with_few_labelled_accounts_the_number_stays_and_that_is_said() -> None:
    stop = best_rounds(_service(contradicts=True, labelled=FEWEST_ACCOUNTS - 1), USUAL)
    assert stop.rounds == USUAL.rounds
    assert stop.why is not None
    assert "too few" in stop.why


def test_with_labels_that_are_all_new_the_number_stays() -> None:
    sample = _service(contradicts=False)
    late = np.where(sample.fraud, sample.day.max(), NEVER).astype(np.int32)
    stop = best_rounds(replace(sample, known=late), USUAL)
    assert stop.rounds == USUAL.rounds
    assert stop.why is not None
    assert "0 labelled accounts before the last days" in stop.why


def test_no_rows_choose_nothing() -> None:
    sample = _service(contradicts=False)
    assert best_rounds(sample.take(np.zeros(len(sample.day), np.bool_)), USUAL).rounds == USUAL.rounds


def test_what_the_held_out_accounts_did_before_does_not_matter() -> None:
    sample = _service(contradicts=False)
    newly = sample.fraud & (sample.known > sample.day.min())
    before = sample.day < sample.day.max() - 1
    values = sample.table.values.copy()
    values[newly & before] = 100.0
    changed = replace(sample, table=Table(sample.table.names, values))
    assert best_rounds(changed, USUAL) == best_rounds(sample, USUAL)


def test_the_model_has_as_many_trees_as_were_chosen() -> None:
    sample = _service(contradicts=True)
    learnt = learn(sample, Boosting())
    assert learnt.stop == best_rounds(sample, Boosting(seed=0))
    assert learnt.model.rounds == learnt.stop.rounds < Boosting().rounds
    assert learnt.model.state()["trees.txt"].count("\nTree=") == learnt.stop.rounds
