"""A campaign over time: the strip of its plays, and the rasters of its accounts beside ordinary ones."""

from datetime import datetime

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import WIDTH, colours, epoch, named
from ghostnote.console.palette import ARTIFICIAL, HONEST
from ghostnote.console.rasters import Raster

_ROW = 7
#: Plays in the hour -> how dark its cell is.
_DARKNESS = {"1": 0.4, "2 to 4": 0.6, "5 to 12": 0.8, "more": 1.0}


def campaign_strip(strip: pl.DataFrame, *, width: int = WIDTH, height: int = 54) -> ChartType:
    """Plays of a campaign's accounts over the whole window: frame of time, counted, withheld."""
    long = strip.select(epoch("time"), "withheld", "counted").unpivot(
        index="time", variable_name="verdict", value_name="plays"
    )
    return named(
        alt.Chart(long)
        .mark_area(interpolate="step-after")
        .encode(
            x=alt.X(
                "time:T",
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(title=None, format="%-d %b", tickCount=7),
            ),
            y=alt.Y("plays:Q", axis=alt.Axis(title=None, tickCount=2, format="~s"), stack="zero"),
            color=alt.Color("verdict:N", scale=colours({"withheld": ARTIFICIAL, "counted": HONEST}), legend=None),
            order=alt.Order("verdict:N", sort="descending"),
        )
        .properties(width=width, height=height),
        _strip_title(strip),
        "",
    )


def _strip_title(strip: pl.DataFrame) -> str:
    total = pl.col("counted") + pl.col("withheld")
    peak = strip.select("time", total.alias("plays")).sort("plays", "time", descending=[True, False]).head(1)
    if peak.is_empty() or not peak["plays"][0]:
        return "Its accounts played nothing"
    step = "hour" if strip.height < 2 or (strip["time"][1] - strip["time"][0]).total_seconds() < 86400 else "day"
    return f"Plays per {step}; most: {wording.number(peak['plays'][0])}, {_when(peak['time'][0], step)}"


def _when(moment: datetime, step: str) -> str:
    return wording.moment(moment) if step == "hour" else wording.day(moment.date(), year=False)


def campaign_raster(raster: Raster) -> ChartType:
    """Each row an account of the campaign, each column an hour; red where most of the hour's plays are withheld."""
    together = _together(raster)
    title = "The campaign: many rows, one rhythm" if together >= 0.5 else "The campaign's accounts, hour by hour"
    return named(_cells(raster), title, _caption(raster, "its accounts", together))


def ordinary_raster(raster: Raster) -> ChartType:
    """The same for accounts that were left alone."""
    together = _together(raster)
    title = "Ordinary accounts: everyone in their own time" if together < 0.75 else "Ordinary accounts, hour by hour"
    return named(_cells(raster), title, _caption(raster, "accounts left alone", together))


def _caption(raster: Raster, who: str, together: float) -> str:
    shown = (
        f"{wording.number(raster.rows)} of {wording.number(raster.members)} {who}"
        if raster.members > raster.rows
        else wording.counted(raster.rows, "account")
    )
    return f"{shown}; in its busiest hour {wording.share(together)} of them play"


def _together(raster: Raster) -> float:
    """Share of the rows that play in the hour in which most do."""
    if raster.cells.is_empty():
        return 0.0
    most = raster.cells.group_by("hour").agg(pl.col("row").n_unique().alias("rows"))["rows"].max()
    return (most if isinstance(most, int) else 0) / raster.rows


def _cells(raster: Raster) -> ChartType:
    plays = pl.col("plays")
    level = (
        pl.when(plays == 1)
        .then(pl.lit("1"))
        .when(plays <= 4)
        .then(pl.lit("2 to 4"))
        .when(plays <= 12)
        .then(pl.lit("5 to 12"))
        .otherwise(pl.lit("more"))
    )
    rows = raster.cells.select(
        epoch("hour"),
        (pl.col("hour").cast(pl.Datetime("ms")).dt.epoch("ms") + 3_600_000).alias("end"),
        "row",
        level.alias("plays"),
        pl.when(pl.col("withheld") * 2 > plays).then(pl.lit("withheld")).otherwise(pl.lit("counted")).alias("verdict"),
    ).sort("verdict", "plays")
    hours = alt.Scale(type="utc", domain=[_ms(raster.start), _ms(raster.end)], nice=False)
    cells: ChartType = (
        alt.Chart(rows)
        .mark_rect()
        .encode(
            x=alt.X(
                "hour:T",
                scale=hours,
                axis=alt.Axis(
                    title="day, ticks at midnight UTC",
                    format="%-d %b",
                    values=[_ms(raster.start) + day * 86_400_000 for day in range(raster.hours // 24 + 1)],
                    grid=True,
                ),
            ),
            x2="end:T",
            y=alt.Y(
                "row:O",
                axis=alt.Axis(title="one row per account", labels=False),
                scale=alt.Scale(domain=list(range(max(raster.rows, 1))), paddingInner=0.25),
            ),
            color=alt.Color("verdict:N", scale=colours({"withheld": ARTIFICIAL, "counted": HONEST}), legend=None),
            opacity=alt.Opacity(
                "plays:N", scale=alt.Scale(domain=list(_DARKNESS), range=list(_DARKNESS.values())), legend=None
            ),
        )
        .properties(width=WIDTH, height=max(raster.rows, 8) * _ROW)
    )
    return cells


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
