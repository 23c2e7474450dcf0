"""Two policies side by side: what share of each cohort each of them acts on."""

from collections.abc import Sequence

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import LABELS, WIDTH, colours, label_axis, named
from ghostnote.console.palette import ARTIFICIAL, HONEST
from ghostnote.decisions.comparison import Observed

_MOST = 8


def acted_by_cohort(by: str, first: Sequence[Observed], second: Sequence[Observed]) -> ChartType:
    """Shares of cohorts acted on with their 95 % intervals, a row a cohort; `first` and `second` are of one kind."""
    other = {one.cohort: one for one in second}
    shown = sorted(first, key=lambda one: -max(one.acted, other[one.cohort].acted))[:_MOST]
    labels = dict(zip([one.cohort for one in shown], wording.labels([one.cohort for one in shown], 18), strict=True))
    rows = [
        (labels[one.cohort], said, one.acted / one.accounts, one.low, one.high)
        for pair in ((one, other[one.cohort]) for one in shown)
        for said, one in zip(("first", "second"), pair, strict=True)
    ]
    frame = pl.DataFrame(rows, schema=["cohort", "policy", "share", "low", "high"], orient="row")
    colour = alt.Color("policy:N", scale=colours({"first": ARTIFICIAL, "second": HONEST}))
    axis = alt.Axis(title="accounts acted on", format=".1~%", tickCount=5)
    base = alt.Chart(frame).encode(
        y=label_axis("cohort"), yOffset=alt.YOffset("policy:N", sort=["first", "second"]), color=colour
    )
    spread = base.mark_rule(opacity=0.55, strokeWidth=2).encode(x=alt.X("low:Q", axis=axis), x2="high:Q")
    point = base.mark_circle(size=50, opacity=1).encode(x="share:Q")
    chart = (spread + point).properties(width=WIDTH - LABELS, height=max(60, 36 * len(shown)))
    return named(chart, f"By {by}", "Share of each cohort's accounts acted on, with 95 % intervals")
