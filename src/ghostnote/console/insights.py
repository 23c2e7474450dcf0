"""The insights: what artificial plays are for, where they come from, what is new, what grew; as a page and as files."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cached_property
from typing import Any

import polars as pl
from altair.typing import ChartType

from ghostnote.console import charts, findings, wording
from ghostnote.console.catalogue import Catalogue
from ghostnote.console.drawing import Draughtsman, Drawing, picture
from ghostnote.console.novelty import Novelty
from ghostnote.console.report import render
from ghostnote.console.usage import DIMENSIONS, Usage

_BARS = 8
#: How what spoke against accounts is called in words, where it is no rule.
_SOURCES = {
    "model": "the model's scores, added up over days",
    "tails": "days that are odd in the crowd",
    "lockstep": "a group that acts in lockstep",
    "ties": "what only suspicious accounts share",
    "targets": "plays for an artist or owner whose audience is mostly artificial",
}


class Insights:
    """Made once for a run, when it is first asked for."""

    def __init__(self, catalogue: Catalogue, usage: Usage, novelty: Novelty) -> None:
        self._catalogue, self._usage, self._novelty = catalogue, usage, novelty
        self._folder = catalogue.folder
        self._summary = catalogue.folder.summary

    @cached_property
    def facts(self) -> dict[str, Any]:
        """All that the page tells, as plain data."""
        seen = self._novelty.windows
        totals = self._novelty.compared("reason").select(pl.col("recent", "before").sum())
        plays, withheld = self._summary.counts.plays, self._novelty.withheld
        return {
            "windows": None if seen is None else {**asdict(seen), "end_before": seen.start - timedelta(days=1)},
            "overall": int(withheld["plays"].sum()) / plays if plays else 0.0,
            "withheld": {"recent": int(totals["recent"].sum()), "before": int(totals["before"].sum())},
            "days": self._days(),
            "new_campaigns": self._novelty.begun,
            "new_accounts": self._novelty.rates(self._flagged()),
            "tracks": self._novelty.music("track"),
            "owners": self._novelty.music("owner"),
            "campaigns": self._novelty.campaigns,
            "roles": self._novelty.compared("role").drop("first").to_dicts(),
            "reasons": self._novelty.compared("reason").drop("first").to_dicts(),
            "against": self._against(),
            "shares": {name: self._usage.by(name).to_dicts() for name in DIMENSIONS},
        }

    def charts(self) -> dict[str, list[ChartType]]:
        """The page's charts by its sections: new, part, against, where."""
        facts, days = self.facts, findings.every_day(self._folder)
        by_role = self._novelty.withheld.group_by("day", "role").agg(pl.col("plays").sum())
        campaigns = [{"label": row["campaign_id"], **row} for row in facts["campaigns"]]
        new = self._growth("campaigns", [row for row in campaigns if row["recent"] + row["before"]])
        for what in ("tracks", "owners"):
            new += self._growth(what, [{"label": row["name"], **row} for row in facts[what]["grown"]])
        where = []
        for dimension in DIMENSIONS:
            known = facts["shares"][dimension][:_BARS]
            where += [charts.withheld_by(known, facts["overall"], dimension)] if len(known) > 1 else []
        return {
            "new": [charts.withheld_share(days), *new],
            "part": [
                charts.withheld_by_role(by_role, days["day"].to_list()),
                charts.payout_at_stake(days, self._summary.money.currency),
            ],
            "against": [charts.spoke_against(facts["against"][:_BARS])] if facts["against"] else [],
            "where": where,
        }

    def _growth(self, what: str, rows: Sequence[dict[str, Any]]) -> list[ChartType]:
        seen = self._novelty.windows
        return [charts.grown(rows[:_BARS], seen.days, what)] if rows and seen is not None else []

    def shown(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The facts and the charts of the page."""
        return self.facts, self.drawings

    @cached_property
    def drawings(self) -> dict[str, list[Drawing]]:
        """The charts for a page."""
        draughtsman = Draughtsman()
        return {name: [draughtsman.draw(chart) for chart in drawn] for name, drawn in self.charts().items()}

    def page(self) -> bytes:
        """The page as one HTML file that needs nothing else."""
        context = {
            "found": self.facts,
            "drawings": self.drawings,
            "summary": self._summary,
            "currency": self._summary.money.currency,
        }
        return render("insights.html", context).encode()

    def picture(self) -> bytes:
        """All charts as one PNG."""
        heading = f"Artificial streaming, {wording.days(self._summary.start, self._summary.end)}"
        return picture([chart for drawn in self.charts().values() for chart in drawn], heading)

    def _days(self) -> list[dict[str, Any]]:
        """Sums of the table of days over the last days and those before, each with its unit."""
        seen = self._novelty.windows
        if seen is None:
            return []
        days = self._folder.read("days").with_columns(withheld=pl.col("held") + pl.col("excluded"))
        recent, before = (days.filter(chosen) for chosen in seen.of("day"))
        return [
            {"name": name, "unit": unit, "recent": float(recent[name].sum()), "before": float(before[name].sum())}
            for name, unit in (
                ("plays", "plays"),
                ("withheld", "plays"),
                ("payout", self._summary.money.currency),
                ("withheld_payout", self._summary.money.currency),
                ("signups", "accounts"),
            )
        ]

    def _flagged(self) -> pl.Series:
        accounts = self._catalogue.records.accounts.filter(pl.col("action") != "allow")
        return accounts["first_flagged"].dt.date()

    def _against(self) -> list[dict[str, Any]]:
        """What spoke against accounts not let alone: name, said, accounts, plays, payout, and rates of new ones."""
        accounts = self._catalogue.records.accounts.filter(pl.col("action") != "allow")
        said = {rule.name: rule.description for rule in self._summary.rules} | _SOURCES
        split = accounts.explode("sources").drop_nulls("sources").partition_by("sources", as_dict=True)
        rows = [
            {
                "name": str(name),
                "said": said.get(str(name), ""),
                "accounts": part.height,
                "plays": int(part["artificial_plays"].sum()),
                "payout": float(part["withheld_payout"].sum()),
                **self._novelty.rates(part["first_flagged"].dt.date()),
            }
            for (name,), part in split.items()
        ]
        return sorted(rows, key=lambda row: (-row["accounts"], row["name"]))
