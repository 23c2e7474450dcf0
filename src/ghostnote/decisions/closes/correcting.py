"""What is owed to an earlier close: plays of its days about which something else was decided afterwards."""

import polars as pl

from ghostnote.decisions.closes.calendar import Period
from ghostnote.decisions.closes.verdicts import played_days, verdicts_at
from ghostnote.decisions.ledger import Ledger
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read_days
from ghostnote.progress import Progress, silent

#: One row per play decided otherwise: `streams_change` is what its track gains (1), loses (-1) or neither (0);
#: `amount_change` what is paid in addition, in currency units, at the price of the run that withheld it.
CORRECTIONS = pl.Schema(
    {
        "close": pl.String(),
        "event_id": pl.String(),
        "event_time": pl.Datetime("us", "UTC"),
        "track_id": pl.String(),
        "was": pl.String(),
        "now": pl.String(),
        "streams_change": pl.Int64(),
        "amount_change": pl.Float64(),
    }
)


def corrections(
    lake: Lake,
    ledger: Ledger,
    closed: Period,
    after: int,
    upto: int,
    royalty_ms: int,
    progress: Progress = silent,
) -> pl.DataFrame:
    """`CORRECTIONS` of a closed period by the decisions after entry `after`, up to entry `upto`.

    The lake is read only if any of them is about a play of its days.
    """
    first, last = played_days(lake, closed.start, closed.end)
    days = [day for day in ledger.changed_days(after, upto) if first <= day <= last]
    if not days:
        return CORRECTIONS.to_frame()
    changed = _changed(verdicts_at(ledger, after, (days[0], days[-1])), verdicts_at(ledger, upto, (days[0], days[-1])))
    if changed.is_empty():
        return CORRECTIONS.to_frame()
    parts = [CORRECTIONS.to_frame()]
    for _, reading in read_days(lake, "plays", closed.start, closed.end, progress):
        found = reading.rows.select("event_id", "event_time", "track_id", "ms_played").join(changed, on="event_id")
        parts.append(_told(found, closed, royalty_ms))
    return pl.concat(parts).sort("event_time", "event_id")


def _changed(then: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """event_id, was, now, amount_change (millionths) of plays whose verdict differs; unknown ones count."""
    joined = then.rename({"verdict": "was", "amount": "amount_then"}).join(
        now.rename({"verdict": "now", "amount": "amount_now"}), on="event_id", how="full", coalesce=True
    )
    filled = joined.with_columns(
        pl.col("was", "now").fill_null("count"), pl.col("amount_then", "amount_now").fill_null(0)
    )
    differing = filled.filter(pl.col("was") != pl.col("now"))
    return differing.select("event_id", "was", "now", amount_change=pl.col("amount_then") - pl.col("amount_now"))


def _told(found: pl.DataFrame, closed: Period, royalty_ms: int) -> pl.DataFrame:
    counted = (pl.col("now") == "count").cast(pl.Int64) - (pl.col("was") == "count").cast(pl.Int64)
    told = found.with_columns(
        close=pl.lit(closed.name),
        streams_change=pl.when(pl.col("ms_played") >= royalty_ms).then(counted).otherwise(0),
        amount_change=pl.col("amount_change") / 1_000_000,
    )
    return told.select(pl.col(name).cast(dtype) for name, dtype in CORRECTIONS.items())
