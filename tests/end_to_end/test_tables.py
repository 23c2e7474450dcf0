"""The decision tables agree with each other, with the lake, and with what they promise."""

import math
from datetime import UTC, datetime, time, timedelta

import polars as pl
import pytest
from tests.worlds import Judged

from ghostnote.decisions.royalties.terms import UNKNOWN
from ghostnote.decisions.tables import ACCOUNT_ACTIONS, DECISION_TABLES, PLAY_VERDICTS, ROLES
from ghostnote.events.reading import read


@pytest.fixture(params=["arena", "town"])
def world(request: pytest.FixtureRequest) -> Judged:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Judged)
    return found


def cents(amounts: pl.Series) -> list[int]:
    return [round(amount * 100) for amount in amounts]


def is_sentence(text: str) -> bool:
    """Ends as a sentence does and holds nothing that only a program would say."""
    return len(text) > 10 and text.endswith(".") and not any(word in text for word in ("_", "nan", "None", "inf "))


def test_something_was_decided(world: Judged) -> None:
    assert {"suspend", "allow"} <= set(world.table("accounts")["action"])
    assert {"exclude", "count"} <= set(world.table("plays")["verdict"])
    assert world.table("campaigns").height > 0


@pytest.mark.parametrize("name", DECISION_TABLES)
def test_tables_have_their_schema(world: Judged, name: str) -> None:
    assert world.table(name).schema == DECISION_TABLES[name]


def test_every_play_of_the_period_is_judged_once(world: Judged) -> None:
    plays = world.table("plays")
    there = read(world.lake, "plays", world.summary.start, world.summary.end).rows
    assert sorted(plays["event_id"]) == sorted(there["event_id"])
    assert (
        plays.select("event_id", "account_id", "track_id", "event_time")
        .sort("event_id")
        .equals(there.select("event_id", "account_id", "track_id", "event_time").sort("event_id"))
    )


def test_plays_add_up_in_every_table(world: Judged) -> None:
    plays = world.table("plays")
    withheld = plays.filter(pl.col("verdict") != "count").height
    for name in ("accounts", "tracks", "owners"):
        table = world.table(name)
        assert table["plays"].sum() == plays.height, name
        assert table["artificial_plays"].sum() == withheld, name
        assert (table["artificial_plays"] <= table["plays"]).all(), name
    days = world.table("days")
    assert days["plays"].sum() == plays.height
    assert (days["held"] + days["excluded"]).sum() == withheld
    assert world.summary.counts.plays == plays.height
    assert world.summary.counts.accounts == world.table("accounts").height


def test_each_accounts_and_tracks_figures_are_those_of_its_plays(world: Judged) -> None:
    plays, gone = world.table("plays"), pl.col("verdict") != "count"
    for name, key in (("accounts", "account_id"), ("tracks", "track_id")):
        expected = plays.group_by(key).agg(
            pl.len().cast(pl.Int64).alias("expected_plays"), gone.sum().cast(pl.Int64).alias("expected_artificial")
        )
        both = world.table(name).join(expected, on=key, how="full").fill_null(0)
        assert both["plays"].equals(both["expected_plays"], check_names=False)
        assert both["artificial_plays"].equals(both["expected_artificial"], check_names=False)


def test_withheld_money_adds_up_to_the_cent(world: Judged) -> None:
    plays = world.table("plays")
    expected = pl.when(pl.col("verdict") == "count").then(0.0).otherwise("payout")
    assert plays.select((pl.col("withheld_payout") == expected).all()).item()
    total = plays["withheld_payout"].sum()
    assert total > 0
    for name in ("accounts", "tracks", "days"):
        assert world.table(name)["withheld_payout"].sum() == pytest.approx(total, abs=0.005), name
    assert world.summary.money.withheld == pytest.approx(total, abs=0.005)
    assert world.table("days")["payout"].sum() == pytest.approx(plays["payout"].sum(), abs=0.005)


def test_the_pool_is_the_same_before_and_after(world: Judged) -> None:
    owners = world.table("owners")
    before, after = cents(owners["payout_before"]), cents(owners["payout_after"])
    assert sum(before) == sum(after) == round(world.summary.money.pool * 100)
    assert world.summary.money.pool == pytest.approx(world.table("plays")["payout"].sum(), abs=0.01)
    gained = sum(max(0, late - early) for early, late in zip(before, after, strict=True))
    assert round(world.summary.money.moved_to_honest * 100) == gained
    assert all(late >= 0 for late in after)


def test_owners_are_those_of_the_catalogue(world: Judged) -> None:
    there = set(read(world.lake, "tracks").rows["owner_id"].drop_nulls()) | {UNKNOWN}
    assert set(world.table("owners")["owner_id"]) <= there
    assert set(world.table("tracks")["owner_id"].drop_nulls()) <= there


