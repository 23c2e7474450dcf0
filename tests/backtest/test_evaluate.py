"""A whole evaluation of a small service: what is left out is left out, and nothing is counted twice or otherwise."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.worlds import MADE_AT, Judged, copy, once, rewrite

from ghostnote.backtest import Parts, evaluate
from ghostnote.backtest.kinds import accounts_by_kind
from ghostnote.backtest.variants import without_detectors
from ghostnote.decisions.evaluation import Evaluation, read_evaluation
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.untouched import Untouched
from ghostnote.errors import GhostnoteError
from ghostnote.evaluation.metrics import average_precision
from ghostnote.events.lake import Lake
from ghostnote.training.train import collect

NOTHING = Parts(kinds=False, detectors=False, daily=False)
KINDS = {"ai_catalogue_farm", "fake_account_factory", "hijacked_listeners", "playlist_loop"}


@pytest.fixture(scope="session")
def found(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Everything that an evaluation has, once per run of the tests."""
    base = tmp_path_factory.getbasetemp()
    return read_evaluation(
        once(base, "evaluation", lambda out: evaluate(town.lake, out, made_at=MADE_AT, as_of=town.as_of))
    )


def test_the_whole_is_what_score_and_backtest_say(town: Judged, found: Evaluation, tmp_path: Path) -> None:
    same = evaluate(town.lake, tmp_path, made_at=MADE_AT, bundle=town.loaded, parts=NOTHING)
    assert same.whole.truth == found.whole.truth == town.truth
    assert (same.judged_from, same.judged_to) == (town.summary.start, town.summary.end)
    assert same.kinds_left_out == same.left_out == []
    assert same.replayed is None


def test_each_kind_and_each_part_is_left_out_once(found: Evaluation) -> None:
    assert {one.name for one in found.kinds_left_out} == KINDS
    names = [one.name for one in found.left_out]
    assert len(set(names)) == len(names)
    assert {"account-day model", "play model", "tails", "groups", "targets"} <= set(names)
    for one in (*found.kinds_left_out, *found.left_out):
        assert one.truth.honest.accounts == found.whole.truth.honest.accounts
        assert one.accounts.rows == found.whole.accounts.rows


def test_without_groups_or_targets_no_campaign_is_stopped(found: Evaluation) -> None:
    by_name = {one.name: one for one in found.left_out}
    stopped = {c.campaign_id: c.plays_withheld for c in found.whole.truth.campaigns}
    assert sum(stopped.values()) > 0
    assert sum(c.plays_withheld for c in by_name["groups"].truth.campaigns) < sum(stopped.values())


def test_another_lake_teaches_and_its_kinds_are_left_out(town: Judged, found: Evaluation, tmp_path: Path) -> None:
    other = copy(town.lake, tmp_path / "other")
    hijacks = pl.col("kind").is_in(["hijacked_listeners", "hijacked_listener"])
    rewrite(other, "labels", lambda rows: rows.filter((pl.col("source") != "simulation") | hijacks))
    parts = replace(NOTHING, kinds=True)
    one = evaluate(town.lake, tmp_path / "out", made_at=MADE_AT, trained_on=Lake(other), as_of=town.as_of, parts=parts)
    assert one.whole.truth == found.whole.truth
    assert one.trained_to == found.trained_to
    left = {variant.name: variant for variant in one.kinds_left_out}
    assert "hijacked_listeners" in left
    same = {variant.name: variant for variant in found.kinds_left_out}
    assert left["hijacked_listeners"].truth == same["hijacked_listeners"].truth


def test_rankings_and_prevalence_agree_with_each_other(found: Evaluation) -> None:
    whole = found.whole.accounts
    assert whole.average_precision == found.whole.truth.average_precision.accounts
    recalls = [one.recall for one in whole.at]
    assert recalls == sorted(recalls)
    precisions = [one.average_precision for one in found.prevalence]
    assert precisions == sorted(precisions)
    assert found.account_calibration is not None
    assert sum(b.rows for b in found.account_calibration.bins) == whole.rows


def test_days_decided_one_by_one_end_where_hindsight_stands(found: Evaluation) -> None:
    assert found.replayed is not None
    hindsight = {c.campaign_id: c for c in found.whole.truth.campaigns}
    for one in found.replayed.campaigns:
        assert one.plays == hindsight[one.campaign_id].plays
        if one.withheld_share:
            assert one.hours is not None
            assert one.plays_before is not None
            assert one.plays_before <= one.plays
    assert found.replayed.honest.plays == found.whole.truth.honest.plays


def test_a_service_of_one_day_is_decided_the_same_way_at_its_end(town: Judged, tmp_path: Path) -> None:
    last = town.as_of + timedelta(days=2)
    bundle = msgspec.structs.replace(
        town.loaded,
        manifest=msgspec.structs.replace(
            town.loaded.manifest, training=msgspec.structs.replace(town.loaded.manifest.training, as_of=last)
        ),
    )
    one = evaluate(town.lake, tmp_path, made_at=MADE_AT, bundle=bundle, parts=replace(NOTHING, daily=True))
    assert one.judged_from == one.judged_to
    assert one.replayed is not None
    withheld = {c.campaign_id: c.plays_withheld / c.plays for c in one.whole.truth.campaigns if c.plays}
    assert {c.campaign_id: c.withheld_share for c in one.replayed.campaigns} == pytest.approx(withheld)


