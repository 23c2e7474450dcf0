"""10,000 accounts, all on the same 63 tracks: nothing about one of them, everything about all of them."""

import polars as pl
from tests.simulation.lakes import accounts_of, artificial, per_day

Tables = dict[str, pl.DataFrame]


def test_all_play_the_same_63_tracks(sieges: Tables) -> None:
    plays = artificial(sieges, "lockstep_fleet")
    listeners = plays.group_by("track_id").agg(pl.col("account_id").n_unique().alias("listeners"))
    everybodys = listeners.filter(pl.col("listeners") > 0.6 * accounts_of(sieges, "lockstep_fleet").len())
    assert everybodys.height == 63


def test_at_the_same_time_of_day(sieges: Tables) -> None:
    plays = artificial(sieges, "lockstep_fleet").sort("event_time")
    first = plays.group_by("account_id", "day").agg(pl.col("event_time").min())["event_time"]
    minutes = first.dt.hour().cast(pl.Int64) * 60 + first.dt.minute()
    assert minutes.quantile(0.95) - minutes.quantile(0.05) <= 45


def test_alone_an_account_is_not_remarkable(sieges: Tables) -> None:
    plays = artificial(sieges, "lockstep_fleet")
    assert per_day(plays).max() <= 63
    assert plays.group_by("ip").agg(pl.col("account_id").n_unique())["account_id"].mean() < 1.5
