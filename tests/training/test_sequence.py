"""The sequence detector is learnt beside the others when it is asked for, and changes none of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.worlds import MADE_AT, Judged

from ghostnote.backtest import Parts, evaluate
from ghostnote.evaluation.metrics import average_precision
from ghostnote.features.catalog import TRAINED
from ghostnote.features.history import Intake, play_days
from ghostnote.features.sequences import CHANNELS
from ghostnote.models.bundle import Bundle, load_bundle, save_bundle
from ghostnote.models.sequence import PlaySequence
from ghostnote.progress import silent
from ghostnote.scoring import score
from ghostnote.training import train
from ghostnote.training.card import card
from ghostnote.training.known import Known
from ghostnote.training.samples import gather

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def bundle(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's bundle with a sequence detector that was shown little."""
    small = PlaySequence(length=16, width=8, blocks=1, pretrain_rows=320, tune_rows=320, threads=1)
    made = train(town.lake, as_of=town.as_of, sequence=small)
    path = tmp_path_factory.mktemp("sequence") / "bundle"
    save_bundle(made, path, card(made))
    return path


@pytest.fixture(scope="module")
def loaded(bundle: Path) -> Bundle:
    return load_bundle(bundle)


def test_the_other_detectors_stay_as_they_are(town: Judged, bundle: Path) -> None:
    for file in town.bundle.iterdir():
        if file.name not in {"bundle.json", "MODEL_CARD.md"}:
            assert (bundle / file.name).read_bytes() == file.read_bytes(), file.name
    assert load_bundle(bundle).manifest.day_features == town.loaded.manifest.day_features


def test_the_bundle_and_its_card_say_that_it_is_there(loaded: Bundle, bundle: Path) -> None:
    assert loaded.sequence is not None
    assert loaded.sequence.channels == dict(CHANNELS)
    assert loaded.sequence.tuned
    facts = loaded.manifest.training
    assert facts.sequence_rows == facts.account_days
    assert facts.average_precision_sequences is not None
    assert 0 < facts.average_precision_sequences <= 1
    assert "a transformer on the last 16 plays" in (bundle / "MODEL_CARD.md").read_text()


def test_scoring_writes_its_score_and_decides_as_without_it(town: Judged, loaded: Bundle, tmp_path: Path) -> None:
    score(town.lake, loaded, tmp_path / "out", made_at=MADE_AT, start=town.first_judged)
    with_it = pl.read_parquet(tmp_path / "out" / "accounts.parquet")
    assert with_it["sequence"].null_count() == 0
    assert with_it["sequence"].is_between(0, 1).all()
    assert with_it["sequence"].n_unique() > 50
    assert town.table("accounts")["sequence"].null_count() == with_it.height
    assert with_it.drop("sequence").equals(town.table("accounts").drop("sequence"))
    plays = pl.read_parquet(tmp_path / "out" / "plays.parquet")
    assert plays.equals(town.table("plays"))


def test_an_evaluation_ranks_accounts_by_it(town: Judged, loaded: Bundle, tmp_path: Path) -> None:
    parts = Parts(kinds=False, detectors=False, daily=False)
    found = evaluate(town.lake, tmp_path / "out", made_at=MADE_AT, bundle=loaded, parts=parts)
    score(town.lake, loaded, tmp_path / "scored", made_at=MADE_AT, start=town.first_judged)
    labels = town.labels().filter((pl.col("subject_type") == "account") & (pl.col("verdict") == "fraud"))
    known = labels.filter(pl.col("known_at") <= town.as_of)["subject_id"]
    accounts = pl.read_parquet(tmp_path / "scored" / "accounts.parquet")
    accounts = accounts.filter(~pl.col("account_id").is_in(known.implode()))
    fraud = accounts["account_id"].is_in(labels.filter(source="simulation")["subject_id"].implode())
    assert found.sequence is not None
    assert (found.sequence.rows, found.sequence.fraud) == (accounts.height, fraud.sum())
    expected = average_precision(accounts["sequence"].to_numpy(), fraud.to_numpy())
    assert found.sequence.average_precision == pytest.approx(expected)
    assert found.whole.accounts.rows == accounts.height


def test_rows_are_the_last_plays_at_the_end_of_each_day(town: Judged) -> None:
    known, intake = Known.by(town.lake, town.as_of), Intake()
    window = play_days(town.lake)[0], town.as_of.date()
    found = gather(town.lake, TRAINED, known, intake, window, seed=0, progress=silent, sequences=True)
    assert found.sequences is not None
    # Small enough for every account-day to be kept.
    assert sorted(found.sequences.accounts) == sorted(found.days.accounts)
    assert found.sequences.fraud.sum() == found.days.fraud.sum()
    assert (found.sequences.weight == 1).all()
    farm = found.sequences.take(found.sequences.fraud)
    assert farm.table.known.sum(axis=1).max() == 64
    fewer = found.without(frozenset(farm.accounts))
    assert fewer.sequences is not None
    assert not fewer.sequences.fraud.any()


def test_of_too_many_account_days_some_stand_for_all(town: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ghostnote.training.samples.SEQUENCE_ROWS", 240)
    known, intake = Known.by(town.lake, town.as_of), Intake()
    window = play_days(town.lake)[0], town.as_of.date()
    found = gather(town.lake, TRAINED, known, intake, window, seed=0, progress=silent, sequences=True)
    assert found.sequences is not None
    labelled = found.sequences.accounts.is_in(sorted(known.fraud_accounts)).to_numpy()
    assert (found.sequences.weight[labelled] == 1).all()
    assert 150 < (~labelled).sum() < 330
    assert found.sequences.weight.sum() == pytest.approx(len(found.days.table), rel=0.15)


def test_without_labels_it_learns_to_guess_and_says_so(town: Judged, tmp_path: Path) -> None:
    from ghostnote.training.sequence import learn_sequence

    known, intake = Known.by(town.lake, town.as_of), Intake()
    window = play_days(town.lake)[0], town.as_of.date()
    sample = gather(town.lake, TRAINED, known, intake, window, seed=0, progress=silent, sequences=True).sequences
    assert sample is not None
    small = PlaySequence(length=16, width=8, blocks=1, pretrain_rows=64, threads=1)
    nobody = replace(sample, fraud=np.zeros(len(sample.fraud), dtype=np.bool_))
    learnt = learn_sequence(nobody, small, tuned=False)
    assert learnt.average_precision is None
    assert not learnt.model.tuned
    assert (learnt.model.score(sample.table) >= 0).all()
