"""Crude bots on a rival's songs: who is paid for them has ordered nothing."""

import polars as pl
from tests.simulation.lakes import artificial, honest_plays, per_day

Tables = dict[str, pl.DataFrame]


def test_the_rivals_songs_have_listeners_of_their_own(sieges: Tables) -> None:
    plays, others = artificial(sieges, "sabotage"), honest_plays(sieges)
    assert plays["track_id"].n_unique() <= 2
    assert plays["artist_id"].n_unique() == 1
    assert others["artist_id"].is_in(plays["artist_id"].unique().implode()).any()


def test_nothing_is_hidden(sieges: Tables) -> None:
    plays = artificial(sieges, "sabotage")
    assert per_day(plays).max() > 1500
    assert (plays["ms_played"] < 35_000).all()
    assert set(plays.join(sieges["ips"], on="ip", how="left")["ip_kind"]) == {"hosting"}
