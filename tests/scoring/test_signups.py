"""What is thought of sign-ups: one score each, which changes nothing that is decided."""

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from msgspec import UNSET
from tests.worlds import MADE_AT, Judged

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.tables import DECISION_TABLES
from ghostnote.errors import GhostnoteError
from ghostnote.events.reading import read
from ghostnote.features.history import Day, Intake, walk
from ghostnote.models.boosting import Boosting
from ghostnote.models.bundle import Bundle
from ghostnote.models.table import Table
from ghostnote.scoring import score
from ghostnote.scoring.judge import Judge


def without_signups(bundle: Bundle) -> Bundle:
    manifest = msgspec.structs.replace(bundle.manifest, signup_curve=UNSET, signup_ceilings=UNSET)
    return msgspec.structs.replace(bundle, manifest=manifest, signup=None)


@pytest.fixture(scope="module")
def last_day(arrivals: Judged) -> Day:
    """The last day as a judge of the world's bundle needs it."""
    *_, day = walk(arrivals.lake, Judge(arrivals.loaded, Policy()).folded, Intake())
    return day


def test_no_decision_rests_on_it(arrivals: Judged, tmp_path: Path) -> None:
    less = without_signups(arrivals.loaded)
    score(arrivals.lake, less, tmp_path, made_at=MADE_AT, start=arrivals.first_judged)
    for name in DECISION_TABLES:
        table, other = arrivals.table(name), pl.read_parquet(tmp_path / f"{name}.parquet")
        if name == "accounts":
            assert other["signup_score"].null_count() == other.height
            assert table["signup_score"].null_count() < table.height
            table, other = (rows.drop("signup_score") for rows in (table, other))
        assert table.equals(other), name


def test_who_signed_up_in_the_period_has_a_score_and_nobody_else(arrivals: Judged) -> None:
    accounts = arrivals.table("accounts")
    new = read(arrivals.lake, "signups", arrivals.first_judged, None).rows["account_id"]
    scored = accounts.filter(pl.col("signup_score").is_not_null())
    assert sorted(scored["account_id"]) == sorted(set(new))
    assert scored["signup_score"].is_between(0, 1).all()
    labels = arrivals.labels().filter((pl.col("source") == "simulation") & (pl.col("verdict") == "fraud"))
    fake = scored["account_id"].is_in(labels["subject_id"].implode())
    assert scored.filter(fake)["signup_score"].median() > 5 * scored.filter(~fake)["signup_score"].median()


def test_plays_and_signups_are_scored_alike(arrivals: Judged, last_day: Day) -> None:
    judge = Judge(arrivals.loaded, Policy())
    for kind, scores, curve in (
        ("play", judge.play_scores, arrivals.loaded.manifest.play_curve),
        ("signup", judge.signup_scores, arrivals.loaded.manifest.signup_curve),
    ):
        rows = np.flatnonzero((last_day.stream["kind"] == kind).to_numpy())
        probability, raw = scores(last_day.values, rows)
        assert probability.dtype == raw.dtype == np.float32
        assert len(probability) == len(raw) == len(rows) > 0
        np.testing.assert_allclose(probability, curve.calibration()(raw.astype(float)), atol=1e-3)
        one, _ = scores(last_day.values, rows[-1:])
        assert one[0] == probability[-1]


def test_without_a_model_scores_are_unknown(arrivals: Judged, last_day: Day) -> None:
    judge = Judge(without_signups(arrivals.loaded), Policy())
    score, raw = judge.signup_scores(last_day.values, np.arange(3))
    assert np.isnan(score).all()
    assert np.isnan(raw).all()
    assert len(score) == len(raw) == 3
    assert judge.signup_threshold is None


def test_a_stricter_ceiling_asks_for_a_higher_score(arrivals: Judged) -> None:
    at = [Judge(arrivals.loaded, Policy(honest_signup_ceiling=share)).signup_threshold for share in (1e-4, 1e-3, 1e-2)]
    assert at == sorted(at, reverse=True)
    assert at[0] > at[-1]
    ceilings = arrivals.loaded.manifest.signup_ceilings
    assert at[1] == pytest.approx(ceilings.probabilities[ceilings.scores.index(1e-3)])


def test_what_its_model_looks_at_is_folded_or_refused(arrivals: Judged) -> None:
    def looking_at(name: str) -> Bundle:
        table = Table((name,), np.arange(200, dtype=np.float32)[:, None])
        model = Boosting(rounds=2).fit(table, (np.arange(200) > 100).astype(np.float64))
        return msgspec.structs.replace(arrivals.loaded, signup=model)

    judge = Judge(looking_at("signups_by_payment_7d"), Policy())
    assert judge.folded[: len(judge.daily)] == judge.daily == Judge(arrivals.loaded, Policy()).daily
    assert [feature.name for feature in judge.folded[len(judge.daily) :]] == ["signups_by_payment_7d"]
    with pytest.raises(GhostnoteError, match="signups_by_moon_1h"):
        Judge(looking_at("signups_by_moon_1h"), Policy())
