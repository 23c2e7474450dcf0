"""Decisions held against what really happened, where that is known because the attacks were simulated or planted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from ghostnote.decisions.hold_out import held_against
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
class Facts:
    """What is known to be true, one row per subject: `rows` as in the contract's labels, and where it comes from.

    `simulated` facts are the whole truth. Where nothing was simulated or planted, the team's own labels serve: who has
    none counts as honest.
    """

    rows: pl.DataFrame
    simulated: bool

    @property
    def fraud(self) -> int:
        """How many subjects are fraud."""
        return self.rows.filter(pl.col("verdict") == "fraud").height


@dataclass(frozen=True)
class Joined:
    """Decisions beside the truth: `accounts` with fraud, kind, campaign, victim (hijacked) and known (labelled before);
    `plays` with fraud, cohort, campaign, known and withheld; `tracks` as decided.
    """

    accounts: pl.DataFrame
    plays: pl.DataFrame
    tracks: pl.DataFrame

    def unknown(self) -> "Joined":
        """Without accounts and plays whose fraud was labelled before: finding them again proves nothing."""
        return replace(self, accounts=self.accounts.filter(~pl.col("known")), plays=self.plays.filter(~pl.col("known")))


def facts_of(labels: pl.DataFrame) -> Facts:
    """The truth in a lake's labels if it is there, else all that the team ever found out; may have no rows."""
    simulated = truth(labels)
    if simulated.height:
        return Facts(simulated, simulated=True)
    found = labels.sort("known_at").unique(["subject_type", "subject_id"], keep="last", maintain_order=True)
    return Facts(found, simulated=False)


def backtest(lake: Lake, decisions: Path, summary: Summary, *, as_of: datetime | None) -> Truth | None:
    """Compare the decision tables in `decisions` with the lake's truth, and write `truth.json` beside them.

    Accounts and plays whose fraud was labelled by `as_of` (when training ended) are left out: finding them again proves
    nothing. Returns None, and writes nothing, if the lake holds no truth.
    """
    if "labels" not in lake.tables():
        return None
    labels = read(lake, "labels").rows
    facts = facts_of(labels)
    if not facts.simulated:
        return None
    frames = {name: pl.read_parquet(decisions / f"{name}.parquet") for name in ("accounts", "plays", "tracks")}
    joined = join(frames, facts, labels_by(labels, as_of))
    days = (summary.end - summary.start).days + 1
    result = compare(joined, alerts_per_day=summary.policy.alerts_per_day or 0.0, days=days, simulated=True)
    write_document(decisions, result)
    return result


def labels_by(labels: pl.DataFrame, as_of: datetime | None) -> pl.DataFrame:
    """The labels known by a time, none without one."""
    return known_by(labels, as_of) if as_of else labels.clear()


def compare(joined: Joined, *, alerts_per_day: float, days: int, simulated: bool) -> Truth:
    """Count what was caught, missed and harmed among what was not known before; `simulated`: the truth is whole."""
    left_out = int(joined.accounts["known"].sum())
    joined = joined.unknown()
    return Truth(
        campaigns=_campaigns(joined),
        cohorts=_cohorts(joined),
        honest=_honest(joined),
        average_precision=_average_precision(joined),
        at_budget=_at_budget(joined, alerts_per_day, days),
        note=f"{left_out:,} accounts already labelled fraud when training ended are left out." if left_out else "",
        hold_out=held_against(joined.accounts, simulated=simulated),
    )


