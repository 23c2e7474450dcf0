"""A track's or an owner's plays: what started them beside what usually does, and how few listeners make them."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import HEIGHT, LABELS, WIDTH, colours, label_axis, named, value_axis
from ghostnote.console.palette import ARTIFICIAL, HONEST, INK, MUTED

_VERDICTS = {"counted": HONEST, "artificial": ARTIFICIAL}


def mix(rows: Sequence[Mapping[str, Any]], kind: str) -> ChartType:
    """What started the plays: a bar per row (name, honest, artificial, part, usual), a tick at what is usual.

    `part` is the row's share of all plays of the `kind` (track or owner), `usual` that of the whole run or None.
    """
    names = wording.labels([one["name"] for one in rows], 18)
    total = sum(one["honest"] + one["artificial"] for one in rows) or 1
    long = pl.DataFrame(
        [
            (name, verdict, one[key] / total)
            for name, one in zip(names, rows, strict=True)
            for verdict, key in (("counted", "honest"), ("artificial", "artificial"))
        ],
        schema={"name": pl.String, "verdict": pl.String, "part": pl.Float64},
        orient="row",
    )
    usual = pl.DataFrame(
        [(name, one["usual"]) for name, one in zip(names, rows, strict=True) if one["usual"] is not None],
        schema={"name": pl.String, "usual": pl.Float64},
        orient="row",
    )
    axis = alt.Axis(title=f"share of the {kind}'s plays", format=".0%", tickCount=5)
    bars = (
        alt.Chart(long)
        .mark_bar(height=14)
        .encode(
            y=label_axis("name"),
            x=alt.X("part:Q", axis=axis, stack="zero"),
            color=alt.Color("verdict:N", scale=colours(_VERDICTS)),
            order=alt.Order("verdict:N", sort="descending"),
        )
    )
    ticks = alt.Chart(usual).mark_tick(color=INK, thickness=2, height=22).encode(y=label_axis("name"), x="usual:Q")
    chart = (bars + ticks).properties(width=WIDTH - LABELS, height=max(60, 26 * len(rows)))
    most = max(rows, key=lambda one: one["part"])
    beside = "" if most["usual"] is None else f"; of all plays {wording.share(most['usual'])}"
    title = f"{wording.share(most['part'])} of its plays come from: {wording.clean(most['name'])}{beside}"
    return named(chart, title, "What started its plays; tick: the share of all plays of the period")


def concentration(parts: Sequence[float], own: Sequence[float], usual: Sequence[float] | None, kind: str) -> ChartType:
    """What share of plays the first `parts` of the listeners made, keenest first; `usual` is of others of its size."""
    lines = {f"this {kind}": own} | ({f"usual {kind}s of its size": usual} if usual is not None else {})
    rows = pl.DataFrame(
        [
            (said, at, value)
            for said, values in lines.items()
            for at, value in ((0.0, 0.0), *zip(parts, values, strict=True), (1.0, 1.0))
        ],
        schema={"whose": pl.String, "listeners": pl.Float64, "plays": pl.Float64},
        orient="row",
    )
    scale = colours(dict(zip(lines, (INK, MUTED), strict=False)))
    base = alt.Chart(rows).encode(
        x=alt.X(
            "listeners:Q",
            axis=alt.Axis(title="share of its listeners, most eager first", format=".0%", tickCount=5),
            scale=alt.Scale(domain=[0, 1]),
        ),
        y=value_axis("plays", "share of plays", ".0~%", domain=[0, 1]),
        color=alt.Color("whose:N", scale=scale, legend=alt.Legend(symbolType="stroke", symbolStrokeWidth=3)),
    )
    chart = (base.mark_line(strokeWidth=2) + base.mark_circle(size=30, opacity=1)).properties(
        width=WIDTH, height=HEIGHT
    )
    place = list(parts).index(0.1)
    title = f"The keenest 10 % of its listeners made {wording.share(own[place])} of its plays"
    title += f"; usually {wording.share(usual[place])}" if usual is not None else ""
    return named(chart, title, "The further above the diagonal, the fewer listeners make the plays")
