"""Plays that arrived before a period as well: they are in an earlier close, and not in this one again."""

from datetime import date, timedelta

import polars as pl

from ghostnote.events.lake import Lake
from ghostnote.events.repeats import SeenIds

#: Days before a period whose plays are looked at: clients send again within days, or never.
LOOK_BACK = 35


def seen_before(lake: Lake, start: date) -> SeenIds:
    """Ids of plays that arrived in the `LOOK_BACK` days before `start`: eight bytes each."""
    seen = SeenIds()
    for day, path in lake.partitions("plays", start - timedelta(days=LOOK_BACK), start - timedelta(days=1)):
        if day is None:
            continue  # Such files have no day of arrival, and are read with every period.
        try:
            ids = pl.scan_parquet(path, hive_partitioning=False).select(pl.col("event_id").cast(pl.String)).collect()
        except (OSError, pl.exceptions.PolarsError):
            continue  # What cannot be read was in no close.
        seen.first_times(ids["event_id"].drop_nulls())
    return seen