def join(frames: Mapping[str, pl.DataFrame], facts: Facts, known: pl.DataFrame) -> Joined:
    """The decision tables `accounts`, `plays` and `tracks` beside the facts, and the labels known before."""
    bad = known.filter(pl.col("verdict") == "fraud")["subject_id"].implode()
    subjects = _subjects(facts.rows)
    of_accounts = subjects.filter(pl.col("subject_type") == "account").rename({"subject_id": "account_id"})
    of_plays = subjects.filter((pl.col("subject_type") == "play") & (pl.col("verdict") == "fraud"))
    accounts = (
        frames["accounts"]
        .join(of_accounts.drop("subject_type"), on="account_id", how="left")
        .with_columns(
            (pl.col("verdict") == "fraud").fill_null(value=False).alias("fraud"),
            pl.col("kind").fill_null(UNKNOWN),
            pl.col("account_id").is_in(bad).alias("known"),
        )
    )
    theirs = accounts.select(
        "account_id",
        "known",
        pl.col("kind").alias("cohort"),
        pl.col("fraud").alias("bot"),
        pl.col("campaign").alias("of"),
    )
    played = of_plays.select(pl.col("subject_id").alias("event_id"), "kind", "campaign", fraud=True)
    # The truth names every artificial play; a team labels accounts, and then means all that they played.
    through = pl.col("bot") if not facts.simulated else pl.lit(value=False)
    plays = (
        frames["plays"]
        .join(played, on="event_id", how="left")
        .join(theirs, on="account_id", how="left")
        .with_columns(
            pl.when(through).then(pl.coalesce("kind", "cohort")).otherwise("kind").alias("kind"),
            pl.when(through).then(pl.coalesce("campaign", "of")).otherwise("campaign").alias("campaign"),
            pl.col("fraud").fill_null(through),
            (pl.col("known") | pl.col("event_id").is_in(bad)).alias("known"),
            (pl.col("verdict") != "count").alias("withheld"),
        )
        .drop("bot", "of")
    )
    hijacked = plays.filter("fraud")["account_id"].unique()
    victim = pl.col("account_id").is_in(hijacked.implode()) & ~pl.col("fraud")
    return Joined(accounts.with_columns(victim.alias("victim")), plays, frames["tracks"])


def _subjects(labels: pl.DataFrame) -> pl.DataFrame:
    """subject_type, subject_id, verdict, kind, campaign; fraud of which nobody said more is of an unknown campaign."""
    fraud = pl.col("verdict") == "fraud"
    named = pl.coalesce("campaign_id", "kind") if "campaign_id" in labels.columns else pl.col("kind")
    return labels.select(
        "subject_type",
        "subject_id",
        "verdict",
        pl.when(fraud).then(pl.col("kind").fill_null(UNKNOWN)).otherwise("kind").alias("kind"),
        pl.when(fraud).then(named.fill_null(UNKNOWN)).otherwise(named).alias("campaign"),
    )


def _campaigns(joined: Joined) -> list[CampaignTruth]:
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


def _cohorts(joined: Joined) -> list[CohortTruth]:
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


def _honest(joined: Joined) -> HonestTruth:
    accounts, plays = joined.accounts.filter(~pl.col("fraud")), joined.plays.filter(~pl.col("fraud"))
    return HonestTruth(
        accounts=accounts.height,
        acted=accounts.filter(_harmed()).height,
        plays=plays.height,
        withheld=int(plays["withheld"].sum()),
        payout=float(plays["payout"].sum()),
        payout_withheld=float(plays["withheld_payout"].sum()),
    )


def _average_precision(joined: Joined) -> AveragePrecision:
    scores = np.nan_to_num(joined.plays["score"].to_numpy().astype(np.float64))
    return AveragePrecision(
        accounts=average_precision(joined.accounts["score"].to_numpy(), joined.accounts["fraud"].to_numpy()),
        plays=average_precision(scores, joined.plays["fraud"].to_numpy()),
    )


def _at_budget(joined: Joined, reviews_per_day: float, days: int) -> AtBudget:
    precision, recall = at_budget(
        joined.accounts["score"].to_numpy(), joined.accounts["fraud"].to_numpy(), round(reviews_per_day * days)
    )
    return AtBudget(budget_per_day=reviews_per_day, precision=precision, recall=recall)
