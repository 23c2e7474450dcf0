"""A bot playlist with innocent artists' tracks on it as cover."""

import polars as pl
import pytest
from tests.simulation.lakes import artificial, honest_plays

Tables = dict[str, pl.DataFrame]


def test_most_of_the_playlist_is_innocent(sieges: Tables) -> None:
    plays = artificial(sieges, "innocent_cover")
    assert plays["source_id"].n_unique() == 1
    others = honest_plays(sieges)["owner_id"].unique()
    tracks = plays.unique("track_id")
    innocent = tracks["owner_id"].is_in(others.implode())
    assert (~innocent).sum() == 30
    assert innocent.sum() == pytest.approx(70, rel=0.3)


def test_innocent_artists_see_a_spike(sieges: Tables) -> None:
    plays, others = artificial(sieges, "innocent_cover"), honest_plays(sieges)
    bots = plays.group_by("track_id").len("bots")
    people = others.group_by("track_id").len("people")
    joined = bots.join(people, on="track_id", how="inner")
    # 6 accounts in 3 days against 300 in 7.
    assert joined["bots"].median() > joined["people"].median()
