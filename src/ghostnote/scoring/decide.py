"""Opinions of a whole period -> a verdict on every play and an action on every account."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from ghostnote.decisions.campaigns import Group, group
from ghostnote.decisions.evidence import accumulate
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.targets import confirmed_targets


@dataclass(frozen=True)
class Decided:
    """`days`: the account-days with `total` (running evidence), `confirmed` and `row` (place in the values given).
    `plays`: with `verdict` and `because` (account, target, held or null). `accounts`: account_id, evidence (the highest
    total), confirmed, certain, plays, action, campaign_id, first_flagged, surprise, best_row.
    """

    days: pl.DataFrame
    plays: pl.DataFrame
    accounts: pl.DataFrame
    groups: list[Group]


def decide(
    days: pl.DataFrame,
    plays: pl.DataFrame,
    links: pl.DataFrame,
    policy: Policy,
    *,
    play_threshold: float | None,
    odd: float,
    supervised: bool,
) -> Decided:
    """Add evidence up per account, find targets and groups, then decide; see `Policy` for what bounds it.

    Without a model learnt from labels only rules bring evidence, and reviews go to the most surprising accounts. An
    account-day whose surprise reaches `odd` makes a suspect but no evidence: honest people are odd, each in their own
    way. It becomes evidence where suspects are tied to each other.
    """
    days = _accumulated(days.with_row_index("row"), policy)
    suspect = (pl.col("total") >= policy.suspect_ratio) | (pl.col("surprise") >= odd)
    groups = group(days.filter(suspect)["account_id"].unique(maintain_order=True).to_list(), links)
    tied = {account for found in groups if len(found.accounts) >= policy.group_accounts for account in found.accounts}
    days = _accumulated(_together(days, policy, tied, odd), policy)
    last = days["day"].max()
    marked = pl.lit(value=False) if play_threshold is None else pl.col("score") >= play_threshold
    state = days.select("account_id", "day", "total", "confirmed").with_columns(
        pl.col("account_id").cast(pl.Categorical)
    )
    plays = plays.with_columns(marked.fill_null(value=False).alias("marked")).join(
        state, on=["account_id", "day"], how="left", maintain_order="left"
    )
    targets = confirmed_targets(plays.select("account_id", "artist_id", "marked"), policy)
    aimed = pl.col("artist_id").is_in(targets.implode()).fill_null(value=False) & pl.col("marked")
    assert last is not None
    fresh = pl.col("day") > last - timedelta(days=policy.hold_days)  # type: ignore[operator]
    because = (
        pl.when(pl.col("confirmed"))
        .then(pl.lit("account"))
        .when(aimed)
        .then(pl.lit("target"))
        .when((pl.col("total") >= policy.hold_ratio) & fresh)
        .then(pl.lit("held"))
    )
    verdict = (
        pl.when(pl.col("because").is_null())
        .then(pl.lit("count"))
        .when(pl.col("because") == "held")
        .then(pl.lit("hold"))
        .otherwise(pl.lit("exclude"))
    )
    plays = plays.with_columns(because.alias("because")).with_columns(verdict.alias("verdict"))
    accounts = _accounts(days, plays, policy)
    budget = policy.reviews_per_day * days["day"].n_unique()
    return Decided(days, plays, _acted(accounts, groups, policy, budget, supervised=supervised), groups)


def _together(days: pl.DataFrame, policy: Policy, tied: AbstractSet[str], odd: float) -> pl.DataFrame:
    """For accounts `tied` to others, the tie brings evidence once, and odd days bring as much as suspicious ones."""
    among = pl.col("account_id").is_in(pl.Series(sorted(tied), dtype=pl.String).implode())
    ratio = pl.when(pl.col("surprise") >= odd).then(pl.max_horizontal("ratio", pl.lit(policy.day_cap)))
    return days.with_columns(
        pl.when(among).then(ratio.otherwise(pl.col("ratio"))).otherwise(pl.col("ratio")).alias("ratio"),
        pl.when(among).then(policy.day_cap).otherwise(0.0).alias("tie"),
    )


def _accumulated(days: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Adds total and confirmed."""
    ordered = days.sort("account_id", "day")
    codes = ordered["account_id"].rle_id().to_numpy().astype(np.int64)
    tie = ordered["tie"].to_numpy() if "tie" in ordered.columns else 0.0
    bar = np.broadcast_to(policy.account_bar - tie, ordered.height)
    sums = accumulate(codes, ordered["ratio"].to_numpy(), bar)
    return ordered.with_columns(pl.Series("total", sums.total), pl.Series("confirmed", sums.confirmed))


def _accounts(days: pl.DataFrame, plays: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    suspicious = (pl.col("total") >= policy.suspect_ratio) | pl.col("confirmed")
    accounts = days.group_by("account_id", maintain_order=True).agg(
        pl.col("total").max().alias("evidence"),
        pl.col("confirmed").any(),
        pl.col("certain").any(),
        pl.col("plays").sum(),
        pl.col("surprise").max(),
        pl.col("first_time").filter(suspicious).min().alias("first_flagged"),
        pl.col("row").sort_by("ratio", "surprise", descending=True).first().alias("best_row"),
        pl.col("rules").explode(empty_as_null=True, keep_nulls=True).drop_nulls().unique(maintain_order=True),
        (pl.col("ratio") >= policy.suspect_ratio).sum().alias("suspicious_days"),
        pl.len().alias("active_days"),
    )
    aimed = (
        plays.filter(pl.col("because") == "target")
        .group_by(pl.col("account_id").cast(pl.String))
        .agg(pl.len().cast(pl.Int64).alias("aimed_plays"), pl.col("event_time").min().alias("first_aimed"))
    )
    return (
        accounts.join(aimed, on="account_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("aimed_plays").fill_null(0),
            pl.coalesce("first_flagged", "first_aimed").alias("first_flagged"),
        )
        .drop("first_aimed")
    )


def _acted(
    accounts: pl.DataFrame, groups: list[Group], policy: Policy, budget: int, *, supervised: bool
) -> pl.DataFrame:
    """Adds campaign_id and action. `budget` reviews go where most evidence, or without a model most surprise, is."""
    member = pl.DataFrame(
        [(account, found.campaign_id) for found in groups for account in found.accounts],
        schema={"account_id": pl.String, "campaign_id": pl.String},
        orient="row",
    )
    accounts = accounts.join(member, on="account_id", how="left", maintain_order="left")
    doubtful = ~pl.col("confirmed")
    if supervised:
        doubtful &= pl.col("evidence") >= policy.suspect_ratio
    rank = pl.when(doubtful).then(pl.struct("evidence", "surprise")).rank("ordinal", descending=True)
    action = (
        pl.when(pl.col("confirmed"))
        .then(pl.lit("suspend"))
        .when(doubtful & (rank <= budget))
        .then(pl.lit("review"))
        .when(pl.col("aimed_plays") > 0)
        .then(pl.lit("challenge"))
        .otherwise(pl.lit("allow"))
    )
    return accounts.with_columns(action.alias("action"))
