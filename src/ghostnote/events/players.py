"""Who made certain plays: a label names a play, and the account behind it has to be looked up."""

import polars as pl

from ghostnote.events.lake import Lake


def players(lake: Lake, plays: pl.DataFrame) -> pl.DataFrame:
    """The rows of `plays` (event_id and what else they have) with the account_id of those in the lake, each pair once.

    Files that cannot be read are passed over: whoever reads the lake names and counts them.
    """
    found = [plays.clear().with_columns(account_id=pl.lit(None, dtype=pl.String))]
    for path in lake.files("plays") if plays.height else ():
        try:
            rows = pl.scan_parquet(path, hive_partitioning=False).select(
                pl.col("event_id", "account_id").cast(pl.String)
            )
            found.append(plays.lazy().join(rows, on="event_id").collect())
        except (OSError, pl.exceptions.PolarsError):
            continue
    return pl.concat(found).unique()
