"""Opinions of a whole period -> a verdict on every play and an action on every account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from ghostnote.decisions.campaigns import Group, group
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import counted_anew
from ghostnote.decisions.targets import confirmed_targets, dedicated
from ghostnote.scoring.judge import SIGNUP
from ghostnote.scoring.lockstep import Found, find, with_blocks
from ghostnote.scoring.together import Campaigns, add_up, hold_together

#: Share of the accounts that are looked at without being suspects, at most: studies found 1 to 3 % of fraud.
_MOST_REVIEWED = 0.03


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
    blocks = find(links) if policy.lockstep else []
    links = links.group_by("account_id", "kind", "key").agg(pl.col("events").sum()).filter(pl.col("kind") != SIGNUP)
    days = add_up(_at_work(counted_anew(days, policy.rules).with_row_index("row"), blocks), policy)
    suspect = (pl.col("total") >= policy.suspect_ratio) | (pl.col("surprise") >= odd)
    suspects = set(days.filter(suspect)["account_id"]).union(*(block.accounts for block in blocks if block.proven))
    groups = with_blocks(group(sorted(suspects), links), blocks)
    days, campaigns = hold_together(days, groups, policy, odd=odd, supervised=supervised)
    plays = _with_aimed(_marked(plays, play_threshold), campaigns, policy)
    bots = dedicated(plays, policy).cast(pl.String)
    days = days.with_columns(pl.col("confirmed") | pl.col("account_id").is_in(bots.implode()))
    plays = _verdicts(_with_because(plays, days, campaigns, policy))
    accounts = _accounts(days, plays, campaigns, policy)
    budget = policy.reviews_per_day * days["day"].n_unique()
    return Decided(days, plays, _acted(accounts, groups, policy, budget, supervised=supervised), groups)


def _at_work(days: pl.DataFrame, blocks: Sequence[Found]) -> pl.DataFrame:
    """Adds `at_work`: whether the account was at it for a block on that day; null for those in no block."""
    none = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    work = pl.concat([none, *(block.work for block in blocks)]).unique().with_columns(at_work=pl.lit(value=True))
    members = pl.Series([account for block in blocks for account in block.accounts], dtype=pl.String)
    days = days.join(work, on=["account_id", "day"], how="left", maintain_order="left")
    inside = pl.col("account_id").is_in(members.implode())
    return days.with_columns(pl.when(inside).then(pl.col("at_work").fill_null(value=False)).alias("at_work"))


def _marked(plays: pl.DataFrame, threshold: float | None) -> pl.DataFrame:
    marked = pl.lit(value=False) if threshold is None else pl.col("raw") >= threshold
    return plays.with_columns(marked.fill_null(value=False).alias("marked"))


def _with_because(plays: pl.DataFrame, days: pl.DataFrame, campaigns: Campaigns, policy: Policy) -> pl.DataFrame:
    """Adds `because`: confirmed accounts first, then what is aimed at a target, then what is held."""
    last = days["day"].max()
    assert last is not None
    state = days.select(pl.col("account_id").cast(pl.Categorical), "day", "total", "confirmed")
    plays = plays.join(state, on=["account_id", "day"], how="left", maintain_order="left")
    tied = campaigns.among(pl.Categorical())
    fresh = pl.col("day") > last - timedelta(days=policy.hold_days)  # type: ignore[operator]
    because = (
        pl.when(pl.col("confirmed"))
        .then(pl.lit("account"))
        .when(pl.col("aimed"))
        .then(pl.lit("target"))
        .when((pl.col("total") >= policy.hold_ratio) & fresh & tied)
        .then(pl.lit("held"))
    )
    return plays.with_columns(because.alias("because"))


def _with_aimed(plays: pl.DataFrame, campaigns: Campaigns, policy: Policy) -> pl.DataFrame:
    """Adds `aimed`: plays for a confirmed target, or what a member of a proven campaign plays for it."""
    targets = {key: confirmed_targets(plays, key, policy) for key in ("artist_id", "owner_id")}
    theirs = campaigns.aimed().with_columns(pl.all().cast(pl.Categorical))
    aimed = pl.Series("aimed", [False], dtype=pl.Boolean).new_from_index(0, plays.height)
    for column, pairs in (*targets.items(), ("artist_id", theirs), ("track_id", theirs)):
        found = pairs.select("account_id", column).drop_nulls().unique().with_columns(pl.lit(value=True).alias("hit"))
        hit = plays.select("account_id", column).join(
            found, on=["account_id", column], how="left", maintain_order="left"
        )
        aimed |= hit["hit"].fill_null(value=False)
    return plays.with_columns(aimed)


def _verdicts(plays: pl.DataFrame) -> pl.DataFrame:
    verdict = (
        pl.when(pl.col("because").is_null())
        .then(pl.lit("count"))
        .when(pl.col("because") == "held")
        .then(pl.lit("hold"))
        .otherwise(pl.lit("exclude"))
    )
    return plays.with_columns(verdict.alias("verdict"))


def _accounts(days: pl.DataFrame, plays: pl.DataFrame, campaigns: Campaigns, policy: Policy) -> pl.DataFrame:
    """One row per account. Its evidence counts what ties it to others, and is never below the bar if confirmed."""
    tie = pl.when(campaigns.among()).then(policy.day_cap).otherwise(0.0)
    evidence = pl.col("total").max() + tie.first()
    sure = pl.when(pl.col("confirmed").any()).then(pl.max_horizontal(evidence, pl.lit(policy.account_bar)))
    suspicious = (pl.col("total") >= policy.suspect_ratio) | pl.col("confirmed")
    accounts = days.group_by("account_id", maintain_order=True).agg(
        sure.otherwise(evidence).alias("evidence"),
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
    """Adds campaign_id and action. Households in lockstep have evidence enough to be looked at, and no more."""
    small = pl.Series([a for found in groups if not found.proven for a in found.accounts], dtype=pl.String)
    looked_at = pl.when(pl.col("account_id").is_in(small.implode())).then(policy.suspect_ratio)
    accounts = accounts.with_columns(pl.max_horizontal("evidence", looked_at).alias("evidence"))
    member = pl.DataFrame(
        [(account, found.campaign_id) for found in groups for account in found.everybody],
        schema={"account_id": pl.String, "campaign_id": pl.String},
        orient="row",
    )
    accounts = accounts.join(member, on="account_id", how="left", maintain_order="left")
    action = (
        pl.when(pl.col("confirmed"))
        .then(pl.lit("suspend"))
        .when(pl.col("aimed_plays") > 0)
        .then(pl.lit("challenge"))
        .when(_to_review(policy, budget, supervised=supervised))
        .then(pl.lit("review"))
        .otherwise(pl.lit("allow"))
    )
    return accounts.with_columns(action.alias("action"))


def _to_review(policy: Policy, budget: int, *, supervised: bool) -> pl.Expr:
    """The `budget` accounts to look at: suspects by evidence, then others by the mean rank of evidence and surprise.

    A model calls honest what it has not been taught, and tails call odd what many people are, each in their own way.
    Where both lean one way, kinds of fraud come to light that neither shows alone. Without a model, surprise decides.
    """
    doubtful = ~pl.col("confirmed") & (pl.col("aimed_plays") == 0)
    if not supervised:
        order = pl.when(doubtful).then(pl.struct("evidence", "surprise"))
        return doubtful & (order.rank("ordinal", descending=True) <= budget)
    suspect = pl.col("evidence") >= policy.suspect_ratio
    first = pl.when(suspect).then("evidence").otherwise(0.0)
    both = pl.col("evidence").rank() + pl.col("surprise").fill_null(0.0).rank()
    order = pl.when(doubtful).then(pl.struct(first.alias("first"), both.alias("both")))
    place = order.rank("ordinal", descending=True)
    # However large the budget, no more are worth a look than may be fraud.
    return doubtful & (place <= budget) & (suspect | (place <= _MOST_REVIEWED * pl.len()))
