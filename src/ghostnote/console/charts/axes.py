"""How all charts measure: sizes, titles, and time axes that do not shift with the reader's time zone."""

from typing import Any

import altair as alt
import polars as pl
from altair.typing import ChartType

#: Two charts of this width stand side by side on a desk and one fills a tablet.
WIDTH = 460
HEIGHT = 170
#: Room for names beside a chart of one row per name.
LABELS = 128
#: The SI prefix of the largest tick is given to all of them: nothing is "0", not "0k".
_NOTHING = "datum.value === 0 ? '0' : datum.label"


def named(chart: ChartType, title: str, subtitle: str) -> ChartType:
    """The chart with its title and subtitle."""
    titled: ChartType = chart.properties(title=alt.Title(title, subtitle=subtitle))
    return titled


def epoch(column: str) -> pl.Expr:
    """A day or time as milliseconds UTC, which Vega-Lite reads the same in every time zone."""
    return pl.col(column).cast(pl.Datetime("ms")).dt.epoch("ms").alias(column)


def day_axis(column: str = "day", *, band: bool = True) -> alt.X:
    """Days along the bottom: "4 Mar". Bars stand on bands, lines on points of time."""
    if band:
        axis = alt.Axis(title=None, format="%-d %b", labelOverlap=True, labelAngle=0, labelSeparation=8, ticks=False)
        return alt.X(column, type="ordinal", timeUnit="utcyearmonthdate", axis=axis)
    axis = alt.Axis(title=None, format="%-d %b", labelOverlap=True, tickCount=7)
    return alt.X(column, type="temporal", scale=alt.Scale(type="utc"), axis=axis)


def value_axis(column: str, title: str, number_format: str = "~s", **scale: Any) -> alt.Y:
    """A quantity up the side, its unit written above it."""
    label = _NOTHING if number_format == "~s" else alt.Undefined
    axis = alt.Axis(title=title, format=number_format, tickCount=4, labelExpr=label)
    return alt.Y(column, type="quantitative", axis=axis, scale=alt.Scale(**scale) if scale else alt.Undefined)


def count_axis(title: str) -> alt.Axis:
    """A number of things along the bottom."""
    return alt.Axis(title=title, format="~s", tickCount=4, labelExpr=_NOTHING)


def label_axis(column: str) -> alt.Y:
    """One row per name, in the frame's order, with the same room for names on every chart."""
    axis = alt.Axis(title=None, minExtent=LABELS, maxExtent=LABELS, labelLimit=LABELS - 8)
    return alt.Y(column, type="nominal", sort=None, axis=axis)


def colours(names: dict[str, str]) -> alt.Scale:
    """A fixed colour for each name."""
    return alt.Scale(domain=list(names), range=list(names.values()))
