"""The page of an evaluation: one HTML file beside `evaluation.json`, made from it alone."""

import os
from pathlib import Path
from typing import Any

from ghostnote.console import charts
from ghostnote.console.charts.evaluation import withheld_of
from ghostnote.console.drawing import Draughtsman
from ghostnote.console.report import render, write_page
from ghostnote.decisions.evaluation import Evaluation, KindOfSignups, Variant, read_evaluation

PAGE_FILE = "evaluation.html"


def write_evaluation(folder: str | os.PathLike[str]) -> Path:
    """Draw `evaluation.json` in `folder` as `evaluation.html` beside it, whole or not at all; returns its path."""
    path = Path(folder) / PAGE_FILE
    write_page(path, render("evaluation.html", evaluation_context(read_evaluation(folder))).encode())
    return path


def evaluation_context(found: Evaluation) -> dict[str, Any]:
    """Everything that the page shows."""
    draughtsman = Draughtsman()
    ranked = [charts.precision_recall(found.whole.accounts, found.whole.plays)]
    for calibrated, noun in ((found.account_calibration, "accounts"), (found.play_calibration, "plays")):
        if calibrated is not None:
            ranked.append(charts.reliability(calibrated, noun))
    outcome = [charts.campaigns_caught(found.whole.truth.campaigns)] if found.whole.truth.campaigns else []
    outcome.append(charts.cohort_rates(found.whole.truth.cohorts, found.ceiling))
    if found.replayed and found.replayed.campaigns:
        outcome.append(charts.first_day(found.replayed))
    if found.kinds_left_out:
        outcome.append(charts.kinds_left_out(found.whole, found.kinds_left_out))
    return {
        "found": found,
        "truth": found.whole.truth,
        "simulated": found.simulated,
        "currency": found.currency,
        "total": totals(found.whole),
        "kinds": [
            (one, withheld_of(found.whole, one.name), withheld_of(one, one.name)) for one in found.kinds_left_out
        ],
        "signup_kinds": signup_kinds(found),
        "ways": [(one, totals(one)) for one in (found.whole, *found.left_out)],
        "ranked": [draughtsman.draw(chart) for chart in ranked],
        "outcome": [draughtsman.draw(chart) for chart in outcome],
    }


def signup_kinds(found: Evaluation) -> list[tuple[KindOfSignups, KindOfSignups | None]]:
    """Kinds of fake sign-ups, each beside what a model makes of it that was never taught it, if there is one."""
    never = {one.name: one.signups.kinds for one in found.kinds_left_out if one.signups is not None}
    return [
        (row, next((other for other in never.get(row.kind, ()) if other.kind == row.kind), None))
        for row in (found.whole.signups.kinds if found.whole.signups else ())
    ]


def totals(variant: Variant) -> dict[str, float | None]:
    """Over all campaigns: share of artificial plays and of their payout withheld, and of accounts caught."""
    campaigns = variant.truth.campaigns
    sums = {
        name: sum(getattr(campaign, name) for campaign in campaigns)
        for name in ("plays", "plays_withheld", "payout", "payout_withheld", "accounts", "accounts_caught")
    }
    return {
        "plays": sums["plays_withheld"] / sums["plays"] if sums["plays"] else None,
        "payout": sums["payout_withheld"] / sums["payout"] if sums["payout"] else None,
        "accounts": sums["accounts_caught"] / sums["accounts"] if sums["accounts"] else None,
    }
