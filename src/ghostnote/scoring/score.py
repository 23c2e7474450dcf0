"""One run of scoring: walk the lake, judge each day, decide over the period, write the decision tables."""

from datetime import date, datetime
from pathlib import Path

import numpy as np

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.summary import Summary
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features.ahead import ahead
from ghostnote.features.history import Intake, play_days, walk
from ghostnote.models.bundle import Bundle
from ghostnote.progress import Progress, silent
from ghostnote.scoring.cohorts import Cohorts
from ghostnote.scoring.judge import Judge
from ghostnote.scoring.kept import Kept
from ghostnote.scoring.output import Run, refuse_other, write_run
from ghostnote.scoring.past import Past
from ghostnote.scoring.period import Period
from ghostnote.scoring.sequence import Aside


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
    window = judged_window(lake, start, end)
    cohorts = Cohorts.of(lake, window[1]) if policy.by_cohort else None
    with Kept(out) as kept, Period(Judge(bundle, policy), seed, kept, cohorts, out) as period:
        intake, aside, past = Intake(), Aside(bundle.sequence, period.judge.folded), Past()
        # The next day is read and folded while one is judged, which takes about as long.
        for walked in ahead(walk(lake, aside.folded, intake, window[1], progress)):
            judged = walked.day >= window[0]
            day = aside.follow(walked, judged=judged)
            if judged:
                period.add(day)
            else:
                past.add(day)
            del walked, day  # Or they would be in memory beside the next day.
        if not period.plays:
            raise GhostnoteError(
                f"No play of {lake.path} from {window[0]} to {window[1]} can be read: `ghostnote validate` says why."
            )
        progress("Deciding", 0, 3)
        decided = period.decided()
        progress("Deciding", 1, 3)
        reasons = period.reasons(decided)
        progress("Deciding", 2, 3)
        shown = shown_threshold(period)
        found = period.audiences, aside.highest(), past, period.signups
        run = Run(lake, bundle, bundle_path, policy, window, shown, intake, decided, reasons, made_at, *found)
        summary = write_run(run, out)
    progress("Deciding", 3, 3)
    return summary


def shown_threshold(period: Period) -> float | None:
    """The threshold on plays as a probability, for people; None without a play model."""
    threshold, curve = period.play_threshold, period.judge.bundle.manifest.play_curve
    return None if threshold is None or curve is None else float(curve.calibration()(np.array([threshold]))[0])


def judged_window(lake: Lake, start: date | None, end: date | None) -> tuple[date, date]:
    """First and last day to judge; `GhostnoteError` if they lie outside the lake's days with plays."""
    days = play_days(lake)
    first, last = start or days[0], end or days[-1]
    if first > last:
        raise GhostnoteError(f"--from {first} lies after --to {last}.")
    for name, day in (("--from", first), ("--to", last)):
        if not days[0] <= day <= days[-1]:
            raise GhostnoteError(
                f"{name} {day} lies outside the data: the lake has plays from {days[0]} to {days[-1]}."
            )
    return first, last
