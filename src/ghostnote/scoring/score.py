"""One run of scoring: walk the lake, judge each day, decide over the period, write the decision tables."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.summary import Summary
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features.history import Intake, play_days, walk
from ghostnote.models.bundle import Bundle
from ghostnote.progress import Progress, silent
from ghostnote.scoring.decide import Decided, decide
from ghostnote.scoring.judge import Judge, Opinions
from ghostnote.scoring.output import Run, refuse_other, write_run
from ghostnote.scoring.reasons import Baseline, explain

#: Account-days a day, drawn at random, from which what is typical is taken.
_PEERS_PER_DAY = 2000


@dataclass
class _Period:
    """The opinions of all days so far. Feature values are kept only where a reason may be asked for."""

    days: list[pl.DataFrame] = field(default_factory=list)
    plays: list[pl.DataFrame] = field(default_factory=list)
    links: list[pl.DataFrame] = field(default_factory=list)
    values: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    peers: list[NDArray[np.float32]] = field(default_factory=list)
    rows: int = 0

    def add(self, opinions: Opinions, wanted: NDArray[np.bool_], random: np.random.Generator) -> None:
        for row in np.flatnonzero(wanted):
            self.values[self.rows + int(row)] = opinions.values[row]
        count = len(opinions.values)
        self.peers.append(opinions.values[random.choice(count, min(count, _PEERS_PER_DAY), replace=False)])
        self.rows += count
        self.days.append(opinions.days)
        self.plays.append(opinions.plays)
        self.links.append(opinions.links)


def score(
    lake: Lake,
    bundle: Bundle,
    out: Path,
    *,
    made_at: datetime,
    bundle_path: str = "",
    policy: Policy | None = None,
    start: date | None = None,
    end: date | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Summary:
    """Judge and decide everything that arrived from `start` to `end` (both included; default: all days with plays).

    The fold starts with the lake's first event whatever `start` is, so that features know the past. Writes the decision
    tables, `summary.json` and, if rows were rejected, `quarantine/` into the folder `out`, whole or not at all. Raises
    `GhostnoteError` for dates outside the data, and for an `out` that holds something else than earlier decisions.
    """
    refuse_other(out)
    policy = policy or Policy()
    window = _window(play_days(lake), start, end)
    judge = Judge(bundle, policy)
    intake, period = Intake(), _Period()
    for day in walk(lake, judge.features, intake, window[1], progress):
        if day.day >= window[0]:
            opinions = judge.judge(day)
            random = np.random.default_rng([seed, day.day.toordinal()])
            period.add(opinions, _wanted(opinions, policy, supervised=bundle.supervised), random)
    if not sum(part.height for part in period.plays):
        raise GhostnoteError(
            f"No play of {lake.path} from {window[0]} to {window[1]} can be read: `ghostnote validate` says why."
        )
    progress("Deciding", 0, 3)
    threshold = _play_threshold(bundle, policy)
    decided = decide(
        pl.concat(period.days),
        pl.concat(period.plays),
        pl.concat(period.links).group_by("account_id", "kind", "key").agg(pl.col("events").sum()),
        policy,
        play_threshold=threshold,
        odd=_odd(bundle),
        supervised=bundle.supervised,
    )
    progress("Deciding", 1, 3)
    reasons = _reasons(decided, period, bundle, judge)
    curve = bundle.manifest.play_curve
    shown = None if threshold is None or curve is None else float(curve.calibration()(np.array([threshold]))[0])
    run = Run(lake, bundle, bundle_path, policy, window, shown, intake, decided, reasons, made_at)
    progress("Deciding", 2, 3)
    summary = write_run(run, out)
    progress("Deciding", 3, 3)
    return summary


def _window(days: tuple[date, ...], start: date | None, end: date | None) -> tuple[date, date]:
    first, last = start or days[0], end or days[-1]
    if first > last:
        raise GhostnoteError(f"--from {first} lies after --to {last}.")
    for name, day in (("--from", first), ("--to", last)):
        if not days[0] <= day <= days[-1]:
            raise GhostnoteError(
                f"{name} {day} lies outside the data: the lake has plays from {days[0]} to {days[-1]}."
            )
    return first, last


def _wanted(opinions: Opinions, policy: Policy, *, supervised: bool) -> NDArray[np.bool_]:
    """The account-days whose features a reason may cite: all that can be an acted-on account's worst day."""
    if supervised:
        return (opinions.days["ratio"] > -policy.day_cap).to_numpy()
    return np.ones(opinions.days.height, dtype=np.bool_)


def _play_threshold(bundle: Bundle, policy: Policy) -> float | None:
    """The raw score that only `honest_mark_ceiling` of honest plays reach; None without a play model."""
    ceilings = bundle.manifest.play_ceilings
    if ceilings is None:
        return None
    shares = np.log(np.asarray(ceilings.scores))
    return float(np.interp(np.log(policy.honest_mark_ceiling), shares, np.asarray(ceilings.probabilities)))


def _odd(bundle: Bundle) -> float:
    """The surprise that one in a thousand account-days of the training data exceeds."""
    grid = bundle.manifest.surprise_quantiles
    return grid[-2] if len(grid) > 1 else float("inf")


def _reasons(decided: Decided, period: _Period, bundle: Bundle, judge: Judge) -> dict[str, list[str]]:
    acted = decided.accounts.filter(pl.col("action") != "allow")
    baseline = Baseline.of(np.concatenate(period.peers))
    return explain(acted, period.values, bundle, judge.features, baseline, decided.groups)
