"""Whose accounts belong to which kind of campaign, so that one kind can be kept from training."""

import polars as pl

from ghostnote.events.lake import Lake


def accounts_by_kind(lake: Lake, labels: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Accounts by kind of fraud, as any label tells: those that did it, and those that it was done on (hijacked)."""
    fraud = labels.filter((pl.col("verdict") == "fraud") & pl.col("kind").is_not_null())
    of_accounts = fraud.filter(pl.col("subject_type") == "account").select(
        "kind", pl.col("subject_id").alias("account_id")
    )
    of_plays = fraud.filter(pl.col("subject_type") == "play").select("kind", pl.col("subject_id").alias("event_id"))
    pairs = pl.concat([of_accounts, _players(lake, of_plays)]).unique()
    return {
        str(kind): frozenset(rows["account_id"].to_list())
        for (kind,), rows in sorted(pairs.partition_by("kind", as_dict=True).items(), key=str)
    }


def _players(lake: Lake, plays: pl.DataFrame) -> pl.DataFrame:
    """kind, account_id of labelled plays."""
    found = [pl.DataFrame(schema={"kind": pl.String, "account_id": pl.String})]
    for path in lake.files("plays") if plays.height else ():
        try:
            rows = pl.scan_parquet(path, hive_partitioning=False).select(
                pl.col("event_id", "account_id").cast(pl.String)
            )
            joined = rows.join(plays.lazy(), on="event_id").select("kind", "account_id").unique()
            found.append(joined.collect())
        except (OSError, pl.exceptions.PolarsError):  # named and counted where it is read
            continue
    return pl.concat(found)
