"""Whose accounts belong to which kind of campaign, so that one kind can be kept from training."""

import polars as pl

from ghostnote.events.lake import Lake
from ghostnote.events.players import players


def accounts_by_kind(lake: Lake, labels: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Accounts by kind of fraud, as any label tells: those that did it, and those that it was done on (hijacked)."""
    fraud = labels.filter((pl.col("verdict") == "fraud") & pl.col("kind").is_not_null())
    of_accounts = fraud.filter(pl.col("subject_type") == "account").select(
        "kind", pl.col("subject_id").alias("account_id")
    )
    of_plays = fraud.filter(pl.col("subject_type") == "play").select("kind", pl.col("subject_id").alias("event_id"))
    pairs = pl.concat([of_accounts, players(lake, of_plays).select("kind", "account_id")]).unique()
    return {
        str(kind): frozenset(rows["account_id"].to_list())
        for (kind,), rows in sorted(pairs.partition_by("kind", as_dict=True).items(), key=str)
    }
