"""The overview: the latest day against those before it, what waits, what is new, whether the model still fits."""

from functools import cached_property
from typing import Any

from ghostnote.console import charts, findings
from ghostnote.console.drawing import Draughtsman
from ghostnote.console.health import health
from ghostnote.console.looking import Looking
from ghostnote.console.novelty import Novelty


class Overview:
    """Adds to what `Looking` says of a day what is new in the run, and how the model does."""

    def __init__(self, looking: Looking, novelty: Novelty) -> None:
        self._looking, self._novelty = looking, novelty

    def shown(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The facts of the page and its pictures."""
        facts, _ = self._looking.overview()
        facts |= {"new": self._new(facts["day"]), "health": self.health}
        days, drawn = self.health["days"], Draughtsman()
        every = findings.every_day(self._looking.records.folder)
        shown = [charts.withheld_plays(every), charts.withheld_share(every)] if every.height else []
        models = [charts.score_shift(days)] if any(row["shift"] is not None for row in days) else []
        models += [charts.marked_share(days)] if any(row["marked"] is not None for row in days) else []
        return facts, {name: [drawn.draw(c) for c in found] for name, found in (("days", shown), ("health", models))}

    @cached_property
    def health(self) -> dict[str, Any]:
        """How the model does, see `health.health`; made once."""
        return health(self._looking.records.folder)

    def _new(self, day: Any) -> dict[str, Any]:
        """New campaigns of the last day and of the last days, beside what is usual; those that are new."""
        seen, found = self._novelty.windows, self._novelty.campaigns
        return {
            "days": seen.days if seen else None,
            **self._novelty.begun,
            "today": sum(row["started"] == day for row in found) if seen else None,
            "campaigns": [row for row in found if row["new"]][:10],
        }
