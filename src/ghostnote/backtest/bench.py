"""The judged days and what is true of them: any way to judge can be tried on them and is measured alike."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from ghostnote.backtest.compare import Facts, Joined, join
from ghostnote.backtest.measures import measured
from ghostnote.backtest.spool import Spool
from ghostnote.backtest.variants import Way
from ghostnote.decisions.evaluation import Variant
from ghostnote.events.lake import Lake
from ghostnote.features.history import Intake
from ghostnote.scoring.cohorts import Cohorts
from ghostnote.scoring.output import Run, tables
from ghostnote.scoring.period import Period


@dataclass(frozen=True)
class Bench:
    """`days` were folded once; `known` are the labels that training may have seen."""

    lake: Lake
    days: Spool
    facts: Facts
    known: pl.DataFrame
    intake: Intake
    made_at: datetime
    seed: int = 0

    @property
    def window(self) -> tuple[date, date]:
        """First and last day."""
        return self.days.days[0], self.days.days[-1]

    def decided(self, way: Way, *, observe: bool = False) -> tuple[Period, Run]:
        """What one way thinks of all days, and what it decides; `observe` cohorts though its policy does not ask."""
        cohorts = Cohorts.of(self.lake, self.window[1]) if way.policy.by_cohort or observe else None
        period = Period.of(self.days, way.bundle, way.policy, seed=self.seed, cohorts=cohorts)
        run = Run(
            self.lake,
            way.bundle,
            "",
            way.policy,
            self.window,
            None,
            self.intake,
            period.decided(),
            {},
            self.made_at,
            period.audiences,
        )
        return period, run

    def judged(self, way: Way) -> tuple[Period, Joined]:
        """What one way thinks of all days, and its decisions beside the truth."""
        period, run = self.decided(way)
        return period, join(tables(run), self.facts, self.known)

    def measured(self, way: Way, period: Period, joined: Joined) -> Variant:
        """The figures of one way."""
        return measured(
            way.name,
            way.description,
            joined,
            period.signups,
            alerts_per_day=float(way.policy.reviews_per_day),
            days=len(self.days.days),
            simulated=self.facts.simulated,
        )

    def tried(self, way: Way) -> Variant:
        """`judged` and `measured`."""
        return self.measured(way, *self.judged(way))
