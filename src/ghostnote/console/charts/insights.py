"""Trends: what artificial plays are for, what grew, what spoke against accounts, and where plays are withheld."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

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
from ghostnote.console.charts.tracks import ROLE_COLOURS
from ghostnote.console.palette import ARTIFICIAL, INK, QUIET


def withheld_by_role(rows: pl.DataFrame, days: Sequence[date]) -> ChartType:
    """Withheld plays of each of `days` by the part of the track: frame of day, role, plays."""
    sums = rows.group_by("role").agg(pl.col("plays").sum()).sort("plays", "role", descending=[True, False])
    every = pl.DataFrame({"day": list(days)}, schema={"day": pl.Date}).join(sums.select("role"), how="cross")
    full = every.join(rows, on=["day", "role"], how="left").with_columns(pl.col("plays").fill_null(0))
    scale = colours({role: ROLE_COLOURS[role] for role in ROLE_COLOURS if role in sums["role"].to_list()})
    chart = (
        alt.Chart(full.select(epoch("day"), "role", "plays"))
        .mark_bar()
        .encode(
            x=day_axis(),
            y=value_axis("plays", "plays per day"),
            color=alt.Color("role:N", scale=scale),
            order=alt.Order("role:N"),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )
    title = "No play was withheld"
    if sums.height and sums["plays"][0]:
        part = sums["plays"][0] / sums["plays"].sum()
        title = f"{wording.share(part)} of withheld plays are on tracks whose part is: {sums['role'][0]}"
    return named(chart, title, "Withheld plays by the part that the track had in them, by day of play")


def grown(rows: Sequence[Mapping[str, Any]], days: int, what: str) -> ChartType:
    """Plays a day before and now, a row each: label, before, recent (plays over as many `days` each)."""
    names = wording.labels([one["label"] for one in rows], 18)
    frame = pl.DataFrame(
        [(name, one["before"] / days, one["recent"] / days) for name, one in zip(names, rows, strict=True)],
        schema={"label": pl.String, "before": pl.Float64, "now": pl.Float64},
        orient="row",
    )
    scale = colours({"before": QUIET, "now": ARTIFICIAL})
    base = alt.Chart(frame).encode(y=label_axis("label"))
    link = base.mark_rule(color=QUIET, strokeWidth=2).encode(
        x=alt.X("before:Q", axis=count_axis("plays a day")), x2="now:Q"
    )
    dots = (
        alt.Chart(frame.unpivot(index="label", variable_name="when", value_name="plays"))
        .mark_circle(size=60, opacity=1)
        .encode(y=label_axis("label"), x="plays:Q", color=alt.Color("when:N", scale=scale))
    )
    most = max(rows, key=lambda one: one["recent"] - one["before"])
    more = most["recent"] - most["before"]
    title = f"None of the {what} grew"
    if more > 0:
        title = (
            f"Of the {what}, {wording.short(most['label'], 18)} grew most: by {wording.a_day(more / days)} plays a day"
        )
    chart = (link + dots).properties(width=WIDTH - LABELS, height=max(60, 24 * frame.height))
    which = "All plays of its accounts" if what == "campaigns" else "Withheld plays"
    return named(chart, title, f"{which}, a day, in the last {_days(days)} and in as many before")


def spoke_against(rows: Sequence[Mapping[str, Any]]) -> ChartType:
    """Accounts by what spoke against them: name, accounts, a bar each, in the order given."""
    names = wording.labels([one["name"].replace("_", " ") for one in rows], 26)
    frame = pl.DataFrame(
        {"name": names, "accounts": [one["accounts"] for one in rows]},
        schema={"name": pl.String, "accounts": pl.Int64},
    ).with_columns(pl.Series("said", [wording.number(one["accounts"]) for one in rows], dtype=pl.String))
    most = max((one["accounts"] for one in rows), default=1)
    base = alt.Chart(frame).encode(
        y=label_axis("name"),
        x=alt.X("accounts:Q", axis=count_axis("accounts"), scale=alt.Scale(domainMax=1.2 * most)),
    )
    chart = base.mark_bar(color=ARTIFICIAL, height=14) + base.mark_text(align="left", dx=5).encode(text="said:N")
    title = f"Most often spoke against accounts: {rows[0]['name'].replace('_', ' ')}" if rows else "Nothing was found"
    return named(
        chart.properties(width=WIDTH - LABELS, height=max(60, 24 * frame.height)),
        title,
        "Accounts not let alone, by what spoke against them; several can, of one account",
    )


def withheld_by(rows: Sequence[Mapping[str, Any]], overall: float, dimension: str) -> ChartType:
    """Share of plays withheld with its 95 % interval, a row each: name, share, low, high; dashed: `overall`."""
    names = wording.labels([one["name"] for one in rows], 18)
    frame = pl.DataFrame(
        [(name, one["share"], one["low"], one["high"]) for name, one in zip(names, rows, strict=True)],
        schema={"name": pl.String, "share": pl.Float64, "low": pl.Float64, "high": pl.Float64},
        orient="row",
    )
    axis = alt.Axis(title="share of plays withheld", format=".2~%", tickCount=5)
    base = alt.Chart(frame).encode(y=label_axis("name"))
    spread = base.mark_rule(color=ARTIFICIAL, strokeWidth=2, opacity=0.55).encode(
        x=alt.X("low:Q", axis=axis), x2="high:Q"
    )
    point = base.mark_circle(color=ARTIFICIAL, size=60, opacity=1).encode(x="share:Q")
    line = alt.Chart(pl.DataFrame({"x": [overall]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="x:Q")
    chart = (line + spread + point).properties(width=WIDTH - LABELS, height=max(60, 22 * frame.height))
    top = max(rows, key=lambda one: one["share"])
    title = f"By {dimension}: most is withheld of {wording.clean(top['name'])}, {wording.share(top['share'])}"
    if not top["share"]:
        title = f"By {dimension}: nothing is withheld anywhere"
    return named(
        chart, title, f"Dot: share withheld; bar: 95 % interval, by listeners; dashed: all, {wording.share(overall)}"
    )


def _days(count: int) -> str:
    return "day" if count == 1 else wording.counted(count, "day")
