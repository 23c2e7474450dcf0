"""What an account does on a day: before and since it became suspicious, and beside those who are left alone."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from ghostnote.console.rasters import evenly
from ghostnote.console.records import Records

#: What is compared, in the order of the page.
MEASURES = ("plays", "tracks", "hours", "favourite")
#: Of so many accounts that are left alone usual habits are told: the 95th percentile has 15 of them above it.
_OTHERS = 300


class Habits:
    """Compares accounts. What is usual is worked out when the first is looked at."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of(self, plays: pl.DataFrame, flagged: datetime | None) -> dict[str, Any]:
        """An account's habits, from its plays (account_id, event_time, track_id) in time's order.

        `since` is its first suspicious play, or the middle of the run where there is none, or nothing before; `rows`
        have name, before, since (the account's own; null without plays), usual and high (middle and 95th percentile of
        others).
        """
        first = plays["event_time"].min() if plays.height else None
        known = flagged is not None and isinstance(first, datetime) and first < flagged
        since = flagged if known else self._records.start + timedelta(days=len(self._records.days)) / 2
        before, after = (
            _habits(plays.filter(which)) for which in (pl.col("event_time") < since, pl.col("event_time") >= since)
        )
        others = self._usual
        return {
            "since": since,
            "flagged": known,
            "rows": [
                {
                    "name": name,
                    "before": before[name][0] if before.height else None,
                    "since": after[name][0] if after.height else None,
                    "usual": others[name].quantile(0.5),
                    "high": others[name].quantile(0.95),
                }
                for name in MEASURES
            ],
        }

    @cached_property
    def _usual(self) -> pl.DataFrame:
        accounts = self._records.accounts.filter(pl.col("action") == "allow", pl.col("plays") > 0)["account_id"]
        return _habits(self._records.plays(evenly(accounts, _OTHERS).to_list()))


def _habits(plays: pl.DataFrame) -> pl.DataFrame:
    """account_id; of an average day on which it played: plays, tracks, hours; favourite: its top track's share."""
    when = pl.col("event_time")
    days = plays.group_by("account_id", day=when.dt.date()).agg(
        plays=pl.len().cast(pl.Float64),
        tracks=pl.col("track_id").n_unique().cast(pl.Float64),
        hours=when.dt.hour().n_unique().cast(pl.Float64),
    )
    tracks = plays.group_by("account_id", "track_id").len().group_by("account_id")
    favourite = tracks.agg(favourite=pl.col("len").max() / pl.col("len").sum())
    return days.group_by("account_id").agg(pl.col("plays", "tracks", "hours").mean()).join(favourite, on="account_id")