def test_words_and_scores_are_of_their_ranges(world: Judged) -> None:
    accounts, plays, tracks = world.table("accounts"), world.table("plays"), world.table("tracks")
    assert set(accounts["action"]) <= set(ACCOUNT_ACTIONS)
    assert set(plays["verdict"]) <= set(PLAY_VERDICTS)
    assert set(tracks["role"]) <= set(ROLES)
    assert accounts["account_id"].is_unique().all()
    assert tracks["track_id"].is_unique().all()
    assert accounts["score"].is_between(0, 1).all()
    assert accounts["score"].is_sorted(descending=True)
    assert plays["score"].is_between(0, 1).all()
    assert tracks.select((pl.col("low") <= pl.col("artificial_share")).all()).item()
    assert tracks.select((pl.col("artificial_share") <= pl.col("high")).all()).item()
    assert tracks["low"].min() >= 0  # type: ignore[operator]
    assert tracks["high"].max() <= 1  # type: ignore[operator]


def test_whatever_is_done_to_an_account_has_a_reason_that_a_person_can_read(world: Judged) -> None:
    acted = world.table("accounts").filter(pl.col("action") != "allow")
    for row in acted.iter_rows(named=True):
        assert row["reasons"], row
        assert all(is_sentence(reason) for reason in row["reasons"]), row["reasons"]
        assert len(set(row["reasons"])) == len(row["reasons"]), row["reasons"]


def test_plays_have_a_reason_if_and_only_if_they_do_not_count(world: Judged) -> None:
    plays = world.table("plays")
    assert plays.select((pl.col("reason").is_null() == (pl.col("verdict") == "count")).all()).item()
    assert all(is_sentence(reason) for reason in plays["reason"].drop_nulls().unique())


def test_what_a_suspended_account_did_is_withheld(world: Judged) -> None:
    suspended = world.table("accounts").filter(pl.col("action") == "suspend")
    assert suspended.filter(pl.col("plays") > 0).select((pl.col("artificial_plays") > 0).all()).item()


def test_accounts_are_flagged_within_the_period(world: Judged) -> None:
    accounts = world.table("accounts")
    suspended = accounts.filter(pl.col("action") == "suspend")
    assert suspended["first_flagged"].null_count() == 0
    # Plays without a connection arrive in the period and were heard before it.
    plays = world.table("plays")["event_time"]
    flagged = accounts["first_flagged"].drop_nulls()
    first = datetime.combine(world.summary.start, time.min, tzinfo=UTC)
    assert min(plays.min(), first) <= flagged.min()  # type: ignore[type-var, operator]
    assert flagged.max() < first + timedelta(days=(world.summary.end - world.summary.start).days + 1)  # type: ignore[operator]


def test_campaigns_are_made_of_accounts_that_are_there(world: Judged) -> None:
    accounts, campaigns = world.table("accounts"), world.table("campaigns")
    assert campaigns["campaign_id"].is_unique().all()
    member = {account: row["campaign_id"] for row in campaigns.iter_rows(named=True) for account in row["accounts"]}
    assert sum(campaigns["accounts"].list.len()) == len(member), "an account belongs to one campaign"
    told = accounts.drop_nulls("campaign_id").select("account_id", "campaign_id")
    assert dict(told.iter_rows()) == member
    plays_of = dict(accounts.select("account_id", "plays").iter_rows())
    tracks, owners = set(world.table("tracks")["track_id"]), set(world.table("owners")["owner_id"])
    for row in campaigns.iter_rows(named=True):
        assert len(row["accounts"]) >= 3
        assert row["plays"] == sum(plays_of[account] for account in row["accounts"])
        assert set(row["tracks"]) <= tracks
        assert set(row["owners"]) <= owners
        assert row["first_seen"] <= row["last_seen"]
        assert row["evidence"]
        assert all(is_sentence(line) for line in row["evidence"]), row["evidence"]


def test_days_are_those_of_the_period(world: Judged) -> None:
    summary = world.summary
    span = (summary.end - summary.start).days
    assert world.table("days")["day"].to_list() == [summary.start + timedelta(days=n) for n in range(span + 1)]
    assert summary.start == world.first_judged


def test_the_summary_counts_what_the_tables_hold(world: Judged) -> None:
    summary = world.summary
    assert sum(summary.histograms.account_scores) == summary.counts.accounts
    assert sum(summary.histograms.play_scores) == summary.counts.plays
    assert summary.bundle.supervised
    assert summary.bundle.labels_fraud == world.loaded.manifest.training.labels_fraud > 0
    assert summary.bundle.as_of == world.as_of.date()
    assert (summary.counts.rejected_rows, summary.counts.duplicates, summary.counts.unreadable_files) == (0, 0, 0)
    assert summary.missing_columns == []
    assert summary.policy.account_threshold is not None
    assert not math.isnan(summary.policy.account_threshold)
