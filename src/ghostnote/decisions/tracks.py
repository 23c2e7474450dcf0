"""Tracks and owners: how much of what they were played was artificial, and what part they had in it."""

import polars as pl

from ghostnote.decisions.intervals import high, low
from ghostnote.decisions.tables import TRACKS


def judge_tracks(plays: pl.DataFrame) -> pl.DataFrame:
    """One row per track (see `tables.TRACKS`; all but what its audience says) from plays.

    They have track_id, owner_id, account_id, verdict, withheld_payout.

    A held or excluded play counts as artificial. The interval is Wilson's, with listeners instead of plays as the
    number of trials: plays of one listener stand or fall together. Roles: `target` where even the interval's low end
    says that a fifth of it is artificial and most of it seems so; `camouflage` where artificial plays are few among
    honest ones; `unclear` between the two.
    """
    tracks = plays.group_by("track_id").agg(
        pl.col("owner_id").first(),
        pl.len().cast(pl.Int64).alias("plays"),
        pl.col("account_id").n_unique().cast(pl.Int64).alias("listeners"),
        (pl.col("verdict") != "count").sum().cast(pl.Int64).alias("artificial_plays"),
        pl.col("withheld_payout").sum(),
    )
    share, trials = pl.col("artificial_share"), pl.col("listeners")
    role = (
        pl.when(pl.col("artificial_plays") == 0)
        .then(pl.lit("clean"))
        .when((share >= 0.5) & (pl.col("low") >= 0.2))
        .then(pl.lit("target"))
        .when((share < 0.2) & (pl.col("high") < 0.5))
        .then(pl.lit("camouflage"))
        .otherwise(pl.lit("unclear"))
    )
    judged = (
        tracks.with_columns((pl.col("artificial_plays") / pl.col("plays")).alias("artificial_share"))
        .with_columns(low(share, trials).alias("low"), high(share, trials).alias("high"))
        .with_columns(role.alias("role"))
        .sort("artificial_plays", "track_id", descending=[True, False])
    )
    return judged.select(pl.col(name).cast(dtype) for name, dtype in TRACKS.items() if name in judged.columns)
