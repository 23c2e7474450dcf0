"""When and how accounts signed up: the cohorts that a service observes, for ceilings and costs by plan."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from ghostnote.decisions.ceilings import UNKNOWN, age_band
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import TIME

#: One row per account that a sign-up is known of.
COHORTS = pl.Schema(
    {
        "account_id": pl.String(),
        "country": pl.String(),
        "plan": pl.String(),
        "platform": pl.String(),
        "signed_up": TIME,
    }
)


def cohorts_of(lake: Lake, last: date) -> pl.DataFrame:
    """Cohorts by the last sign-up of each account up to the end of `last`, of the schema `COHORTS`.

    `signed_up` is its first one.
    """
    if "signups" not in lake.tables():
        return COHORTS.to_frame()
    signups = read(lake, "signups").rows
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    by_time = signups.filter(pl.col("event_time") < end).sort("event_time", "event_id")
    cohorts = by_time.group_by("account_id", maintain_order=True).agg(
        pl.col("country").last().str.to_uppercase(),
        pl.col("plan", "platform").last(),
        pl.col("event_time").first().alias("signed_up"),
    )
    return cohorts.select(pl.col(name).cast(dtype) for name, dtype in COHORTS.items())


def with_cohorts(accounts: pl.DataFrame, cohorts: pl.DataFrame | None, last: date) -> pl.DataFrame:
    """`accounts` with country, plan, platform and age (as of the end of `last`); what nobody knows is `UNKNOWN`."""
    known = COHORTS.to_frame() if cohorts is None else cohorts
    days = (pl.lit(last) - pl.col("signed_up").dt.date()).dt.total_days()
    return (
        accounts.join(known, on="account_id", how="left", maintain_order="left")
        .with_columns(pl.col("country", "plan", "platform").fill_null(UNKNOWN), age_band(days).alias("age"))
        .drop("signed_up")
    )
