"""Reading lakes whole, and asking them who did what."""

import hashlib
from pathlib import Path

import polars as pl

from ghostnote.events.labels import TRUTH_SOURCE
from ghostnote.events.lake import DAY, Lake
from ghostnote.events.reading import read


def read_all(path: Path) -> dict[str, pl.DataFrame]:
    """Every table of a lake, without the day of arrival."""
    lake = Lake(path)
    return {name: read(lake, name).rows.drop(DAY) for name in lake.tables()}


def digest(path: Path) -> dict[str, str]:
    """A hash of each file of a folder, by its path inside it."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def truth(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return tables["labels"].filter(pl.col("source") == TRUTH_SOURCE)


def accounts_of(tables: dict[str, pl.DataFrame], campaign: str, verdict: str = "fraud") -> pl.Series:
    """The accounts of a campaign: the attacker's, or with `verdict` legit its victims."""
    rows = truth(tables).filter(
        (pl.col("campaign_id") == campaign) & (pl.col("subject_type") == "account") & (pl.col("verdict") == verdict)
    )
    return rows["subject_id"]


def cohort(tables: dict[str, pl.DataFrame], *kinds: str) -> pl.Series:
    """The honest accounts of some cohorts."""
    rows = truth(tables).filter(
        (pl.col("subject_type") == "account") & (pl.col("verdict") == "legit") & pl.col("kind").is_in(kinds)
    )
    return rows["subject_id"]


def plays_by(tables: dict[str, pl.DataFrame], accounts: pl.Series) -> pl.DataFrame:
    """Plays of some accounts with their tracks' rows, in order of time, and `day` (UTC)."""
    plays = tables["plays"].filter(pl.col("account_id").is_in(accounts.implode()))
    return (
        plays.join(tables["tracks"], on="track_id", how="left", maintain_order="left")
        .with_columns(day=pl.col("event_time").dt.date())
        .sort("account_id", "event_time")
    )


def artificial(tables: dict[str, pl.DataFrame], campaign: str) -> pl.DataFrame:
    """Plays of a campaign that nobody heard, with their tracks' rows."""
    labelled = truth(tables).filter((pl.col("campaign_id") == campaign) & (pl.col("subject_type") == "play"))
    plays = tables["plays"].filter(pl.col("event_id").is_in(labelled["subject_id"].implode()))
    return plays.join(tables["tracks"], on="track_id", how="left").with_columns(day=pl.col("event_time").dt.date())


def signups_of(tables: dict[str, pl.DataFrame], campaign: str) -> pl.DataFrame:
    """The sign-ups of a campaign's accounts that happened while the service was watched."""
    return tables["signups"].filter(pl.col("account_id").is_in(accounts_of(tables, campaign).implode()))


def honest_plays(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """What people heard, with their tracks' rows."""
    known = truth(tables)
    people = known.filter((pl.col("subject_type") == "account") & (pl.col("verdict") == "legit"))["subject_id"]
    fakes = known.filter(pl.col("subject_type") == "play")["subject_id"]
    mine = pl.col("account_id").is_in(people.implode()) & ~pl.col("event_id").is_in(fakes.implode())
    return tables["plays"].filter(mine).join(tables["tracks"], on="track_id", how="left")


def per_day(plays: pl.DataFrame) -> pl.Series:
    """Plays of each account on each day on which it plays."""
    return plays.group_by("account_id", "day").len()["len"]
