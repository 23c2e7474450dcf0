"""What is picked from the tables for showing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ghostnote.console import findings, rasters
from ghostnote.decisions.folder import DecisionFolder


@pytest.fixture(scope="module")
def folder(decisions: Path) -> DecisionFolder:
    return DecisionFolder(decisions)


def test_headline_agrees_with_the_tables(folder: DecisionFolder) -> None:
    head = findings.headline(folder)
    plays = folder.read("plays")
    assert head.plays == plays.height
    assert head.plays_withheld == plays.filter(pl.col("verdict") != "count").height
    actions = folder.read("accounts")["action"].value_counts()
    counts = dict(actions.iter_rows())
    assert head.accounts_acted == counts.get("suspend", 0) + counts.get("challenge", 0)
    assert head.accounts_in_review == counts["review"]
    assert head.campaigns == 4


def test_campaigns_come_by_payout(folder: DecisionFolder) -> None:
    found = findings.top_campaigns(folder)
    assert found["campaign_id"].to_list() == ["C-0001", "C-0002", "C-0003", "C-0004"]
    assert found["n_accounts"].to_list() == [40, 25, 30, 180]
    assert findings.top_campaigns(folder, 2).height == 2


def test_no_campaign_or_owner_fills_a_list(folder: DecisionFolder) -> None:
    accounts = findings.top_accounts(folder, 50).filter(pl.col("campaign_id").is_not_null())
    assert accounts["campaign_id"].value_counts()["count"].max() == findings.PER_CAMPAIGN
    tracks = findings.top_tracks(folder, 50)
    assert tracks["owner_id"].value_counts()["count"].max() == findings.PER_OWNER
    surely = (tracks["low"] >= 0.5).to_list()
    assert surely == sorted(surely, reverse=True)


def test_hours_of_day_are_shares(folder: DecisionFolder) -> None:
    hours = findings.hours_of_day(folder)
    assert hours["hour"].to_list() == list(range(24))
    assert hours["counted"].sum() == pytest.approx(1.0)
    assert hours["withheld"].sum() == pytest.approx(1.0)


def test_days_without_events_are_shown_as_zero(folder: DecisionFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = folder.read("days")
    monkeypatch.setattr(folder, "read", lambda _table: whole.filter(pl.col("day").dt.day() != 8))
    every = findings.every_day(folder)
    assert every.height == 14
    assert every.filter(pl.col("day").dt.day() == 8)["plays"].to_list() == [0]


def test_strips_hold_every_play_of_their_accounts(folder: DecisionFolder) -> None:
    campaigns = findings.top_campaigns(folder)
    strips = rasters.campaign_strips(folder, campaigns, timedelta(hours=1))
    plays = folder.read("plays")
    for row in campaigns.iter_rows(named=True):
        strip = strips[row["campaign_id"]]
        theirs = plays.filter(pl.col("account_id").is_in(row["accounts"]))
        assert strip.height == 14 * 24
        assert strip["counted"].sum() + strip["withheld"].sum() == theirs.height


def test_raster_shows_whole_days_of_an_even_pick(folder: DecisionFolder) -> None:
    start = datetime(2026, 3, 6, tzinfo=UTC)
    ids = folder.read("accounts").filter(pl.col("campaign_id") == "C-0001")["account_id"]
    drawn = rasters.raster(folder, ids, start, 48, rows=10)
    assert (drawn.rows, drawn.members) == (10, 40)
    assert drawn.cells["row"].unique().sort().to_list() == list(range(10))
    assert drawn.cells["hour"].min() >= start
    assert drawn.cells["hour"].max() < drawn.end
    nobody = rasters.raster(folder, ids.clear(), start, 48)
    assert (nobody.rows, nobody.cells.height) == (0, 0)


def test_busiest_days_are_where_the_plays_are() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    times = [start + timedelta(days=day) for day in range(10)]
    strip = pl.DataFrame({"time": times, "counted": [0] * 10, "withheld": [0, 0, 0, 0, 5, 9, 5, 0, 0, 0]})
    strip = strip.with_columns(pl.col("time").cast(pl.Datetime("us", "UTC")))
    assert rasters.busiest(strip, days=3) == (start + timedelta(days=4), 72)
    assert rasters.busiest(strip, days=99) == (start, 240)


def test_ordinary_accounts_are_those_left_alone(folder: DecisionFolder) -> None:
    ordinary = rasters.ordinary_accounts(folder, 50)
    accounts = folder.read("accounts").filter(pl.col("account_id").is_in(ordinary.implode()))
    assert accounts.height == 50
    assert accounts["action"].unique().to_list() == ["allow"]
    assert accounts["campaign_id"].null_count() == 50


def test_owners_with_a_part_come_with_what_speaks_for_and_against(folder: DecisionFolder) -> None:
    found = findings.owners_with_a_part(folder)
    assert found.height
    assert set(found["role"]) == {"beneficiary"}
    assert found["artificial_plays"].to_list() == sorted(found["artificial_plays"], reverse=True)
    assert all(len(lines) > 1 for lines in found["reasons"])
    assert all(found["against"].list.len() == 1)


def test_artificial_plays_by_role_are_all_of_them(folder: DecisionFolder) -> None:
    found = findings.by_role(folder)
    assert found["artificial_plays"].sum() == folder.read("tracks")["artificial_plays"].sum()
    assert found["role"].is_unique().all()
