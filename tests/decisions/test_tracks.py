"""A track's artificial share comes with an interval that few listeners make wide."""

import polars as pl

from ghostnote.decisions.tables import TRACKS
from ghostnote.decisions.tracks import judge_tracks, mostly_artificial


def _plays(track: str, honest: int, bad: int, each: int = 1) -> pl.DataFrame:
    rows = [(track, f"h{n}", "count", 0.0) for n in range(honest)]
    rows += [(track, f"b{n}", "exclude", 0.004) for n in range(bad) for _ in range(each)]
    names = ["track_id", "account_id", "verdict", "withheld_payout"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.lit("o").alias("owner_id"))


def test_what_is_mostly_artificial():
    judged = judge_tracks(
        pl.concat([_plays("hit", 300, 20), _plays("farm", 2, 40, 10), _plays("clean", 10, 0), _plays("new", 1, 1)])
    )
    assert judged.filter(mostly_artificial())["track_id"].to_list() == ["farm"]
    assert dict(judged.schema) == {name: TRACKS[name] for name in judged.columns}
    assert set(TRACKS) - set(judged.columns) == {"role", "surprise", "watched", "reasons"}


def test_the_interval_contains_the_share_and_narrows_with_listeners():
    wide = judge_tracks(_plays("t", 2, 2)).row(0, named=True)
    narrow = judge_tracks(_plays("t", 200, 200)).row(0, named=True)
    for row in (wide, narrow):
        assert row["low"] <= row["artificial_share"] <= row["high"]
    assert narrow["high"] - narrow["low"] < wide["high"] - wide["low"]
