"""Plays of campaigns' accounts in memory: the same as those on disk."""

import polars as pl

from ghostnote.console.records import Records


def test_what_is_kept_of_a_campaign_is_what_the_decisions_have(records: Records) -> None:
    owners = dict(records.folder.read("tracks").select("track_id", "owner_id").iter_rows())
    for row in records.campaigns.iter_rows(named=True):
        kept = records.member_plays.of(row["campaign_id"]).with_columns(pl.col(pl.Categorical).cast(pl.String))
        plays = records.plays(row["accounts"])
        names = ("account_id", "event_time", "track_id", "withheld")
        found = plays.with_columns(withheld=pl.col("verdict") != "count").select(names)
        assert kept.select(names).sort(names).equals(found.sort(names))
        assert all(owners[track] == owner for track, owner in kept.select("track_id", "owner_id").iter_rows())
    assert sum(records.member_plays.of(name).height for name in records.campaigns["campaign_id"]) > 0


def test_a_campaign_that_there_is_not_has_no_plays(records: Records) -> None:
    assert records.member_plays.of("c-none").is_empty()
