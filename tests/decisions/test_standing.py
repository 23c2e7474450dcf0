"""How accounts stand follows from what a run of scoring wrote."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.worlds import Judged

from ghostnote.decisions.standing import AIMED, BY_ACCOUNT, CEILING, HELD, Standing
from ghostnote.errors import GhostnoteError


@pytest.fixture(scope="module")
def standing(town: Judged) -> Standing:
    tracks = pl.concat([pl.read_parquet(path) for path in town.lake.files("tracks")])
    return Standing.of(town.decisions, tracks)


def test_accounts_are_those_that_are_not_let_alone(town: Judged, standing: Standing) -> None:
    accounts = town.table("accounts").filter(pl.col("action") != "allow")
    assert set(standing.accounts) == set(accounts["account_id"])
    for account, action, campaign in accounts.select("account_id", "action", "campaign_id").iter_rows():
        found = standing.accounts[account]
        assert (found.action, found.campaign_id) == (action, campaign)
        assert len(found.reasons) <= 3


def test_every_play_of_the_run_s_end_would_be_decided_alike(town: Judged, standing: Standing) -> None:
    plays = town.table("plays").sort("event_time").group_by("account_id", maintain_order=True).last()
    different = 0
    for account, track, verdict, reason in plays.select("account_id", "track_id", "verdict", "reason").iter_rows():
        found, reasons = standing.of_play(account, track, None)
        if reason in (BY_ACCOUNT, HELD, CEILING, AIMED):
            assert found == verdict
            assert reasons
        else:
            different += found != verdict
    # Only of accounts whose earlier plays were not counted, for another reason than the last one.
    acted = {account for account, made in standing.accounts.items() if made.verdict != "count"}
    assert different <= len(acted) + len(standing.tracks)
    assert plays.filter(pl.col("reason") == BY_ACCOUNT).height > 0


def test_what_was_aimed_is_excluded_again_and_its_artist_s_other_tracks_wait(standing: Standing, town: Judged) -> None:
    aimed = town.table("plays").filter(pl.col("reason") == AIMED)
    assert standing.tracks == frozenset(aimed.select("account_id", "track_id").unique().rows())
    tracks = pl.concat([pl.read_parquet(path) for path in town.lake.files("tracks")])
    artist = dict(tracks.select("track_id", "artist_id").rows())
    assert standing.artists == {(account, artist[track]) for account, track in standing.tracks if track in artist}


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError):
        Standing.of(tmp_path)


def test_untouched_accounts_are_allowed_and_what_they_are_spared_is_known(town: Judged, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(town.decisions, tmp_path / "decisions"))
    accounts, plays = town.table("accounts"), town.table("plays")
    excluded = plays.filter(pl.col("reason") == BY_ACCOUNT)["account_id"][0]
    theirs = pl.col("account_id") == excluded
    let = [pl.when(theirs).then("action").alias("would_be"), pl.when(theirs).then(pl.lit("allow")).otherwise("action")]
    accounts.with_columns(let[0], let[1].alias("action")).write_parquet(folder / "accounts.parquet")
    out = theirs & (pl.col("verdict") != "count")
    plays.with_columns(
        pl.when(out).then("verdict").alias("would_be"),
        pl.when(out).then(pl.lit("count")).otherwise("verdict").alias("verdict"),
        pl.when(~out).then("reason").alias("reason"),
    ).write_parquet(folder / "plays.parquet")
    standing = Standing.of(folder)
    action = accounts.filter(theirs)["action"][0]
    assert standing.accounts[excluded].action == "allow"
    assert standing.accounts[excluded].spared == (action, "exclude")
    assert standing.of_play(excluded, "t", None) == ("count", ())


def test_decisions_of_a_version_that_spared_nobody_are_read(town: Judged, tmp_path: Path, standing: Standing) -> None:
    folder = Path(shutil.copytree(town.decisions, tmp_path / "decisions"))
    for name in ("accounts", "plays"):
        town.table(name).drop("would_be").write_parquet(folder / f"{name}.parquet")
    assert Standing.of(folder).accounts == standing.accounts
