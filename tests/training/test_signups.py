"""What is learnt from sign-ups: every one of them, as of its event, with labels that came when they came."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from tests.worlds import Judged

from ghostnote.decisions.rules import needed
from ghostnote.features.account_days import with_columns
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.history import Intake, walk
from ghostnote.features.signups import signup_features
from ghostnote.models.boosting import Boosting
from ghostnote.models.table import Table
from ghostnote.training.card import card
from ghostnote.training.samples import NEVER, Sample
from ghostnote.training.signups import learn_signups
from ghostnote.training.train import collect

_FIRST = date(2026, 3, 1).toordinal()


def opened(days: int = 20, *, known_after: int = 1) -> Sample[Table]:
    """A hundred sign-ups a day, ten from shared addresses: those are labelled fraud `known_after` days later."""
    random = np.random.default_rng(0)
    shared = np.tile(np.repeat([10.0, 1.0], [10, 90]), days)
    day = np.repeat(np.arange(_FIRST, _FIRST + days, dtype=np.int32), 100)
    fraud = shared > 5
    values = np.column_stack([shared + random.random(len(shared)), random.random(len(shared))]).astype(np.float32)
    return Sample(
        pl.Series("account_id", [f"a{n}" for n in range(len(day))]),
        Table(("signups_by_ip_24h", "other"), values),
        fraud,
        np.ones(len(day)),
        day,
        np.where(fraud, day + known_after, NEVER).astype(np.int32),
    )


def test_accounts_opened_together_rank_above_others() -> None:
    sample = opened()
    learnt = learn_signups(sample, Boosting())
    raw = learnt.model.score(sample.table)
    assert np.median(raw[sample.fraud]) > 5 * np.median(raw[~sample.fraud])
    assert learnt.average_precision == pytest.approx(1.0)
    assert 0.05 < learnt.prior < 0.2


def test_how_well_it_ranks_is_said_of_the_last_days_with_labels_known_before_them() -> None:
    assert learn_signups(opened(known_after=14), Boosting()).average_precision == pytest.approx(1.0)
    # Nobody was labelled before the last quarter of the days began: nothing could have been taught.
    assert learn_signups(opened(known_after=15), Boosting()).average_precision is None


def test_what_only_the_last_days_show_is_not_credited_to_the_days_before() -> None:
    sample = opened()
    late = sample.day >= _FIRST + 15
    values = sample.table.values.copy()
    values[late] = values[late][::-1]  # From then on, those who share nothing are the fake ones.
    turned = replace(sample, table=Table(sample.table.names, values))
    precision = learn_signups(turned, Boosting()).average_precision
    assert precision is not None
    assert precision < 0.2


def test_rows_are_the_folds_rows_of_signups_after_the_first_day(arrivals: Judged) -> None:
    sample = collect(arrivals.lake, as_of=arrivals.as_of).samples.signups
    folded = signup_features(with_columns(TRAINED, needed(), CATALOG))
    assert {feature.by for feature in folded} == {"ip", "subnet", "device", "payment", "email_domain"}
    parts = []
    for day in list(walk(arrivals.lake, folded, Intake(), arrivals.as_of.date()))[1:]:
        rows = (day.stream["kind"] == "signup").to_numpy()
        parts.append(
            pl.DataFrame(day.values[rows]).with_columns(account=day.stream["account_id"].filter(pl.Series(rows)))
        )
    there = pl.concat(parts)
    assert sample.table.names == tuple(feature.name for feature in folded)
    assert sample.accounts.to_list() == there["account"].to_list()
    np.testing.assert_array_equal(sample.table.values, there.drop("account").to_numpy())
    # Nothing of the account itself, which is the same for everybody who has just arrived.
    assert not any("by_account" in name for name in sample.table.names)


def test_labels_are_those_of_accounts_and_of_certain_rules(arrivals: Judged) -> None:
    gathered = collect(arrivals.lake, as_of=arrivals.as_of, weak=True)
    sample, known = gathered.samples.signups, gathered.known
    fraud, trusted = (set(sample.accounts.filter(pl.Series(rows))) for rows in (sample.fraud, sample.trusted))
    assert len(trusted) >= 20
    assert trusted == set(sample.accounts) & (known.fraud_accounts | gathered.samples.certain)
    assert fraud - trusted == set(sample.accounts) & gathered.samples.weak
    some = frozenset(sorted(fraud)[:5])
    assert not some & set(gathered.without(some).samples.signups.accounts)


def test_the_card_and_the_manifest_tell_of_it(arrivals: Judged) -> None:
    facts = arrivals.loaded.manifest.training.signups
    assert facts
    assert facts.fraud >= 20
    said = card(arrivals.loaded)
    assert f"boosted trees on sign-ups ({len(arrivals.loaded.signup.names)} features)" in said
    assert f"{facts.fraud:,} of {facts.rows:,} are of accounts labelled fraud" in said


def test_too_few_labelled_signups_teach_nothing_and_that_is_said(town: Judged) -> None:
    assert town.loaded.signup is None
    assert any("no model of sign-ups" in note for note in town.loaded.manifest.training.notes)
    assert "sign-ups (" not in card(town.loaded)
