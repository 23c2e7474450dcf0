"""Decisions against the truth, where attacks were simulated or planted: caught and missed, and who was harmed."""

from collections.abc import Sequence

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import LABELS, WIDTH, colours, label_axis, named
from ghostnote.console.palette import GOOD, HONEST, INK, QUIET
from ghostnote.decisions.summary import CampaignTruth, CohortTruth

_FOUND = {"caught": GOOD, "missed": QUIET}


def campaigns_caught(campaigns: Sequence[CampaignTruth]) -> ChartType:
    """For each campaign the share of its accounts caught and of its plays withheld, side by side."""
    names = wording.labels([campaign.campaign_id for campaign in campaigns], 18)
    accounts = [(c.accounts_caught, c.accounts) for c in campaigns]
    plays = [(c.plays_withheld, c.plays) for c in campaigns]
    left = _caught(names, accounts, "accounts caught", labelled=True)
    right = _caught(names, plays, "plays withheld", labelled=False)
    whole = sum(c.accounts for c in campaigns)
    caught = sum(c.accounts_caught for c in campaigns)
    title = (
        f"{wording.number(caught)} of {wording.counted(whole, 'attacking account')} caught"
        if campaigns
        else "Nothing was planted"
    )
    return named(
        alt.hconcat(left, right, spacing=24),
        title,
        "Share of each campaign's accounts caught, and of its plays withheld",
    )


def _caught(names: list[str], parts: list[tuple[int, int]], title: str, *, labelled: bool) -> ChartType:
    rows = pl.DataFrame(
        [
            (name, kind, share, order)
            for name, (hit, total) in zip(names, parts, strict=True)
            for order, (kind, share) in enumerate(
                (("caught", hit / total), ("missed", 1 - hit / total)) if total else ()
            )
        ],
        schema={"campaign": pl.String, "found": pl.String, "share": pl.Float64, "order": pl.Int64},
        orient="row",
    )
    said = pl.DataFrame(
        {"campaign": names, "said": [wording.share(hit / total) if total else "none made" for hit, total in parts]}
    )
    y = alt.Y("campaign:N", sort=None, scale=alt.Scale(domain=names), axis=alt.Axis(title=None, labels=labelled))
    x = alt.X(
        "share:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title=title, format=".0%", tickCount=3), stack="zero"
    )
    bars = (
        alt.Chart(rows)
        .mark_bar(height=16)
        .encode(x=x, y=y, color=alt.Color("found:N", scale=colours(_FOUND)), order="order:O")
    )
    texts = alt.Chart(said).mark_text(align="left", dx=6).encode(y=y, x=alt.datum(1.0), text="said:N")
    panel: ChartType = (bars + texts).properties(width=115, height=max(40, 28 * len(names)))
    return panel


def cohort_rates(cohorts: Sequence[CohortTruth], ceiling: float | None) -> ChartType:
    """Share of each honest cohort's accounts acted on, with 95 % intervals, against the agreed ceiling."""
    ordered = sorted(cohorts, key=lambda c: (-c.rate, -c.high, c.cohort))
    rows = pl.DataFrame(
        {
            "cohort": wording.labels([c.cohort.replace("_", " ") for c in ordered], 24),
            "rate": [c.rate for c in ordered],
            "low": [c.low for c in ordered],
            "high": [c.high for c in ordered],
        },
        schema={"cohort": pl.String, "rate": pl.Float64, "low": pl.Float64, "high": pl.Float64},
    )
    base = alt.Chart(rows).encode(y=label_axis("cohort"))
    axis = alt.Axis(title="honest accounts acted on", format=".2~%", tickCount=5)
    spread = base.mark_rule(color=HONEST, strokeWidth=2, opacity=0.55).encode(
        x=alt.X("low:Q", axis=axis, scale=alt.Scale(domainMin=0)), x2="high:Q"
    )
    point = base.mark_circle(color=HONEST, size=60, opacity=1).encode(x="rate:Q")
    layers: list[alt.Chart] = [spread, point]
    if ceiling is not None:
        layers.append(alt.Chart(pl.DataFrame({"x": [ceiling]})).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="x:Q"))
    harmed = sum(c.accounts_acted for c in cohorts)
    total = sum(c.accounts for c in cohorts)
    title = (
        f"{wording.number(harmed)} of {wording.counted(total, 'honest account')} acted on"
        if harmed
        else f"None of {wording.counted(total, 'honest account')} was acted on"
    )
    dashed = "" if ceiling is None else f"; dashed: the ceiling, {wording.share(ceiling)}"
    return named(
        alt.layer(*layers).properties(width=WIDTH - LABELS, height=max(60, 26 * len(ordered))),
        title,
        f"Share of each cohort's accounts, with its 95 % interval{dashed}",
    )
