"""The charts of an evidence packet: plays of a few tracks, counted and artificial."""

from collections.abc import Sequence

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import (
    HEIGHT,
    LABELS,
    WIDTH,
    colours,
    count_axis,
    day_axis,
    epoch,
    label_axis,
    named,
    value_axis,
)
from ghostnote.console.palette import ARTIFICIAL, HONEST
from ghostnote.decisions.attribution.packet import Counted, Listener

_VERDICTS = {"counted": HONEST, "artificial": ARTIFICIAL}


def plays_by_day(days: Sequence[Counted]) -> ChartType:
    """Counted and artificial plays of each day, stacked; days without plays are empty."""
    rows = _long(days, "day").with_columns(pl.col("day").str.to_date()).select(epoch("day"), "verdict", "plays")
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=day_axis(),
            y=value_axis("plays", "plays per day"),
            color=alt.Color("verdict:N", scale=colours(_VERDICTS)),
            order=alt.Order("verdict:N", sort="descending"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )
    most = max(days, key=lambda one: one.artificial, default=None)
    title = "No play is artificial"
    if most is not None and most.artificial:
        when = wording.day(pl.Series([most.name]).str.to_date()[0], year=False)
        title = f"Most artificial plays came on {when}: {wording.number(most.artificial)}"
    return named(chart, title, "Plays that count and plays that do not, by the day on which they ended (UTC)")


def share_by_day(days: Sequence[Counted]) -> ChartType:
    """The artificial share of each day with its 95 % interval."""
    found = [(one.name, one.share, one.low, one.high) for one in days]
    schema = {"day": pl.String, "share": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    rows = pl.DataFrame(found, schema=schema, orient="row").with_columns(pl.col("day").str.to_date())
    base = alt.Chart(rows.select(epoch("day"), "share", "low", "high")).encode(x=day_axis())
    share = value_axis("low", "share of plays", ".0~%", domain=[0, 1])
    spread = base.mark_rule(color=ARTIFICIAL, strokeWidth=2, opacity=0.55).encode(y=share, y2="high:Q")
    point = base.mark_circle(color=ARTIFICIAL, size=50, opacity=1).encode(y="share:Q")
    chart = (spread + point).properties(width=WIDTH, height=HEIGHT)
    low, high = min((one.share for one in days), default=0.0), max((one.share for one in days), default=0.0)
    title = f"Between {wording.share(low)} and {wording.share(high)} of a day's plays are artificial"
    if wording.share(low) == wording.share(high):
        title = f"{wording.share(low)} of each day's plays are artificial"
    return named(chart, title, "Dot: artificial share; bar: 95 % interval, by listeners")


def split(rows: Sequence[Counted], title: str, subtitle: str, *, width: int = WIDTH - LABELS) -> ChartType:
    """Counted and artificial plays, one bar per row."""
    names = wording.labels([one.name for one in rows], 18)
    long = _long(rows, "name", names)
    chart = (
        alt.Chart(long)
        .mark_bar(height=14)
        .encode(
            y=label_axis("name"),
            x=alt.X("plays:Q", axis=count_axis("plays"), stack="zero"),
            color=alt.Color("verdict:N", scale=colours(_VERDICTS)),
            order=alt.Order("verdict:N", sort="descending"),
        )
        .properties(width=width, height=max(60, 26 * len(rows)))
    )
    return named(chart, title, subtitle)


def listeners(top: Sequence[Listener], half: int, everybody: int, *, width: int = WIDTH - LABELS) -> ChartType:
    """Artificial plays of the listeners who made most of them, by number."""
    rows = pl.DataFrame(
        {
            "listener": [f"Listener {one.number}" for one in top],
            "plays": [one.plays for one in top],
            "said": [f"{wording.number(one.plays)} on {wording.counted(one.days, 'day')}" for one in top],
        },
        schema={"listener": pl.String, "plays": pl.Int64, "said": pl.String},
    )
    most = max((one.plays for one in top), default=1)
    base = alt.Chart(rows).encode(
        y=label_axis("listener"),
        x=alt.X(
            "plays:Q",
            axis=count_axis("artificial plays"),
            scale=alt.Scale(domainMax=1.4 * most),
        ),
    )
    chart = base.mark_bar(color=ARTIFICIAL, height=14) + base.mark_text(align="left", dx=5).encode(text="said:N")
    accounts = wording.counted(half, "account")
    title = f"Half of the artificial plays come from {accounts} of {wording.number(everybody)}"
    return named(
        chart.properties(width=width, height=max(60, 26 * len(top))),
        title,
        "The accounts with most artificial plays, numbered, and the days on which they made them",
    )


def _long(rows: Sequence[Counted], column: str, names: Sequence[str] | None = None) -> pl.DataFrame:
    """One row per name and verdict."""
    said = names if names is not None else [one.name for one in rows]
    return pl.DataFrame(
        [
            (name, verdict, plays)
            for name, one in zip(said, rows, strict=True)
            for verdict, plays in (("counted", one.honest), ("artificial", one.artificial))
        ],
        schema={column: pl.String, "verdict": pl.String, "plays": pl.Int64},
        orient="row",
    )
