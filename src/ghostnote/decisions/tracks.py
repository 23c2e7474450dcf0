"""Tracks: how much of what they were played was artificial."""

import polars as pl

from ghostnote.decisions.intervals import high, low
from ghostnote.decisions.tables import TRACKS

#: From this share on, distributors are charged a penalty for a track.
PENALTY_SHARE = 0.9


def judge_tracks(tracks: pl.DataFrame) -> pl.DataFrame:
    """One row per track (see `tables.TRACKS`; all but its role and what its audience says) from what was counted.

    They have track_id, owner_id, plays, listeners, artificial_plays (held or excluded) and withheld_payout.
    """
    share, trials = pl.col("artificial_share"), pl.col("listeners")
    judged = (
        tracks.with_columns((pl.col("artificial_plays") / pl.col("plays")).alias("artificial_share"))
        .with_columns(low(share, trials).alias("low"), high(share, trials).alias("high"))
        .sort("artificial_plays", "track_id", descending=[True, False])
    )
    return judged.select(pl.col(name).cast(dtype) for name, dtype in TRACKS.items() if name in judged.columns)


def mostly_artificial() -> pl.Expr:
    """Whether most of a track seems artificial, and surely a fifth: something is done about it already."""
    return (pl.col("artificial_share") >= 0.5) & (pl.col("low") >= 0.2)
