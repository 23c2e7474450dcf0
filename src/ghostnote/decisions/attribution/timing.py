"""When the artificial plays came: all at once or steadily, and what was there before them."""

import polars as pl

from ghostnote.decisions.attribution.evidence import Evidence

#: Share of the busiest day's plays from which a day counts as one of the days on which it happened.
_AT_IT = 0.1


def timings(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    """One row per owner of `hit` tracks, about the artificial plays on them.

    owner_id, first_day, last_day; `onset`: days of the period before the first; `busy_days`: days with a tenth of the
    busiest one's; `per_day`: plays on an average busy day; `past_per_day`: all plays of the same tracks on an average
    day before the period, null if no such day is known; `age`: days from the median track's release to the first
    artificial play, null if unknown.
    """
    aimed = evidence.artificial.join(hit.select("track_id"), on="track_id", how="semi")
    days = aimed.group_by("owner_id", "day").agg(pl.len().alias("given"))
    busy = pl.col("given") >= _AT_IT * pl.col("given").max()
    timed = days.group_by("owner_id").agg(
        pl.col("day").min().alias("first_day"),
        pl.col("day").max().alias("last_day"),
        busy.sum().cast(pl.Int64).alias("busy_days"),
        pl.col("given").filter(busy).mean().alias("per_day"),
    )
    return (
        timed.with_columns((pl.col("first_day") - evidence.start).dt.total_days().alias("onset"))
        .join(_before(evidence, hit), on="owner_id", how="left")
        .join(_ages(evidence, hit, timed), on="owner_id", how="left")
    )


def _before(evidence: Evidence, hit: pl.DataFrame) -> pl.DataFrame:
    past = hit.select("track_id", "owner_id").join(evidence.past, on="track_id", how="left")
    days = pl.lit(evidence.past_days or None, dtype=pl.Float64)
    rate = (pl.col("past_plays").fill_null(0).sum() / days.first()).alias("past_per_day")
    return past.group_by("owner_id").agg(rate)


def _ages(evidence: Evidence, hit: pl.DataFrame, timed: pl.DataFrame) -> pl.DataFrame:
    released = hit.select("track_id", "owner_id").join(
        evidence.catalogue.select("track_id", pl.col("released_at").cast(pl.Date)), on="track_id", how="left"
    )
    aged = released.join(timed.select("owner_id", "first_day"), on="owner_id")
    age = (pl.col("first_day") - pl.col("released_at")).dt.total_days()
    return aged.group_by("owner_id").agg(age.median().alias("age"))
