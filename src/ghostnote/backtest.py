"""Decisions held against what really happened, where that is known because the attacks were simulated or planted."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from ghostnote.decisions.summary import (
    AtBudget,
    AveragePrecision,
    CampaignTruth,
    CohortTruth,
    HonestTruth,
    Summary,
    Truth,
    write_document,
)
from ghostnote.decisions.tables import ACTED
from ghostnote.evaluation.metrics import at_budget, average_precision, wilson
from ghostnote.events.labels import known_by, truth
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read

#: What accounts are called of which the truth says nothing.
UNKNOWN = "(unknown)"


@dataclass(frozen=True)
class _Joined:
    """Decisions beside the truth: `accounts` with fraud, kind, campaign, victim (hijacked) and known (labelled before);
    `plays` with fraud, cohort, campaign, known and withheld.
    """

    accounts: pl.DataFrame
    plays: pl.DataFrame


def backtest(lake: Lake, decisions: Path, summary: Summary, *, as_of: datetime | None) -> Truth | None:
    """Compare the decision tables in `decisions` with the lake's truth, and write `truth.json` beside them.

    Accounts and plays whose fraud was labelled by `as_of` (when training ended) are left out: finding them again proves
    nothing. Returns None, and writes nothing, if the lake holds no truth.
    """
    if "labels" not in lake.tables():
        return None
    labels = read(lake, "labels").rows
    facts = truth(labels)
    if facts.is_empty():
        return None
    known = known_by(labels, as_of) if as_of else labels.clear()
    joined = _join(decisions, facts, known)
    left_out = int(joined.accounts["known"].sum())
    joined = _Joined(joined.accounts.filter(~pl.col("known")), joined.plays.filter(~pl.col("known")))
    result = Truth(
        campaigns=_campaigns(joined),
        cohorts=_cohorts(joined),
        honest=_honest(joined),
        average_precision=_average_precision(joined),
        at_budget=_at_budget(joined, summary.policy.alerts_per_day or 0.0, (summary.end - summary.start).days + 1),
        note=f"{left_out:,} accounts already labelled fraud when training ended are left out." if left_out else "",
    )
    write_document(decisions, result)
    return result


def _join(decisions: Path, facts: pl.DataFrame, known: pl.DataFrame) -> _Joined:
    of_accounts = facts.filter(pl.col("subject_type") == "account")
    of_plays = facts.filter((pl.col("subject_type") == "play") & (pl.col("verdict") == "fraud"))
    bad = known.filter(pl.col("verdict") == "fraud")["subject_id"].implode()
    accounts = (
        pl.read_parquet(decisions / "accounts.parquet")
        .join(
            of_accounts.select(
                pl.col("subject_id").alias("account_id"), "verdict", "kind", pl.col("campaign_id").alias("campaign")
            ),
            on="account_id",
            how="left",
        )
        .with_columns(
            (pl.col("verdict") == "fraud").fill_null(value=False).alias("fraud"),
            pl.col("kind").fill_null(UNKNOWN),
            pl.col("account_id").is_in(bad).alias("known"),
        )
    )
    plays = (
        pl.read_parquet(decisions / "plays.parquet")
        .join(
            of_plays.select(
                pl.col("subject_id").alias("event_id"), "kind", pl.col("campaign_id").alias("campaign"), fraud=True
            ),
            on="event_id",
            how="left",
        )
        .join(accounts.select("account_id", "known", pl.col("kind").alias("cohort")), on="account_id", how="left")
        .with_columns(
            pl.col("fraud").fill_null(value=False),
            (pl.col("known") | pl.col("event_id").is_in(bad)).alias("known"),
            (pl.col("verdict") != "count").alias("withheld"),
        )
    )
    hijacked = plays.filter("fraud")["account_id"].unique()
    victim = pl.col("account_id").is_in(hijacked.implode()) & ~pl.col("fraud")
    return _Joined(accounts.with_columns(victim.alias("victim")), plays)


def _campaigns(joined: _Joined) -> list[CampaignTruth]:
    bots = joined.accounts.filter("fraud").select(
        "account_id", "campaign", "kind", (pl.col("action") != "allow").alias("caught"), "first_flagged"
    )
    # A hijack's victims are honest accounts: they are caught once plays that were not theirs are withheld.
    victims = (
        joined.plays.filter("fraud")
        .join(bots.select("account_id"), on="account_id", how="anti")
        .group_by("account_id", "campaign", "kind")
        .agg(
            pl.col("withheld").any().alias("caught"),
            pl.col("event_time").filter("withheld").min().alias("first_flagged"),
        )
    )
    members = pl.concat([bots, victims], how="diagonal")
    found = []
    for (campaign, kind), accounts in sorted(members.partition_by("campaign", "kind", as_dict=True).items(), key=str):
        plays = joined.plays.filter(pl.col("fraud") & (pl.col("campaign") == campaign))
        hours = _hours_to_detection(plays, accounts)
        first = plays.filter(pl.col("event_time") < pl.col("event_time").min() + pl.duration(hours=24))
        found.append(
            CampaignTruth(
                campaign_id=str(campaign),
                kind=str(kind),
                accounts=accounts.height,
                accounts_caught=int(accounts["caught"].sum()),
                plays=plays.height,
                plays_withheld=int(plays["withheld"].sum()),
                payout=float(plays["payout"].sum()),
                payout_withheld=float(plays["withheld_payout"].sum()),
                first_day_share_withheld=float(first["withheld"].mean()) if first.height else None,  # type: ignore[arg-type]
                hours_to_first_detection=hours,
            )
        )
    return found


def _hours_to_detection(plays: pl.DataFrame, accounts: pl.DataFrame) -> float | None:
    flagged = accounts.filter("caught")["first_flagged"].min()
    begun = plays["event_time"].min()
    if flagged is None or begun is None:
        return None
    return max(0.0, (flagged - begun).total_seconds() / 3600)  # type: ignore[operator, union-attr]


def _cohorts(joined: _Joined) -> list[CohortTruth]:
    honest = joined.accounts.filter(~pl.col("fraud")).with_columns(_harmed().alias("harmed"))
    plays = (
        joined.plays.filter(~pl.col("fraud"))
        .group_by("cohort")
        .agg(pl.len().alias("plays"), pl.col("withheld").sum().alias("withheld"))
    )
    counted = (
        honest.group_by(pl.col("kind").alias("cohort"))
        .agg(pl.len().alias("accounts"), pl.col("harmed").sum().alias("acted"))
        .join(plays, on="cohort", how="left")
        .fill_null(0)
        .sort("accounts", "cohort", descending=[True, False])
    )
    result = []
    for row in counted.iter_rows(named=True):
        low, high = wilson(row["acted"], row["accounts"])
        result.append(
            CohortTruth(
                cohort=row["cohort"],
                accounts=row["accounts"],
                accounts_acted=row["acted"],
                rate=row["acted"] / row["accounts"],
                low=low,
                high=high,
                plays=row["plays"],
                plays_withheld=row["withheld"],
            )
        )
    return result


def _harmed() -> pl.Expr:
    """Honest accounts acted on. To challenge an account that somebody else plays on is no harm but help."""
    return pl.col("action").is_in(ACTED) & ~((pl.col("action") == "challenge") & pl.col("victim"))


def _honest(joined: _Joined) -> HonestTruth:
    accounts, plays = joined.accounts.filter(~pl.col("fraud")), joined.plays.filter(~pl.col("fraud"))
    return HonestTruth(
        accounts=accounts.height,
        acted=accounts.filter(_harmed()).height,
        plays=plays.height,
        withheld=int(plays["withheld"].sum()),
        payout=float(plays["payout"].sum()),
        payout_withheld=float(plays["withheld_payout"].sum()),
    )


def _average_precision(joined: _Joined) -> AveragePrecision:
    scores = np.nan_to_num(joined.plays["score"].to_numpy().astype(np.float64))
    return AveragePrecision(
        accounts=average_precision(joined.accounts["score"].to_numpy(), joined.accounts["fraud"].to_numpy()),
        plays=average_precision(scores, joined.plays["fraud"].to_numpy()),
    )


def _at_budget(joined: _Joined, reviews_per_day: float, days: int) -> AtBudget:
    precision, recall = at_budget(
        joined.accounts["score"].to_numpy(), joined.accounts["fraud"].to_numpy(), round(reviews_per_day * days)
    )
    return AtBudget(budget_per_day=reviews_per_day, precision=precision, recall=recall)
