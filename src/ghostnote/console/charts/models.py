"""What is known of a bundle: its calibration, how scores and alerts move, whom decisions hit."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import HEIGHT, LABELS, WIDTH, colours, day_axis, epoch, label_axis, named, value_axis
from ghostnote.console.palette import ARTIFICIAL, HELD, HONEST, INK, QUIET
from ghostnote.evaluation.metrics import wilson
from ghostnote.models.manifest import Curve

#: Colours of what is scored.
_SCORED = {"plays": HONEST, "account-days": ARTIFICIAL, "sign-ups": HELD}


def calibration_curves(curves: Mapping[str, Curve]) -> ChartType:
    """From raw scores to probabilities, a line for each of what is scored."""
    rows = pl.DataFrame(
        [
            (name, raw, probability)
            for name, curve in curves.items()
            for raw, probability in zip(curve.scores, curve.probabilities, strict=True)
        ],
        schema={"of": pl.String, "raw": pl.Float64, "probability": pl.Float64},
        orient="row",
    )
    axis = alt.Axis(title="raw score of the trees", format=".0%", tickCount=5)
    chart = (
        alt.Chart(rows)
        .mark_line()
        .encode(
            x=alt.X("raw:Q", scale=alt.Scale(domain=[0, 1]), axis=axis),
            y=value_axis("probability", "probability of fraud", ".0%", domain=[0, 1]),
            color=alt.Color("of:N", scale=colours({name: _SCORED[name] for name in curves})),
        )
        .properties(width=WIDTH, height=HEIGHT + 60)
    )
    most = max((curve.probabilities[-1] for curve in curves.values()), default=0.0)
    return named(
        chart,
        f"The surest score stands for a probability of {wording.share(most)}",
        "How the bundle turns raw scores into probabilities, fitted on rows that its trees did not see",
    )


def score_bins(bins: Sequence[str], now: Sequence[int], before: Sequence[int]) -> ChartType:
    """Shares of plays by score on the last day and on all days before it, on a logarithmic axis."""
    shares = [
        (name, n / max(sum(now), 1), b / max(sum(before), 1)) for name, n, b in zip(bins, now, before, strict=True)
    ]
    known = [share for _, n, b in shares for share in (n, b) if share]
    floor = min(known, default=1e-3) / 3
    frame = pl.DataFrame(
        [(name, max(n, floor), max(b, floor)) for name, n, b in shares],
        schema={"score": pl.String, "last day": pl.Float64, "before": pl.Float64},
        orient="row",
    )
    x = alt.X(
        "share:Q",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(title="share of plays, log scale", format=".2~%", tickCount=4),
    )
    link = (
        alt.Chart(frame)
        .mark_rule(color=QUIET, strokeWidth=2)
        .encode(y=label_axis("score"), x=alt.X("before:Q", scale=alt.Scale(type="log")), x2="last day:Q")
    )
    dots = (
        alt.Chart(frame.unpivot(index="score", variable_name="when", value_name="share"))
        .mark_circle(size=60, opacity=1)
        .encode(
            y=label_axis("score"), x=x, color=alt.Color("when:N", scale=colours({"before": QUIET, "last day": HELD}))
        )
    )
    moved = max(shares, key=lambda one: abs(one[1] - one[2]))
    return named(
        (link + dots).properties(width=WIDTH - LABELS, height=24 * len(bins)),
        f"Scores {moved[0]}: {wording.share(moved[1])} of the last day's plays, {wording.share(moved[2])} before",
        "Plays by score, on the last day and on all days before it; a dot at the left edge stands for none",
    )


def acted_rate(days: pl.DataFrame) -> ChartType:
    """Of each day's accounts, the share that is acted on, with its 95 % interval: frame of day, accounts, acted."""
    rows = []
    for day, accounts, acted in days.select("day", "accounts", "acted").iter_rows():
        if accounts:
            rows.append((day, acted / accounts, *wilson(acted, accounts)))
    frame = pl.DataFrame(
        rows, schema={"day": pl.Date, "rate": pl.Float64, "low": pl.Float64, "high": pl.Float64}, orient="row"
    )
    base = alt.Chart(frame.select(epoch("day"), "rate", "low", "high")).encode(x=day_axis(band=False))
    spread = base.mark_rule(color=INK, opacity=0.4, strokeWidth=2).encode(
        y=value_axis("low", "share of accounts", ".2~%", domainMin=0), y2="high:Q"
    )
    line = base.mark_line(color=INK).encode(y="rate:Q") + base.mark_circle(color=INK, size=22, opacity=1).encode(
        y="rate:Q"
    )
    usual = frame["rate"].head(max(frame.height - 1, 1)).median()
    middle = 0.0 if usual is None else float(str(usual))
    rule = alt.Chart(pl.DataFrame({"usual": [middle]})).mark_rule(color=QUIET, strokeDash=[4, 3]).encode(y="usual:Q")
    last = rows[-1][1] if rows else 0.0
    return named(
        alt.layer(spread, line, rule).properties(width=WIDTH, height=HEIGHT),
        f"{wording.share(last)} of the last day's accounts are acted on; usually {wording.share(middle)}",
        "Accounts with a play that day that are challenged, limited or suspended; bar: 95 % interval; "
        "dashed: the middle of the days before",
    )


def acted_by_cohort(rows: Sequence[Mapping[str, Any]], overall: float, by: str) -> ChartType:
    """Shares of accounts acted on: rows of cohort, share, share_low and share_high (its interval), ceiling or None."""
    names = wording.labels([str(one["cohort"]) for one in rows], 18)
    frame = pl.DataFrame(
        [
            (name, one["share"], one["share_low"], one["share_high"], one["ceiling"])
            for name, one in zip(names, rows, strict=True)
        ],
        schema=["cohort", "share", "low", "high", "ceiling"],
        schema_overrides={"ceiling": pl.Float64},
        orient="row",
    )
    axis = alt.Axis(title="share of accounts acted on", format=".2~%", tickCount=5)
    base = alt.Chart(frame).encode(y=label_axis("cohort"))
    spread = base.mark_rule(color=HONEST, strokeWidth=2, opacity=0.55).encode(
        x=alt.X("low:Q", axis=axis, scale=alt.Scale(domainMin=0)), x2="high:Q"
    )
    point = base.mark_circle(color=HONEST, size=60, opacity=1).encode(x="share:Q")
    line = alt.Chart(pl.DataFrame({"x": [overall]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="x:Q")
    layers: list[Any] = [line, spread, point]
    held = frame.drop_nulls("ceiling")
    if held.height:
        layers.append(
            alt.Chart(held)
            .mark_tick(color=ARTIFICIAL, thickness=2, height=14)
            .encode(y=label_axis("cohort"), x="ceiling:Q")
        )
    top = max(rows, key=lambda one: one["share"])
    title = f"By {by}: most often {wording.clean(str(top['cohort']))}, {wording.share(top['share'])} of its accounts"
    if not top["share"]:
        title = f"By {by}: nobody is acted on"
    also = "; red: the policy's ceiling" if held.height else ""
    return named(
        alt.layer(*layers).properties(width=WIDTH - LABELS, height=max(60, 22 * frame.height)),
        title,
        f"Dot: share acted on; bar: 95 % interval; dashed: all, {wording.share(overall)}{also}",
    )
