"""A chart of streams that count, with what held ones could still change of it."""

import polars as pl

#: Stands for all countries together.
WORLD = "(all)"
#: `streams` count; `streams_most` is with all that are held; `rank_best` and `rank_worst` are what the rank could be if
#: held streams were decided most and least kindly; `under_watch` says that it is not settled.
CHART = pl.Schema(
    {
        "country": pl.String(),
        "rank": pl.Int64(),
        "track_id": pl.String(),
        "streams": pl.Int64(),
        "streams_most": pl.Int64(),
        "held": pl.Int64(),
        "excluded": pl.Int64(),
        "rank_best": pl.Int64(),
        "rank_worst": pl.Int64(),
        "under_watch": pl.Boolean(),
    }
)


def chart(counts: pl.DataFrame, top: int) -> pl.DataFrame:
    """The `top` tracks of the world and of each country by streams that count, and all that could be among them.

    `counts` as in `counting.COUNTS`. Equal streams share the better rank. A track is under watch if its own held
    streams, or those of others, could change its rank; tracks beyond the last rank are there only if they could enter.
    """
    world = counts.with_columns(country=pl.lit(WORLD))
    both = pl.concat([world, counts.filter(pl.col("country").is_not_null())])
    totals = both.group_by("country", "track_id").agg(
        (pl.col("streams") - pl.col("streams_held") - pl.col("streams_excluded")).sum().alias("streams"),
        pl.col("streams_held").sum().alias("held"),
        pl.col("streams_excluded").sum().alias("excluded"),
    )
    ranked = totals.with_columns((pl.col("streams") + pl.col("held")).alias("streams_most")).filter(
        pl.col("streams_most") > 0
    )
    parts = [_ranked(part) for part in ranked.partition_by("country", maintain_order=False)]
    told = pl.concat(parts) if parts else CHART.to_frame()
    shown = told.filter((pl.col("rank") <= top) | (pl.col("rank_best") <= top))
    return shown.select(pl.col(name).cast(dtype) for name, dtype in CHART.items()).sort(
        pl.col("country") != WORLD, "country", "rank", "track_id"
    )


def unsettled(table: pl.DataFrame, top: int) -> pl.DataFrame:
    """Rows of a chart whose place among the `top` could still change."""
    return table.filter(pl.col("under_watch") & (pl.min_horizontal("rank", "rank_best") <= top))


def _ranked(part: pl.DataFrame) -> pl.DataFrame:
    """Ranks within one country. Best: all of its own held streams count and nobody else's; worst: the reverse."""
    low, high = part["streams"].sort(), part["streams_most"].sort()
    rows = part.height
    # Of others, how many have more: those that do anyhow are counted without the track itself.
    above_low = rows - low.search_sorted(part["streams_most"], side="right")
    above_high = rows - high.search_sorted(part["streams"], side="right") - (part["held"] > 0).cast(pl.Int64)
    ranked = part.with_columns(
        pl.col("streams").rank("min", descending=True).alias("rank"),
        (above_low.cast(pl.Int64) + 1).alias("rank_best"),
        (above_high.cast(pl.Int64) + 1).alias("rank_worst"),
    )
    return ranked.with_columns((pl.col("rank_best") != pl.col("rank_worst")).alias("under_watch"))
