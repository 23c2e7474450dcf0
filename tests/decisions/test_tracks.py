"""A track's artificial share comes with an interval that few listeners make wide."""

import polars as pl

from ghostnote.decisions.tables import TRACKS
from ghostnote.decisions.tracks import judge_tracks, mostly_artificial


def _track(track: str, honest: int, bad: int, each: int = 1) -> pl.DataFrame:
    """A track that so many people played once and so many bots `each` times."""
    artificial = bad * each
    counts = {"plays": honest + artificial, "listeners": honest + bad, "artificial_plays": artificial}
    return pl.DataFrame({"track_id": track, "owner_id": "o", **counts, "withheld_payout": 0.004 * artificial})


def test_what_is_mostly_artificial():
    judged = judge_tracks(
        pl.concat([_track("hit", 300, 20), _track("farm", 2, 40, 10), _track("clean", 10, 0), _track("new", 1, 1)])
    )
    assert judged.filter(mostly_artificial())["track_id"].to_list() == ["farm"]
    assert dict(judged.schema) == {name: TRACKS[name] for name in judged.columns}
    assert set(TRACKS) - set(judged.columns) == {"role", "surprise", "watched", "reasons"}


def test_the_interval_contains_the_share_and_narrows_with_listeners():
    wide = judge_tracks(_track("t", 2, 2)).row(0, named=True)
    narrow = judge_tracks(_track("t", 200, 200)).row(0, named=True)
    for row in (wide, narrow):
        assert row["low"] <= row["artificial_share"] <= row["high"]
    assert narrow["high"] - narrow["low"] < wide["high"] - wide["low"]
