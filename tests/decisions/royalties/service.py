"""A small service made to order: a lake, and the folder of decisions that scoring would have left beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from ghostnote.decisions.summary import (
    BundleFacts,
    Counts,
    Histograms,
    Money,
    PolicyFacts,
    Summary,
    write_document,
)
from ghostnote.events.lake import LakeWriter

MADE_AT = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Heard:
    """So many plays of a track by one account on one day of arrival, and what was decided about them."""

    account: str
    track: str
    count: int = 1
    verdict: str = "count"
    day: date = date(2026, 3, 10)
    ms: int = 31_000
    country: str | None = None


@dataclass(frozen=True)
class Service:
    """Where a made-up lake and its decisions lie."""

    lake: Path
    decisions: Path


def made(
    path: Path,
    heard: Sequence[Heard],
    *,
    accounts: Sequence[tuple[str, str, str]] = (),
    tracks: Sequence[tuple[str, str]] = (),
    judged: tuple[date, date] = (date(2026, 3, 1), date(2026, 3, 31)),
) -> Service:
    """`accounts` are sign-ups (account_id, country, plan), `tracks` (track_id, owner_id); none of them, no table."""
    plays = rows(heard)
    lake = LakeWriter(path / "lake")
    lake.write_by_arrival("plays", plays.drop("verdict"))
    if accounts:
        lake.write_by_arrival("signups", _signups(accounts))
    if tracks:
        frame = pl.DataFrame(tracks, schema=["track_id", "owner_id"], orient="row")
        lake.write("tracks", frame.with_columns(pl.lit("somebody").alias("artist_id")))
    decide(path / "decisions", plays.filter(pl.col("dt").is_between(*judged)), judged, str(path / "lake"))
    return Service(path / "lake", path / "decisions")


def rows(heard: Sequence[Heard]) -> pl.DataFrame:
    """One row per play: the contract's columns, `dt` and `verdict`."""
    found = [
        (f"e{place}-{number}", one.day, one.account, one.track, one.ms, one.country, one.verdict)
        for place, one in enumerate(heard)
        for number in range(one.count)
    ]
    schema = {
        "event_id": pl.String,
        "dt": pl.Date,
        "account_id": pl.String,
        "track_id": pl.String,
        "ms_played": pl.Int64,
        "country": pl.String,
        "verdict": pl.String,
    }
    frame = pl.DataFrame(found, schema=schema, orient="row")
    noon = pl.col("dt").cast(pl.Datetime("us")).dt.replace_time_zone("UTC") + pl.duration(hours=12)
    frame = frame.with_columns(noon.alias("event_time"))
    return frame if any(one.country for one in heard) else frame.drop("country")


def decide(folder: Path, plays: pl.DataFrame, judged: tuple[date, date], lake: str) -> None:
    """What scoring would have left: the table of plays and the summary, as far as royalties look at them."""
    folder.mkdir(parents=True, exist_ok=True)
    plays.select("event_id", "verdict").write_parquet(folder / "plays.parquet")
    none = PolicyFacts(play_threshold=None, hold_threshold=None, account_threshold=None)
    write_document(
        folder,
        Summary(
            ghostnote="0",
            made_at=MADE_AT,
            lake=lake,
            start=judged[0],
            end=judged[1],
            bundle=BundleFacts(path="", format=1, supervised=False, features=0),
            policy=none,
            counts=Counts(events=0, plays=plays.height, accounts=0),
            histograms=Histograms(account_scores=[], play_scores=[]),
            money=Money(currency="EUR", pool=0.0, withheld=0.0, moved_to_honest=0.0),
        ),
    )


def _signups(accounts: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "event_id": f"s-{name}",
                "event_time": datetime(2026, 1, 1, tzinfo=UTC),
                "account_id": name,
                "country": country,
                "plan": plan,
                "ip": "192.0.2.1",
                "platform": "ios",
            }
            for name, country, plan in accounts
        ]
    ).with_columns(pl.col("event_time").cast(pl.Datetime("us", "UTC")))
