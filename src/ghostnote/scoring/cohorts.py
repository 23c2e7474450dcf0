"""Cohorts that a service observes without guessing: where and on what accounts play, and how they signed up."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from ghostnote.decisions.ceilings import UNKNOWN, age_band
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import EVENT_TABLES, TIME
from ghostnote.events.sent import sent
from ghostnote.features.history import Day

#: One row per account that a sign-up is known of.
SIGNED_UP = pl.Schema(
    {
        "account_id": pl.String(),
        "country": pl.String(),
        "plan": pl.String(),
        "platform": pl.String(),
        "signed_up": TIME,
    }
)
#: What an account's events say, and how often, by day.
_SEEN = ("country", "platform")
_COUNTED = pl.Schema({"account_id": pl.String(), "value": pl.String(), "events": pl.Int64(), "day": pl.Date()})


class Cohorts:
    """The cohorts of accounts: country and platform by most of their events, else, like plan and age, by sign-up."""

    def __init__(self, signups: pl.DataFrame) -> None:
        """`signups` is of the schema `SIGNED_UP`."""
        self._signups = signups
        self._counted: dict[str, list[pl.DataFrame]] = {name: [] for name in _SEEN}

    @classmethod
    def of(cls, lake: Lake, last: date) -> "Cohorts":
        """What a lake's sign-ups up to the end of `last` say: the last one of each account, its age from the first."""
        if "signups" not in lake.tables():
            return cls(SIGNED_UP.to_frame())
        signups = read(lake, "signups").rows
        end = datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
        by_time = signups.filter(pl.col("event_time") < end).sort("event_time", "event_id")
        found = by_time.group_by("account_id", maintain_order=True).agg(
            pl.col("country", "plan", "platform").last(), pl.col("event_time").first().alias("signed_up")
        )
        return cls(found.select(pl.col(name).cast(dtype) for name, dtype in SIGNED_UP.items()))

    @classmethod
    def seen(cls, lake: Lake, start: date, end: date) -> "Cohorts":
        """The same for who only looks, without the stream: events that arrived on those days, as they were sent.

        Rejected and repeated rows are among them; who is in which cohort hardly depends on these.
        """
        made = cls.of(lake, end)
        for table in EVENT_TABLES:
            rows = sent(lake.files(table, start, end), {"account_id": pl.String(), **dict.fromkeys(_SEEN, pl.String())})
            for name in _SEEN:
                events = rows.drop_nulls(name).group_by("account_id", pl.col(name).alias("value"))
                counted = events.agg(pl.len().alias("events")).with_columns(pl.lit(end).alias("day"))
                made._counted[name].append(
                    counted.select(pl.col(column).cast(dtype) for column, dtype in _COUNTED.items()).collect(
                        engine="streaming"
                    )
                )
        return made

    def add(self, day: Day) -> None:
        """Count where, and on what, a day's events came from; what the stream does not have is left to sign-ups."""
        for name, counted in self._counted.items():
            if name in day.stream.columns and day.stream.schema[name] != pl.Null:
                events = day.stream.drop_nulls(name).group_by("account_id", pl.col(name).alias("value"))
                found = events.agg(pl.len().alias("events")).with_columns(pl.lit(day.day).alias("day"))
                counted.append(found.select(pl.col(column).cast(dtype) for column, dtype in _COUNTED.items()))

    def joined(self, accounts: pl.DataFrame, last: date) -> pl.DataFrame:
        """`accounts` with country, plan, platform and age, as of the end of `last`; what nobody knows is `UNKNOWN`."""
        found = accounts.join(self._signups, on="account_id", how="left", maintain_order="left")
        for name in _SEEN:
            found = found.join(self._most(name, last), on="account_id", how="left", maintain_order="left")
            found = found.with_columns(pl.coalesce(f"{name}_seen", name).alias(name)).drop(f"{name}_seen")
        days = (pl.lit(last) - pl.col("signed_up").dt.date()).dt.total_days()
        return found.with_columns(
            pl.col("country").str.to_uppercase().fill_null(UNKNOWN),
            pl.col("plan", "platform").fill_null(UNKNOWN),
            age_band(days).alias("age"),
        ).drop("signed_up")

    def _most(self, name: str, last: date) -> pl.DataFrame:
        counted = pl.concat([_COUNTED.to_frame(), *self._counted[name]]).filter(pl.col("day") <= last)
        sums = counted.group_by("account_id", "value").agg(pl.col("events").sum())
        first = sums.sort("events", "value", descending=[True, False]).unique("account_id", keep="first")
        return first.select("account_id", pl.col("value").alias(f"{name}_seen"))
