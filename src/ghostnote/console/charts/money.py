"""What owners are paid before and after artificial plays are taken out."""

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import LABELS, WIDTH, colours, label_axis, named
from ghostnote.console.palette import ARTIFICIAL, GOOD, QUIET

_AFTER = {"before": QUIET, "after, less": ARTIFICIAL, "after, more": GOOD}


def owner_payouts(owners: pl.DataFrame, currency: str, *, width: int = WIDTH - LABELS) -> ChartType:
    """Payout before and after, one row per owner of the frame, in its order."""
    before, after = pl.col("payout_before"), pl.col("payout_after")
    names = wording.labels(owners["owner_id"].to_list(), 18)
    rows = owners.select(
        pl.Series("label", names, dtype=pl.String),
        before.alias("from"),
        after.alias("to"),
        pl.when(after < before).then(pl.lit("after, less")).otherwise(pl.lit("after, more")).alias("change"),
        pl.lit("before").alias("start"),
    )
    y = label_axis("label")
    x = alt.X("from:Q", axis=alt.Axis(title=f"payout, {wording.clean(currency)}", format="~s", tickCount=5))
    present = {"before", *rows["change"]}
    scale = colours({name: colour for name, colour in _AFTER.items() if name in present})
    base = alt.Chart(rows).encode(y=y)
    link = base.mark_rule(strokeWidth=2, opacity=0.55).encode(x=x, x2="to:Q", color=alt.Color("change:N", scale=scale))
    old = base.mark_circle(size=50, opacity=1).encode(x="from:Q", color=alt.Color("start:N", scale=scale))
    new = base.mark_circle(size=60, opacity=1).encode(x="to:Q", color=alt.Color("change:N", scale=scale))
    chart = (link + old + new).properties(width=width, height=max(60, 22 * rows.height))
    lost = owners.filter(after < before).select((before - after).sum()).item()
    title = (
        f"These {rows.height} owners are paid {wording.money(lost, currency)} less" if lost else "No owner is paid less"
    )
    return named(chart, title, "Payout from the pool before and after artificial plays are taken out")
