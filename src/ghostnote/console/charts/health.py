"""Whether a model's scores move from day to day."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import HEIGHT, WIDTH, day_axis, epoch, named, value_axis
from ghostnote.console.health import MOVED
from ghostnote.console.palette import HELD, INK, QUIET


def score_shift(days: Sequence[Mapping[str, Any]]) -> ChartType:
    """How far each day's play scores lie from those of all days before it: rows of day, shift and chance (or None)."""
    known = [(one["day"], one["shift"], max(MOVED, one["chance"])) for one in days if one["shift"] is not None]
    rows = pl.DataFrame(known, schema={"day": pl.Date, "shift": pl.Float64, "bound": pl.Float64}, orient="row")
    most = max(max(value, bound) for _, value, bound in known)
    bars = (
        alt.Chart(rows.select(epoch("day"), "shift"))
        .mark_bar(color=HELD)
        .encode(
            x=day_axis(),
            y=value_axis("shift", "population stability index", ".2~f", domain=[0, 1.1 * most]),
        )
    )
    line = (
        alt.Chart(rows.select(epoch("day"), "bound"))
        .mark_tick(color=INK, thickness=2)
        .encode(x=day_axis(), y="bound:Q")
    )
    _, last, bound = known[-1]
    how = "as before" if last < bound else "otherwise than before"
    title = f"Play scores of the last day are spread {how}: {last:.3f}"
    chart = (bars + line).properties(width=WIDTH, height=HEIGHT)
    return named(
        chart,
        title,
        f"Each day's scores against all days before it; tick: from where on they moved, {MOVED} or more than chance",
    )


def marked_share(days: Sequence[Mapping[str, Any]]) -> ChartType:
    """Share of each day's plays that score at the threshold or above: rows of day and marked (or None)."""
    known = [(one["day"], one["marked"]) for one in days if one["marked"] is not None]
    rows = pl.DataFrame(known, schema={"day": pl.Date, "marked": pl.Float64}, orient="row")
    base = alt.Chart(rows.select(epoch("day"), "marked")).encode(
        x=day_axis(band=False), y=value_axis("marked", "share of plays", ".2~%", domainMin=0)
    )
    chart = base.mark_line(color=INK) + base.mark_circle(color=INK, size=22, opacity=1)
    usual = rows["marked"].head(max(rows.height - 1, 1)).median()
    rule = alt.Chart(pl.DataFrame({"usual": [usual]})).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(y="usual:Q")
    title = (
        f"{wording.share(known[-1][1])} of the last day's plays are marked; usually {wording.share(float(str(usual)))}"
    )
    return named(
        (chart + rule).properties(width=WIDTH, height=HEIGHT),
        title,
        "Plays that score at the threshold or above, which alone does nothing; dashed: the middle of the days before",
    )
