"""How scores spread, where the thresholds lie, and which rules fired."""

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl
from altair.typing import ChartType

from ghostnote.console import wording
from ghostnote.console.charts.axes import HEIGHT, LABELS, WIDTH, colours, label_axis, named
from ghostnote.console.palette import ARTIFICIAL, HELD, HONEST, INK
from ghostnote.decisions.summary import RuleHits

_FLOOR = 0.7


def score_histogram(counts: Sequence[int], noun: str, thresholds: Mapping[str, float | None]) -> ChartType:
    """Counts in equally wide bins from 0 to 1 on a logarithmic axis; `thresholds` by name."""
    known = {name: value for name, value in thresholds.items() if value is not None and 0 <= value <= 1}
    rows = _bins(counts, sorted(known.values()))
    bars = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("low:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title="score", format=".1f", tickCount=5)),
            x2="high:Q",
            y=alt.Y(
                "count:Q",
                scale=alt.Scale(type="log", domainMin=_FLOOR, nice=False),
                axis=alt.Axis(title=f"{noun}s, log scale", format="~s", values=[10**power for power in range(11)]),
            ),
            y2="floor:Q",
            color=alt.Color(
                "zone:N", scale=colours({"below": HONEST, "between": HELD, "above": ARTIFICIAL}), legend=None
            ),
        )
    )
    chart = alt.layer(bars, *_rules(known)).properties(width=WIDTH, height=HEIGHT)
    return named(
        chart,
        _title(counts, noun),
        f"How many {noun}s have which score; dashed: {_listed(known)}"
        if known
        else f"How many {noun}s have which score; no threshold on it",
    )


def _bins(counts: Sequence[int], thresholds: Sequence[float]) -> pl.DataFrame:
    width = 1 / max(len(counts), 1)
    rows = []
    for place, count in enumerate(counts):
        passed = sum((place + 1) * width > threshold for threshold in thresholds)
        zone = "below" if not passed else "above" if passed == len(thresholds) else "between"
        if count:
            rows.append((place * width + width * 0.06, (place + 1) * width - width * 0.06, float(count), _FLOOR, zone))
    return pl.DataFrame(rows, schema=["low", "high", "count", "floor", "zone"], orient="row")


def _rules(thresholds: Mapping[str, float]) -> list[alt.Chart]:
    if not thresholds:
        return []
    rows = pl.DataFrame({"at": list(thresholds.values())})
    return [alt.Chart(rows).mark_rule(color=INK, strokeDash=[4, 3]).encode(x="at:Q")]


def _listed(thresholds: Mapping[str, float]) -> str:
    rising = sorted(thresholds.items(), key=lambda item: item[1])
    return ", ".join(f"{name} from {_threshold(value)}" for name, value in rising)


def _threshold(value: float) -> str:
    return f"{value:.2f}" if value < 0.995 else f"{value:.4f}"


def _title(counts: Sequence[int], noun: str) -> str:
    total = sum(counts)
    if not total:
        return f"No {noun} has a score"
    tenth = len(counts) // 10
    sure = 1 - sum(counts[tenth : len(counts) - tenth]) / total
    return f"{wording.share(sure)} of {noun}s score below 0.1 or above 0.9"


def rule_hits(rules: Sequence[RuleHits]) -> ChartType:
    """Accounts hit by each rule that hit any, most first."""
    hit = sorted((rule for rule in rules if rule.accounts_hit), key=lambda rule: (-rule.accounts_hit, rule.name))
    names = wording.labels([rule.name.replace("_", " ") for rule in hit], 26)
    rows = pl.DataFrame(
        {
            "rule": names,
            "accounts": [rule.accounts_hit for rule in hit],
            "said": [wording.number(rule.accounts_hit) for rule in hit],
        },
        schema={"rule": pl.String, "accounts": pl.Int64, "said": pl.String},
    )
    base = alt.Chart(rows).encode(
        y=label_axis("rule"),
        x=alt.X("accounts:Q", axis=alt.Axis(title="accounts", format="~s", tickCount=5)),
    )
    chart = base.mark_bar(color=ARTIFICIAL, height=14) + base.mark_text(align="left", dx=5).encode(text="said:N")
    title = f"{wording.counted(len(hit), 'rule')} of {len(rules)} fired" if hit else "No rule fired"
    return named(
        chart.properties(width=WIDTH - LABELS, height=max(40, 26 * len(hit))),
        title,
        "Accounts of which a rule says that no honest listener could behave so",
    )
