"""Plays of chosen accounts by hour: the strips and rasters that show lockstep to the naked eye."""

from datetime import UTC, datetime, timedelta

import msgspec
import polars as pl

from ghostnote.decisions.folder import DecisionFolder

_CELLS = pl.Schema({"row": pl.Int64(), "hour": pl.Datetime("us", "UTC"), "plays": pl.Int64(), "withheld": pl.Int64()})


class Raster(msgspec.Struct, frozen=True):
    """Plays per account and hour: `cells` has row, hour, plays, withheld; rows are accounts, 0 at the top."""

    cells: pl.DataFrame
    rows: int
    members: int
    start: datetime
    hours: int

    @property
    def end(self) -> datetime:
        """The first moment after the raster."""
        return self.start + timedelta(hours=self.hours)


def campaign_strips(folder: DecisionFolder, campaigns: pl.DataFrame, step: timedelta) -> dict[str, pl.DataFrame]:
    """For each campaign, its accounts' plays over time: frames of time, counted and withheld, one row per step."""
    members = campaigns.select("campaign_id", pl.col("accounts").alias("account_id")).explode("account_id").drop_nulls()
    counts = (
        folder.scan("plays")
        .select("account_id", "event_time", (pl.col("verdict") != "count").alias("withheld"))
        .join(members.unique().lazy(), on="account_id", how="inner")
        .group_by("campaign_id", pl.col("event_time").dt.truncate(step).alias("time"))
        .agg(pl.col("withheld").sum().cast(pl.Int64), (~pl.col("withheld")).sum().cast(pl.Int64).alias("counted"))
        .collect(engine="streaming")
    )
    every = _steps(folder, step)
    return {
        str(name): every.join(
            counts.filter(pl.col("campaign_id") == name).drop("campaign_id"), on="time", how="left"
        ).with_columns(pl.col("counted", "withheld").fill_null(0))
        for name in campaigns["campaign_id"]
    }


def _steps(folder: DecisionFolder, step: timedelta) -> pl.DataFrame:
    start, end = _window(folder)
    times = pl.datetime_range(start, end, step, closed="left", eager=True, time_unit="us").alias("time")
    return times.to_frame()


def _window(folder: DecisionFolder) -> tuple[datetime, datetime]:
    start, end = folder.summary.start, folder.summary.end + timedelta(days=1)
    return datetime(start.year, start.month, start.day, tzinfo=UTC), datetime(end.year, end.month, end.day, tzinfo=UTC)


def busiest(strip: pl.DataFrame, days: int = 7) -> tuple[datetime, int]:
    """Start and length in hours of the `days` whole days in which a strip has the most plays."""
    total = pl.col("counted") + pl.col("withheld")
    by_day = strip.group_by(pl.col("time").dt.truncate("1d").alias("day")).agg(total.sum()).sort("day")
    span = min(days, by_day.height)
    sums = by_day.select(pl.col("counted").rolling_sum(span).fill_null(-1)).to_series()
    last = sums.arg_max() or 0
    first = by_day["day"].dt.convert_time_zone("UTC").to_list()[max(0, last - span + 1)]
    return first, span * 24


def raster(folder: DecisionFolder, accounts: pl.Series, start: datetime, hours: int, rows: int = 40) -> Raster:
    """Plays per hour of `rows` of the accounts that played in the window, evenly picked by id, earliest first."""
    window = folder.scan("plays").filter(
        pl.col("event_time").is_between(start, start + timedelta(hours=hours), closed="left"),
        pl.col("account_id").is_in(accounts.implode()),
    )
    cells = (
        window.group_by("account_id", pl.col("event_time").dt.truncate("1h").alias("hour"))
        .agg(
            pl.len().cast(pl.Int64).alias("plays"),
            (pl.col("verdict") != "count").sum().cast(pl.Int64).alias("withheld"),
        )
        .collect(engine="streaming")
    )
    chosen = evenly(cells["account_id"].unique().sort(), rows)
    order = (
        cells.filter(pl.col("account_id").is_in(chosen.implode()))
        .group_by("account_id")
        .agg(pl.col("hour").min().alias("first"))
        .sort("first", "account_id")
        .select("account_id", pl.int_range(pl.len(), dtype=pl.Int64).alias("row"))
    )
    placed = cells.join(order, on="account_id", how="inner").select(_CELLS.names()).sort("row", "hour")
    return Raster(placed, order.height, len(accounts), start, hours)


def ordinary_accounts(folder: DecisionFolder, wanted: int = 400) -> pl.Series:
    """Accounts that played, were left alone and belong to no campaign: an even pick by id."""
    ids = (
        folder.scan("accounts")
        .filter(pl.col("action") == "allow", pl.col("campaign_id").is_null(), pl.col("plays") > 0)
        .select(pl.col("account_id").sort())
        .collect()
        .to_series()
    )
    return evenly(ids, wanted)


def evenly(values: pl.Series, wanted: int) -> pl.Series:
    """At most `wanted` of the values, at equal distances."""
    if len(values) <= wanted:
        return values
    return values.gather([i * len(values) // wanted for i in range(wanted)])
