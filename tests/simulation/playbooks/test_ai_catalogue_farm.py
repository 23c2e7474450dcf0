"""US v. Smith: 636 plays per account and day, one every 2.26 minutes, a huge catalogue with few plays each."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial, plays_by
from tests.simulation.worlds import FARM, LOOP

Tables = dict[str, pl.DataFrame]


def test_as_many_plays_a_day_as_documented(tables: Tables) -> None:
    days = plays_by(tables, accounts_of(tables, FARM)).group_by("account_id", "day").len()
    assert days["len"].mean() == pytest.approx(636, rel=0.1)


def test_one_play_every_two_and_a_quarter_minutes(tables: Tables) -> None:
    plays = plays_by(tables, accounts_of(tables, FARM))
    gap = plays.select(pl.col("event_time").diff().over("account_id").dt.total_seconds()).to_series()
    assert gap.filter(gap < 1800).mean() / 60 == pytest.approx(2.26, rel=0.1)


def test_a_huge_catalogue_gets_few_plays_a_track(tables: Tables) -> None:
    targets = artificial(tables, FARM).filter(pl.col("owner_id").is_in(_owners(tables, FARM).implode()))
    per_track = targets.group_by("track_id").len()["len"]
    assert per_track.len() > 100 * accounts_of(tables, FARM).len()
    # 1,040 accounts on hundreds of thousands of tracks: a few plays a day each, for the whole farm.
    assert per_track.mean() / 6 < 4
    loop = artificial(tables, LOOP).group_by("track_id").len()["len"]
    assert loop.median() > 3 * per_track.median()


def test_camouflage_goes_to_what_everybody_plays(tables: Tables) -> None:
    plays = artificial(tables, FARM)
    owned = plays["owner_id"].is_in(_owners(tables, FARM).implode())
    assert 1 - owned.mean() == pytest.approx(0.08, abs=0.02)


def test_machines_share_networks_cards_and_families(tables: Tables) -> None:
    accounts = accounts_of(tables, FARM)
    addresses = plays_by(tables, accounts).join(tables["ips"], on="ip", how="left")
    assert set(addresses["ip_kind"]) == {"vpn"}
    assert addresses["ip"].n_unique() < accounts.len()
    signups = tables["signups"].filter(pl.col("account_id").is_in(accounts.implode()))
    assert set(signups["plan"]) <= {"family"}


def _owners(tables: Tables, campaign: str) -> pl.Series:
    """Owners whom nobody but the campaign's accounts plays."""
    others = tables["plays"].filter(~pl.col("account_id").is_in(accounts_of(tables, campaign).implode()))
    heard = others.join(tables["tracks"], on="track_id")["owner_id"].unique()
    plays = artificial(tables, campaign)
    owners = plays.group_by("owner_id").len().filter(pl.col("len") > plays.height * 0.05)["owner_id"]
    return owners.filter(~owners.is_in(heard.implode()))
