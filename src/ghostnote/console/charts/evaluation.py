"""How good a defence is: precision over recall, what each part adds, and whether probabilities mean what they say."""

from collections.abc import Sequence

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import HEIGHT, LABELS, WIDTH, colours, label_axis, named, value_axis
from ghostnote.console.palette import ARTIFICIAL, HONEST, MUTED, QUIET
from ghostnote.decisions.evaluation import Calibrated, Ranking, Replayed, Variant

_SHARE = alt.Scale(domain=[0, 1])


def precision_recall(accounts: Ranking, plays: Ranking) -> ChartType:
    """Precision over recall for the ranking of accounts and that of plays."""
    named_rows = {"accounts": accounts, "plays": plays}
    rows = pl.DataFrame(
        [
            (name, point.recall, point.precision)
            for name, ranking in named_rows.items()
            for point in sorted(ranking.curve, key=lambda p: p.recall)
        ],
        schema={"of": pl.String, "recall": pl.Float64, "precision": pl.Float64},
        orient="row",
    )
    chart = (
        alt.Chart(rows)
        .mark_line(point=alt.OverlayMarkDef(size=12))
        .encode(
            x=alt.X("recall:Q", scale=_SHARE, axis=alt.Axis(title="fraud found (recall)", format=".0%", tickCount=5)),
            y=value_axis("precision", "of what is pointed at, fraud (precision)", ".0%", domain=[0, 1]),
            color=alt.Color("of:N", scale=colours({"accounts": ARTIFICIAL, "plays": HONEST})),
        )
        .properties(width=WIDTH, height=HEIGHT + 60)
    )
    said = [
        f"{wording.number(ranking.average_precision, 3)} for {name}"
        for name, ranking in named_rows.items()
        if ranking.average_precision is not None
    ]
    return named(chart, f"Average precision {' and '.join(said)}" if said else "Nothing to find", "By score alone")


def reliability(calibrated: Calibrated, noun: str) -> ChartType:
    """Observed against predicted shares with their 95 % intervals; on the diagonal a probability means what it says."""
    rows = pl.DataFrame(
        [(b.predicted, b.observed, b.low, b.high, wording.number(b.rows)) for b in calibrated.bins],
        schema=["predicted", "observed", "low", "high", "rows"],
        orient="row",
    )
    ideal = alt.Chart(pl.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]})).mark_line(color=QUIET, strokeDash=[4, 3])
    x = alt.X("predicted:Q", scale=_SHARE, axis=alt.Axis(title="predicted", format=".0%", tickCount=5))
    base = alt.Chart(rows).encode(x=x)
    spread = base.mark_rule(color=HONEST, opacity=0.55, strokeWidth=2).encode(
        y=value_axis("low", "observed share of fraud", ".0%", domain=[0, 1]), y2="high:Q"
    )
    point = base.mark_circle(color=HONEST, size=50, opacity=1).encode(y="observed:Q")
    text = base.mark_text(color=MUTED, dy=-12, fontSize=11).encode(y="observed:Q", text="rows:N")
    chart = alt.layer(ideal.encode(x="x:Q", y="y:Q"), spread, point, text).properties(width=WIDTH, height=HEIGHT + 60)
    return named(
        chart,
        f"Scores of {noun} are {wording.share(calibrated.error)} off on average",
        f"How many {noun} stand beside each point; dashed: what was predicted happened",
    )


def kinds_left_out(whole: Variant, variants: Sequence[Variant]) -> ChartType:
    """Of each kind, the share of its plays withheld with and without its accounts in training."""
    rows = []
    for variant in variants:
        for said, judged in (("known", whole), ("never taught", variant)):
            share = withheld_of(judged, variant.name)
            if share is not None:
                rows.append((variant.name, said, share, wording.share(share)))
    kinds = list(dict.fromkeys(kind for kind, *_ in rows))
    labels = dict(zip(kinds, wording.labels([kind.replace("_", " ") for kind in kinds], 24), strict=True))
    frame = pl.DataFrame(
        [(labels[kind], said, share, text) for kind, said, share, text in rows],
        schema={"kind": pl.String, "training": pl.String, "share": pl.Float64, "said": pl.String},
        orient="row",
    )
    base = alt.Chart(frame).encode(
        y=label_axis("kind"),
        x=alt.X("share:Q", scale=_SHARE, axis=alt.Axis(title="plays withheld", format=".0%", tickCount=5)),
        yOffset=alt.YOffset("training:N", sort=["known", "never taught"]),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("training:N", scale=colours({"known": HONEST, "never taught": ARTIFICIAL}))
    )
    chart = bars + base.mark_text(align="left", dx=5).encode(text="said:N")
    return named(
        chart.properties(width=WIDTH - LABELS, height=max(60, 44 * len(labels))),
        "How each kind of attack is caught if nothing like it was in training",
        "Share of its plays withheld",
    )


def first_day(replayed: Replayed) -> ChartType:
    """Of each campaign, the share of its plays withheld when their own day ended."""
    campaigns = replayed.campaigns
    frame = pl.DataFrame(
        {
            "campaign": wording.labels([c.campaign_id for c in campaigns], 24),
            "share": [c.withheld_share or 0.0 for c in campaigns],
            "said": [wording.share(c.withheld_share) for c in campaigns],
        },
        schema={"campaign": pl.String, "share": pl.Float64, "said": pl.String},
    )
    base = alt.Chart(frame).encode(
        y=label_axis("campaign"),
        x=alt.X("share:Q", scale=_SHARE, axis=alt.Axis(title="plays withheld", format=".0%", tickCount=5)),
    )
    chart = base.mark_bar(color=ARTIFICIAL, height=14) + base.mark_text(align="left", dx=5).encode(text="said:N")
    return named(
        chart.properties(width=WIDTH - LABELS, height=max(60, 26 * len(campaigns))),
        "What would have been withheld the same day",
        "Share of each campaign's plays withheld when their day ended, nothing later known",
    )


def withheld_of(variant: Variant, kind: str) -> float | None:
    """Share of the plays of a kind's campaigns that were withheld, of its accounts caught if it made no plays."""
    campaigns = [c for c in variant.truth.campaigns if c.kind == kind]
    plays, accounts = sum(c.plays for c in campaigns), sum(c.accounts for c in campaigns)
    if plays:
        return sum(c.plays_withheld for c in campaigns) / plays
    return sum(c.accounts_caught for c in campaigns) / accounts if accounts else None
