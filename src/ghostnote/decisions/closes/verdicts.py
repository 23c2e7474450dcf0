"""What the ledger had decided about plays at one moment of it: the same whenever it is asked."""

from datetime import date, datetime, timedelta

import polars as pl

from ghostnote.decisions.closes.calendar import Period
from ghostnote.decisions.ledger import Ledger
from ghostnote.decisions.recording import runs
from ghostnote.decisions.surges import held_sources
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake

VERDICTS = pl.Schema({"event_id": pl.String(), "verdict": pl.String(), "amount": pl.Int64()})


def verdicts_at(ledger: Ledger, seq: int, days: tuple[date, date]) -> pl.DataFrame:
    """`VERDICTS` of plays that happened on `days` (both included) and do not simply count, after entry `seq`."""
    found = pl.DataFrame(list(ledger.verdicts_at(seq, *days)), schema=VERDICTS, orient="row")
    return found.filter(pl.col("verdict") != "count")


def played_days(lake: Lake, start: date, end: date) -> tuple[date, date]:
    """First and last day on which plays happened that arrived from `start` to `end`: offline ones come days later."""
    first, last = start, end
    for path in lake.files("plays", start, end):
        try:
            times = pl.scan_parquet(path, hive_partitioning=False).select(
                first=pl.col("event_time").min(), last=pl.col("event_time").max()
            )
            early, late = times.collect().row(0)
        except (OSError, pl.exceptions.PolarsError):
            continue  # Whoever reads the plays says what is wrong with it.
        if isinstance(early, datetime) and isinstance(late, datetime):
            first, last = min(first, early.date()), max(last, late.date())
    return first, last


def undecided(lake: Lake, ledger: Ledger, period: Period) -> list[str]:
    """In sentences, what keeps a period from being closed: days to come, or that no run in the ledger decided about.

    Raises `GhostnoteError` if a run about it was written to the ledger only in part.
    """
    decided: set[date] = set()
    for run_id, complete, body in runs(ledger):
        start, end = date.fromisoformat(body["start"]), date.fromisoformat(body["end"])
        if start <= period.end and period.start <= end and not complete:
            raise GhostnoteError(
                f"Run {run_id} was not written to the ledger to its end: run `ghostnote ledger append` for it again."
            )
        decided |= {start + timedelta(days=number) for number in range((end - start).days + 1)}
    there = lake.days("plays")
    said = []
    if there and there[-1] < period.end:
        said.append(f"the last plays of the lake arrived on {there[-1]}")
    missing = [day for day in there if period.start <= day <= period.end and day not in decided]
    if missing:
        more = f" and {len(missing) - 1} more days" if missing[1:] else ""
        said.append(f"no run in the ledger decided about {missing[0]}{more}")
    return said


def held_surges(ledger: Ledger, period: Period) -> list[str]:
    """In sentences, what a circuit breaker holds that was decided about a period, for nobody accepted it yet."""
    held = held_sources(ledger)
    said = []
    for run_id, _, body in runs(ledger):
        start, end = date.fromisoformat(body["start"]), date.fromisoformat(body["end"])
        if run_id in held and start <= period.end and period.start <= end:
            said.append(
                f"What {', '.join(held[run_id])} decided in run {run_id} is held: it acts on far more accounts than "
                "ever before, and nobody accepted it."
            )
    return said