def test_a_kind_left_out_leaves_no_row_of_its_accounts(town: Judged) -> None:
    labels = town.labels()
    kinds = accounts_by_kind(town.lake, labels)
    assert set(kinds) == KINDS
    victims = labels.filter((pl.col("kind") == "hijacked_listener") & (pl.col("subject_type") == "account"))
    assert set(victims["subject_id"]) == kinds["hijacked_listeners"]
    gathered = collect(town.lake, as_of=town.as_of)
    for accounts in kinds.values():
        left = gathered.without(accounts).samples
        assert not accounts.intersection(left.days.accounts)
        assert not accounts.intersection(left.plays.accounts)
        assert len(left.days.table) < len(gathered.samples.days.table) or accounts.isdisjoint(
            gathered.samples.days.accounts
        )


def test_what_a_team_labelled_stands_for_a_truth_that_nobody_knows(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    rewrite(
        lake, "labels", lambda rows: rows.filter(pl.col("source") != "simulation").drop("campaign_id", strict=False)
    )
    found = evaluate(Lake(lake), tmp_path / "out", made_at=MADE_AT, bundle=town.loaded, parts=NOTHING)
    assert not found.simulated
    assert any("lower bound" in note for note in found.notes)
    # All that a labelled account played counts as artificial.
    later = town.labels().filter(
        (pl.col("source") != "simulation")
        & (pl.col("verdict") == "fraud")
        & (pl.col("subject_type") == "account")
        & (pl.col("known_at") > town.as_of)
    )
    plays = town.table("plays").filter(pl.col("account_id").is_in(later["subject_id"].implode()))
    assert found.whole.plays.fraud >= plays.height > 0


def test_every_way_leaves_out_one_thing_and_keeps_the_rest(town: Judged) -> None:
    ways = {way.name: way for way in without_detectors(town.loaded, Policy())}
    assert ways["play model"].bundle.day is town.loaded.day
    assert ways["play model"].bundle.play is None
    assert ways["account-day model"].bundle.play is town.loaded.play
    assert ways["tails"].policy == Policy()
    assert ways["groups"].bundle is town.loaded


def test_nothing_to_judge_or_to_judge_by_is_refused(town: Judged, tmp_path: Path) -> None:
    bare = copy(town.lake, tmp_path / "bare", "plays")
    with pytest.raises(GhostnoteError, match="no label of fraud"):
        evaluate(Lake(bare), tmp_path / "out", made_at=MADE_AT)
    end = datetime.combine(town.summary.end, town.as_of.timetz())
    with pytest.raises(GhostnoteError, match="no day is left to judge"):
        evaluate(town.lake, tmp_path / "out", made_at=MADE_AT, as_of=end)
    assert not (tmp_path / "out").exists()


def test_the_hold_out_is_held_against_what_is_known_of_it(town: Judged, tmp_path: Path, found: Evaluation) -> None:
    acted = town.table("accounts").filter(pl.col("action") != "allow")["account_id"]
    labelled = town.labels().filter((pl.col("known_at") <= town.as_of) & (pl.col("verdict") == "fraud"))["subject_id"]
    salts = (Untouched(share=0.1, salt=f"a salt of the test {number}") for number in range(1000))
    untouched = next(one for one in salts if sum(map(one.includes, set(acted) - set(labelled))) > 2)
    policy = Policy(untouched=untouched)
    held = evaluate(town.lake, tmp_path, made_at=MADE_AT, bundle=town.loaded, policy=policy, parts=NOTHING)
    assert found.whole.truth.hold_out is None
    got = held.whole.truth.hold_out
    assert got is not None
    drawn = [account for account in town.table("accounts")["account_id"] if untouched.includes(account)]
    assert got.accounts == len(set(drawn) - set(labelled))
    assert sum(row.accounts for row in got.would_be if row.action != "any") > 0
    assert read_evaluation(tmp_path).whole.truth.hold_out == got


def test_signups_are_ranked_as_they_happened(arrivals: Judged, tmp_path: Path) -> None:
    found = evaluate(arrivals.lake, tmp_path, made_at=MADE_AT, bundle=arrivals.loaded, parts=NOTHING)
    signups = found.whole.signups
    assert signups is not None
    labels = arrivals.labels().filter((pl.col("subject_type") == "account") & (pl.col("verdict") == "fraud"))
    known = labels.filter(pl.col("known_at") <= arrivals.as_of)["subject_id"]
    rows = arrivals.table("accounts").filter(
        pl.col("signup_score").is_not_null() & ~pl.col("account_id").is_in(known.implode())
    )
    truth = labels.filter(source="simulation")
    fake = rows["account_id"].is_in(truth["subject_id"].implode())
    assert (signups.ranking.rows, signups.ranking.fraud) == (rows.height, fake.sum())
    expected = average_precision(rows["signup_score"].cast(pl.Float64).to_numpy(), fake.to_numpy())
    assert signups.ranking.average_precision == pytest.approx(expected)
    assert sum(kind.signups for kind in signups.kinds) == fake.sum()
    assert signups.honest == rows.height - fake.sum()
    # No more honest people are challenged than the ceiling lets hope, and most of what is challenged is fake.
    assert signups.low <= Policy().honest_signup_ceiling <= signups.high
    assert sum(kind.challenged for kind in signups.kinds) > signups.honest_challenged


def test_without_a_model_of_signups_nothing_is_said_of_them(found: Evaluation, town: Judged) -> None:
    assert town.loaded.signup is None
    assert found.whole.signups is None
    assert found.sequence is None
