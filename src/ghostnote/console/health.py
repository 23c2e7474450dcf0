"""Whether the model still meets what it was trained for, as far as one run can tell: its age, and how scores move."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from ghostnote.decisions.folder import DecisionFolder

#: Bounds of the bins that play scores are counted in: fine where nearly all of them lie.
BINS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9)
#: From which shift on scores are called moved, and moved far: the usual rule of thumb for the population stability
#: index in credit scoring (Siddiqi, Credit Risk Scorecards, 2006).
MOVED, MOVED_FAR = 0.1, 0.25
#: What chance alone exceeds once in twenty times, over 1/n + 1/N: the index of n against N is distributed like that
#: times chi-squared with one degree of freedom less than bins (Yurdakul and Naranjo, 2020). Listeners are what is
#: drawn: one listener's plays have scores alike.
_CHANCE = 15.507


def health(folder: DecisionFolder) -> dict[str, Any]:
    """The bundle's age and labels, and for each day of the run how its play scores lie beside the days before.

    `days` has day, plays, listeners, marked (share of plays that score at the threshold or above; None without one),
    shift (population stability index against all days before; None on the first), chance (what it may be though
    nothing changed) and bins (plays below, between and above `BINS`). Plays without a score are left out.
    """
    summary = folder.summary
    bundle = summary.bundle
    days = _days(folder)
    before, last = days[:-1], days[-1] if days else None
    return {
        "trained_from": bundle.trained_from,
        "trained_to": bundle.trained_to,
        "as_of": bundle.as_of,
        "age_days": (summary.end - bundle.as_of).days if bundle.as_of else None,
        "labels_fraud": bundle.labels_fraud,
        "labels_legit": bundle.labels_legit,
        "supervised": bundle.supervised,
        "days": days,
        "marked": last["marked"] if last else None,
        "usual_marked": _middle([row["marked"] for row in before]),
        "shift": last["shift"] if last else None,
        "usual_shift": _middle([row["shift"] for row in before]),
        "chance": last["chance"] if last else None,
        "says": _says(last),
    }


def shift(now: Sequence[int], before: Sequence[int]) -> float:
    """The population stability index between counts by bin: 0 if they are spread alike. Half a play lies in each bin.

    >>> round(shift([90, 10], [90, 10]), 3), round(shift([50, 50], [90, 10]), 3)
    (0.0, 0.853)
    """
    total, reference = sum(now) + len(now) / 2, sum(before) + len(before) / 2
    pairs = [((a + 0.5) / total, (b + 0.5) / reference) for a, b in zip(now, before, strict=True)]
    return sum((a - b) * math.log(a / b) for a, b in pairs)


def _days(folder: DecisionFolder) -> list[dict[str, Any]]:
    summary, threshold = folder.summary, folder.summary.policy.play_threshold
    day = pl.col("event_time").dt.date().alias("day")
    scored = folder.scan("plays").select(day, "score", "account_id").filter(pl.col("score").is_not_nan())
    bin_of = pl.sum_horizontal((pl.col("score") >= bound).cast(pl.Int64) for bound in BINS).alias("bin")
    marked = pl.lit(value=False) if threshold is None else pl.col("score") >= threshold
    scored = scored.filter(pl.col("day").is_between(summary.start, summary.end))
    counted = scored.group_by("day", bin_of).agg(plays=pl.len().cast(pl.Int64), marked=marked.sum().cast(pl.Int64))
    heard = scored.group_by("day").agg(pl.col("account_id").n_unique().cast(pl.Int64)).collect(engine="streaming")
    listeners: dict[date, int] = dict(heard.iter_rows())
    found: list[dict[str, Any]] = []
    seen, trials = [0] * (len(BINS) + 1), 0
    for (at,), part in sorted(counted.collect(engine="streaming").partition_by("day", as_dict=True).items()):
        counts = [0] * (len(BINS) + 1)
        for place, plays in part.select("bin", "plays").iter_rows():
            counts[place] = plays
        found.append(
            {
                "day": at,
                "plays": sum(counts),
                "listeners": listeners[at],
                "bins": counts,
                "marked": None if threshold is None else int(part["marked"].sum()) / sum(counts),
                "shift": shift(counts, seen) if trials else None,
                "chance": _CHANCE * (1 / listeners[at] + 1 / trials) if trials else None,
            }
        )
        seen, trials = [a + b for a, b in zip(seen, counts, strict=True)], trials + listeners[at]
    return found


def _middle(values: Sequence[float | None]) -> float | None:
    known = pl.Series([value for value in values if value is not None], dtype=pl.Float64)
    return float(str(known.median())) if len(known) else None


def _says(day: dict[str, Any] | None) -> str:
    if day is None or day["shift"] is None:
        return "unknown"
    if day["shift"] < max(MOVED, day["chance"]):
        return "as before"
    return "moved" if day["shift"] < MOVED_FAR else "moved far"
