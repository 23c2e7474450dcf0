"""Denmark, 2013-2019: about 39,000 plays per account and day on 244 tracks, 14 times what real time allows."""

import polars as pl
import pytest
from tests.simulation.lakes import artificial, per_day

Tables = dict[str, pl.DataFrame]


def test_as_many_plays_a_day_as_documented(sieges: Tables) -> None:
    days = per_day(artificial(sieges, "impossible_volume"))
    assert days.max() == pytest.approx(39_000, rel=0.03)


def test_more_is_heard_than_there_are_hours(sieges: Tables) -> None:
    plays = artificial(sieges, "impossible_volume")
    assert plays["ms_played"].sum() / 3_600_000 / 24 == pytest.approx(14, rel=0.05)
    assert (plays["ms_played"] >= 30_000).all()


def test_on_as_few_tracks_as_documented(sieges: Tables) -> None:
    assert artificial(sieges, "impossible_volume")["track_id"].n_unique() == 244
