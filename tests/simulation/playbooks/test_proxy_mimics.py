"""Bots that repeat real listeners' sessions: the same hours, skips and reasons, some tracks of their own."""

import polars as pl
import pytest
from tests.simulation.lakes import artificial, honest_plays, per_day

Tables = dict[str, pl.DataFrame]


def test_they_look_like_those_they_copy(sieges: Tables) -> None:
    bots, people = artificial(sieges, "proxy_mimics"), honest_plays(sieges)
    assert (bots["ms_played"] >= 30_000).mean() == pytest.approx((people["ms_played"] >= 30_000).mean(), abs=0.15)
    assert set(bots["start_reason"]) >= {"trackdone", "clickrow", "fwdbtn", "appload"}
    assert set(bots["end_reason"]) >= {"trackdone", "fwdbtn", "endplay", "logout"}
    assert per_day(bots).quantile(0.9) < 200


def test_whole_stretches_are_somebodys(sieges: Tables) -> None:
    """Three tracks in a row that a real listener also played in a row."""
    copied = _triples(artificial(sieges, "proxy_mimics")).is_in(_triples(honest_plays(sieges)).implode())
    assert copied.mean() > 0.25


def test_a_share_of_paid_plays_is_their_own(sieges: Tables) -> None:
    bots = artificial(sieges, "proxy_mimics")
    others = honest_plays(sieges)
    paid = bots.filter(pl.col("ms_played") >= 30_000)
    assert 1 - paid["owner_id"].is_in(others["owner_id"].implode()).mean() == pytest.approx(0.3, abs=0.07)


def test_one_bot_hears_one_track_at_a_time(sieges: Tables) -> None:
    bots = artificial(sieges, "proxy_mimics").sort("account_id", "event_time")
    begun = pl.col("event_time") - pl.duration(milliseconds=pl.col("ms_played"))
    assert not bots.select(begun < pl.col("event_time").shift().over("account_id")).to_series().any()


def _triples(plays: pl.DataFrame) -> pl.Series:
    """Three tracks in a row of one account, as text."""
    ordered = plays.sort("account_id", "event_time")
    track = pl.col("track_id")
    joined = pl.concat_str([track, track.shift(-1).over("account_id"), track.shift(-2).over("account_id")])
    return ordered.select(joined.alias("triple"))["triple"].drop_nulls()
