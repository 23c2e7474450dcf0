"""Tracks and owners: how much of what they were played was artificial, and what part they had in it."""

import polars as pl

from ghostnote.decisions.tables import TRACKS

#: z of a 95 % interval.
_Z = 1.959964


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
    centre = (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)
    half = _Z / (1 + _Z**2 / trials) * (share * (1 - share) / trials + _Z**2 / (4 * trials**2)).sqrt()
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
        .with_columns(
            # Of no or of all plays the share is a bound itself, which rounding must not cross.
            pl.min_horizontal((centre - half).clip(0.0, 1.0), share).alias("low"),
            pl.max_horizontal((centre + half).clip(0.0, 1.0), share).alias("high"),
        )
        .with_columns(role.alias("role"))
        .sort("artificial_plays", "track_id", descending=[True, False])
    )
    return judged.select(pl.col(name).cast(dtype) for name, dtype in TRACKS.items() if name in judged.columns)
