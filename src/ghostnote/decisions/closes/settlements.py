"""A month's royalties by what the ledger had decided at one moment of it, and what is different at another."""

from pathlib import Path

import polars as pl

from ghostnote.decisions.closes.calendar import Period
from ghostnote.decisions.closes.repeats import seen_before
from ghostnote.decisions.closes.verdicts import played_days, verdicts_at
from ghostnote.decisions.ledger import Ledger
from ghostnote.decisions.royalties.collecting import Collected, collect
from ghostnote.decisions.royalties.pots import fill, revenue_of
from ghostnote.decisions.royalties.statements import Settlement, settle
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.royalties.verdicts import Verdicts
from ghostnote.events.lake import Lake
from ghostnote.progress import Progress, silent


def settled_by(
    lake: Lake,
    verdicts: pl.DataFrame,
    period: Period,
    terms: Terms,
    streams: Path | None = None,
    progress: Progress = silent,
) -> tuple[Settlement, Collected]:
    """Settle a period by verdicts (event_id, verdict); plays that they do not know count."""
    days = period.start, period.end
    rows = revenue_of(terms, *days)
    collected = collect(
        lake,
        Verdicts(verdicts),
        *days,
        terms,
        streams=streams,
        seen=seen_before(lake, period.start),
        progress=progress,
    )
    pots = fill(collected.sums, terms, rows)
    parts = collected.owners, collected.listeners, collected.eligible
    return settle(collected.sums, pots, *parts, terms), collected


def resettled(
    lake: Lake, ledger: Ledger, period: Period, moments: tuple[int, int], terms: Terms, streams: Path | None
) -> pl.DataFrame:
    """close, owner_id, paid, owed, difference (decimal) of owners that the second moment owes something else.

    The lake is read twice; pools stay the same, so differences add up to what is held or unallocated otherwise.
    """
    days = played_days(lake, period.start, period.end)
    then, now = (
        settled_by(lake, verdicts_at(ledger, seq, days), period, terms, streams)[0].statements.select(
            "owner_id", "payout_after"
        )
        for seq in moments
    )
    joined = then.rename({"payout_after": "paid"}).join(
        now.rename({"payout_after": "owed"}), on="owner_id", how="full", coalesce=True
    )
    known = joined.with_columns(pl.col("paid", "owed").fill_null(0))
    told = known.with_columns(difference=pl.col("owed") - pl.col("paid"), close=pl.lit(period.name))
    changed = told.filter(pl.col("difference") != 0).sort("difference", "owner_id")
    return changed.select("close", "owner_id", "paid", "owed", "difference")
