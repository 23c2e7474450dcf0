"""The page of two policies: one HTML file beside `comparison.json`, made from it alone."""

from pathlib import Path
from typing import Any

from ghostnote.console.charts.comparison import acted_by_cohort
from ghostnote.console.drawing import Draughtsman
from ghostnote.console.report import render, write_page
from ghostnote.decisions.comparison import Comparison

PAGE_FILE = "comparison.html"


def write_comparison(folder: Path, found: Comparison) -> Path:
    """Draw a comparison as `comparison.html` in `folder`, whole or not at all; returns its path."""
    path = folder / PAGE_FILE
    write_page(path, render("comparison.html", comparison_context(found)).encode())
    return path


def comparison_context(found: Comparison) -> dict[str, Any]:
    """Everything that the page shows."""
    draughtsman = Draughtsman()
    kinds = dict.fromkeys(one.by for one in found.first.observed)
    drawn = []
    for by in kinds:
        first, second = ([one for one in outcome.observed if one.by == by] for outcome in (found.first, found.second))
        if any(one.acted for one in (*first, *second)):
            drawn.append(draughtsman.draw(acted_by_cohort(by, first, second)))
    second_cohorts = {one.cohort: one for one in found.second.cohorts}
    return {
        "found": found,
        "both": (found.first, found.second),
        "currency": found.first.currency,
        "drawn": drawn,
        "cohorts": [(one, second_cohorts[one.cohort]) for one in found.first.cohorts],
    }
