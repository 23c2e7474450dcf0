"""Runs of which some find nothing and others act on many accounts at once."""

import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl

from ghostnote.decisions.summary import SourceActs, read_summary, write_document
from ghostnote.decisions.tables import ACTED


def made(
    decisions: Path,
    path: Path,
    number: int,
    *,
    quiet: bool = False,
    spoken: tuple[str, ...] = ("model", "never_sleeps"),
) -> Path:
    """A copy of decisions made `number` hours later: nothing is found, or `spoken` spoke against everybody acted on."""
    shutil.copytree(decisions, path)
    accounts = pl.read_parquet(path / "accounts.parquet")
    if quiet:
        nothing = pl.lit("allow").alias("action"), pl.lit(None, pl.String).alias("campaign_id")
        accounts = accounts.with_columns(*nothing, pl.lit([], pl.List(pl.String)).alias("sources"))
        plays = pl.read_parquet(path / "plays.parquet").with_columns(pl.lit("count").alias("verdict"))
        plays.write_parquet(path / "plays.parquet")
    else:
        acts = pl.col("action") != "allow"
        spoke = pl.when(acts).then(pl.lit(list(spoken))).otherwise(pl.lit([], pl.List(pl.String)))
        accounts = accounts.with_columns(spoke.alias("sources"))
    accounts.write_parquet(path / "accounts.parquet")
    count = accounts.filter(pl.col("action").is_in(ACTED)).height
    acted = [SourceActs(name=name, accounts=count) for name in spoken] if count else []
    summary = read_summary(path)
    at = summary.made_at + timedelta(hours=number)
    write_document(path, msgspec.structs.replace(summary, made_at=at, acted=acted, account_days=2000))
    return path
