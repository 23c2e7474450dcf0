"""Which tracks will cost their owners a penalty for artificial streams, and which may."""

import polars as pl

from ghostnote.decisions.intervals import high, low
from ghostnote.decisions.royalties.cents import to_cents
from ghostnote.decisions.royalties.terms import Terms

#: Whether a track is over the penalty line: surely, perhaps, or not.
FORECASTS = ("will", "may", "not")


def forecast(tracks: pl.DataFrame, listeners: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Hold each track's artificial share against the penalty line.

    `tracks` has track_id (once each), paying, paying_held and paying_excluded; `listeners` has track_id and listeners.
    Adds listeners, artificial_share (of royalty-bearing plays, those held or excluded), low and high (a 95 % interval
    by Wilson, with listeners for trials: one listener's plays stand or fall together; low counts only what is excluded,
    high also what is held), forecast (`FORECASTS`) and, in cents, penalty (of those that will) and penalty_at_most (of
    those that may, too). A track without royalty-bearing plays has no share and pays nothing.
    """
    found = tracks.join(listeners, on="track_id", how="left").with_columns(pl.col("listeners").fill_null(0))
    paying, trials = pl.col("paying"), pl.col("listeners")
    share = (pl.col("paying_held") + pl.col("paying_excluded")) / paying
    some = paying > 0
    found = found.with_columns(
        pl.when(some).then(share).alias("artificial_share"),
        pl.when(some).then(low(pl.col("paying_excluded") / paying, trials)).alias("low"),
        pl.when(some).then(high(share, trials)).alias("high"),
    )
    line, cents = terms.penalty.line, to_cents(terms.penalty.per_track, terms.digits)
    # What is not artificial at all is not in doubt, however few heard it.
    doubt = (pl.col("high") >= line) & (pl.col("artificial_share") > 0)
    said = pl.when(pl.col("low") >= line).then(pl.lit("will")).when(doubt).then(pl.lit("may")).otherwise(pl.lit("not"))
    found = found.with_columns(said.cast(pl.Enum(FORECASTS)).alias("forecast"))
    return found.with_columns(
        pl.when(pl.col("forecast") == "will").then(cents).otherwise(0).cast(pl.Int64).alias("penalty"),
        pl.when(pl.col("forecast") == "not").then(0).otherwise(cents).cast(pl.Int64).alias("penalty_at_most"),
    )
