"""The page about models: what is known of the bundle that judged a run, and for what is not, how to get it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from ghostnote.console import charts, findings
from ghostnote.console.drawing import Draughtsman, Drawing
from ghostnote.console.health import BINS
from ghostnote.console.models.alone import labelled, left_alone
from ghostnote.console.models.found import Found
from ghostnote.console.models.harm import by_cohort, total
from ghostnote.console.models.learnt import learnt
from ghostnote.console.models.runs import earlier
from ghostnote.console.records import Records
from ghostnote.decisions.evaluation import Evaluation, read_evaluation
from ghostnote.decisions.ledger import Ledger
from ghostnote.decisions.shadow import Shadow, read_shadow
from ghostnote.decisions.tables import ACTED
from ghostnote.models.manifest import SHORT
from ghostnote.scoring.cohorts import Cohorts

#: Cohorts of one kind on one chart; of fewer accounts one is not drawn: its interval would tell nothing.
_BARS, _FEW = 8, 30


@dataclass(frozen=True)
class Beside:
    """What the console may be given beside a run: the bundle's folder, an evaluation (`evaluation.json` or its folder),
    and the state of a service that asks a challenger.
    """

    bundle: Path | None = None
    evaluation: Path | None = None
    state: Path | None = None


class Models:
    """The page's facts and charts. What no decision changes is made once.

    Raises `GhostnoteError` if something was given that cannot be read.
    """

    def __init__(
        self, records: Records, ledger: Ledger | None, health: Callable[[], dict[str, Any]], beside: Beside
    ) -> None:
        self._records, self._ledger, self._health, self._beside = records, ledger, health, beside
        self._summary = records.folder.summary
        self._learnt = learnt(self._summary, beside.bundle)
        self._evaluation = None if beside.evaluation is None else read_evaluation(beside.evaluation)
        self._found = Found(ledger)
        self._shadow()

    def shown(self) -> tuple[dict[str, Any], dict[str, list[Drawing]]]:
        """The facts of the page and its charts."""
        found, accounts = self._found.accounts(), self._accounts
        policy = self._summary.settings
        facts = {
            "bundle": {name: value for name, value in self._learnt.items() if name != "curves"},
            "thresholds": msgspec.to_builtins(self._summary.policy),
            "evaluation": self._evaluated(),
            "drift": self._drift,
            "runs": earlier(self._ledger, self._summary),
            "with_ledger": self._ledger is not None,
            "everybody": total(accounts, found),
            "cohorts": by_cohort(accounts, found, policy.ceilings if policy else ()),
            "ceilings": [msgspec.to_builtins(ceiling) for ceiling in policy.ceilings] if policy else [],
            "at_ceiling": [note for note in self._summary.notes if " put up for review instead" in note],
            "alone": left_alone(self._summary, accounts, self._labels, found, self._records.folder.truth),
            "shadow": self._challenger(),
        }
        return facts, self._drawings

    @cached_property
    def _accounts(self) -> pl.DataFrame:
        """The accounts of the run with their cohorts."""
        names = ("account_id", "action", "untouched", "would_be")
        summary = self._summary
        cohorts = Cohorts.seen(self._records.lake, summary.start, summary.end)
        return cohorts.joined(self._records.accounts.select(names), summary.end)

    @cached_property
    def _labels(self) -> pl.DataFrame:
        return labelled(self._records.lake)

    @cached_property
    def _drift(self) -> dict[str, Any]:
        """How the last day lies beside those before it: scores of plays, and shares of accounts and plays acted on."""
        days = findings.every_day(self._records.folder).with_columns(acted="accounts_acted")
        shared = days.filter(pl.col("accounts") > 0, pl.col("plays") > 0).select(
            "day",
            "accounts",
            "acted",
            "plays",
            acted_rate=pl.col("acted") / pl.col("accounts"),
            withheld_rate=(pl.col("held") + pl.col("excluded")) / pl.col("plays"),
        )
        before = shared.head(max(shared.height - 1, 0))
        told: dict[str, Any] = {"health": self._health(), "days": shared.to_dicts()}
        for name in ("acted_rate", "withheld_rate"):
            told[name] = shared[name].to_list()[-1] if shared.height else None
            told[f"usual_{name}"] = before[name].median()
        return told

    def _evaluated(self) -> dict[str, Any] | None:
        found = self._evaluation
        if found is None:
            return None
        facts = self._summary.bundle
        return {
            "same_training": (found.trained_from, found.trained_to) == (facts.trained_from, facts.trained_to),
            **{name: getattr(found, name) for name in ("trained_from", "trained_to", "judged_from", "judged_to")},
            "simulated": found.simulated,
            "accounts": found.account_calibration,
            "plays": found.play_calibration,
            "precise_accounts": found.whole.accounts.average_precision,
            "precise_plays": found.whole.plays.average_precision,
            "honest_accounts": found.whole.truth.honest.accounts,
            "honest_acted": found.whole.truth.honest.acted,
        }

    def _shadow(self) -> Shadow | None:
        return None if self._beside.state is None else read_shadow(self._beside.state)

    def _challenger(self) -> dict[str, Any] | None:
        found = self._shadow()
        if found is None:
            return None
        told: dict[str, Any] = msgspec.to_builtins(found)
        mine = self._summary.versions.bundle[:SHORT]
        return told | {
            "since": found.since,
            "until": found.until,
            "mean_score_difference": found.mean_score_difference,
            "otherwise": sum(one.events for one in found.verdicts if one.champion != one.challenger),
            "this_bundle": "champion" if mine == found.champion else "challenger" if mine == found.challenger else "",
        }

    @cached_property
    def _drawings(self) -> dict[str, list[Drawing]]:
        drawn = Draughtsman()
        sections = {"calibration": self._calibration(), "drift": self._moves(), "cohorts": self._hit()}
        return {name: [drawn.draw(chart) for chart in made] for name, made in sections.items()}

    def _calibration(self) -> list[Any]:
        found: Evaluation | None = self._evaluation
        made = []
        for noun in ("accounts", "plays"):
            calibrated = found and (found.account_calibration if noun == "accounts" else found.play_calibration)
            made += [charts.reliability(calibrated, noun)] if calibrated else []
        curves = self._learnt["curves"]
        return [*made, charts.calibration_curves(curves)] if curves else made

    def _moves(self) -> list[Any]:
        days = self._drift["health"]["days"]
        made = [charts.score_shift(days)] if any(row["shift"] is not None for row in days) else []
        made += [charts.marked_share(days)] if any(row["marked"] is not None for row in days) else []
        if len(days) > 1:
            before = [sum(counts) for counts in zip(*(row["bins"] for row in days[:-1]), strict=True)]
            made.append(charts.score_bins(_named_bins(), days[-1]["bins"], before))
        every = pl.DataFrame(self._drift["days"])
        return [*made, charts.acted_rate(every)] if every.height else made

    def _hit(self) -> list[Any]:
        accounts = self._accounts
        if accounts.is_empty():
            return []
        policy = self._summary.settings
        overall = accounts.filter(pl.col("action").is_in(ACTED)).height / accounts.height
        cohorts = by_cohort(accounts, Found(None).accounts(), policy.ceilings if policy else ())
        large = {by: [row for row in rows if row["accounts"] >= _FEW][:_BARS] for by, rows in cohorts.items()}
        return [charts.acted_by_cohort(rows, overall, by) for by, rows in large.items() if len(rows) > 1]


def _named_bins() -> list[str]:
    edges = [f"{bound:g}" for bound in BINS]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *between, f"{edges[-1]} and more"]
