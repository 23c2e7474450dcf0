"""The judged days decided one by one, each at its end, knowing nothing later: what a service would have met."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl

from ghostnote.backtest.compare import Joined
from ghostnote.decisions.evaluation import Daily, DailyHonest, Replayed
from ghostnote.decisions.tables import ACTED
from ghostnote.progress import Progress, silent
from ghostnote.scoring.period import Period


def replay(period: Period, days: tuple[date, ...], joined: Joined, progress: Progress = silent) -> Replayed:
    """Decide after each of `days`, and see what had become of that day's plays and of all accounts by then.

    `joined` says what is true; what was decided there, in hindsight, is not looked at.
    """
    plays, acted = [], []
    for done, day in enumerate(days):
        progress("Deciding day by day", done, len(days))
        decided = period.decided(day)
        withheld = decided.withheld.filter((pl.col("day") == day) & (pl.col("verdict") != "count"))
        plays.append(withheld.select("event_id", pl.lit(_end(day)).alias("decided_at")))
        chosen = decided.accounts.filter(pl.col("action").is_in(ACTED))
        acted.append(chosen.select("account_id", "action", pl.lit(_end(day)).alias("acted_at")))
    progress("Deciding day by day", len(days), len(days))
    first = pl.concat(acted).group_by("account_id").agg(pl.col("acted_at").min(), pl.col("action").unique())
    accounts = joined.accounts.drop("action").join(first, on="account_id", how="left")
    theirs = joined.plays.drop("withheld").join(pl.concat(plays), on="event_id", how="left")
    return _counted(
        replace(
            joined, accounts=accounts, plays=theirs.with_columns(pl.col("decided_at").is_not_null().alias("withheld"))
        ).unknown(),
        days[0],
    )


def _end(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(days=1)


def _counted(joined: Joined, first: date) -> Replayed:
    campaigns = [
        _campaign(str(name), plays, joined.accounts.filter(pl.col("campaign") == name), first)
        for (name,), plays in sorted(
            joined.plays.filter("fraud").partition_by("campaign", as_dict=True).items(), key=str
        )
    ]
    honest, plays = joined.accounts.filter(~pl.col("fraud")), joined.plays.filter(~pl.col("fraud"))
    # To challenge an account that somebody else plays on is help.
    helped = pl.col("victim") & (pl.col("action").list.set_difference(["challenge"]).list.len() == 0)
    return Replayed(
        campaigns=campaigns,
        honest=DailyHonest(
            accounts=honest.height,
            acted=honest.filter(pl.col("acted_at").is_not_null() & ~helped.fill_null(value=False)).height,
            plays=plays.height,
            withheld=int(plays["withheld"].sum()),
        ),
    )


def _campaign(name: str, plays: pl.DataFrame, accounts: pl.DataFrame, first: date) -> Daily:
    begun = plays["event_time"].min()
    assert isinstance(begun, datetime)
    opening = plays.filter(pl.col("event_time") < begun + timedelta(hours=24))
    moments = [
        plays["decided_at"].min(),
        accounts.filter("fraud")["acted_at"].min(),
    ]
    found = min((m for m in moments if isinstance(m, datetime)), default=None)
    return Daily(
        campaign_id=name,
        kind=str(plays["kind"][0]),
        plays=plays.height,
        withheld_share=_share(plays),
        first_day_share=_share(opening) if begun.date() > first else None,
        hours=None if found is None else (found - begun).total_seconds() / 3600,
        plays_before=None if found is None else plays.filter(pl.col("event_time") < found).height,
    )


def _share(plays: pl.DataFrame) -> float:
    return float(plays["withheld"].sum()) / plays.height
