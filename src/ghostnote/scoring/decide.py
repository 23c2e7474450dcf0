"""Opinions of a whole period -> a verdict on every play and an action on every account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from ghostnote.decisions.campaigns import Group, group
from ghostnote.decisions.evident import evident_groups, with_evident
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import counted_anew
from ghostnote.decisions.targets import confirmed_targets, dedicated
from ghostnote.scoring.acting import Acting, act
from ghostnote.scoring.cohorts import Cohorts
from ghostnote.scoring.links import summed
from ghostnote.scoring.lockstep import Found, find, with_blocks
from ghostnote.scoring.sparing import spare
from ghostnote.scoring.together import Campaigns, add_up, hold_together

#: Why a play does not count, and what becomes of it: a byte a play.
BECAUSE = pl.Enum(["account", "target", "held", "ceiling"])
VERDICT = pl.Enum(["count", "hold", "exclude"])


@dataclass(frozen=True)
class Decided:
    """`days`: the account-days with `total` (running evidence), `confirmed` and `row` (place in the values given).
    `plays`: with `verdict`, `because` (account, target, held, ceiling or null) and `would_be` (the verdict that it is
    spared, or null). `accounts`: account_id, evidence (the highest total), confirmed, certain, plays, action,
    untouched, would_be, sources, said (sentences on the choice), campaign_id, first_flagged, surprise, best_row.
    `notes` are sentences for the summary.
    """

    days: pl.DataFrame
    plays: pl.DataFrame
    accounts: pl.DataFrame
    groups: list[Group]
    notes: tuple[str, ...] = ()


def decide(
    days: pl.DataFrame,
    plays: pl.DataFrame,
    links: pl.DataFrame,
    policy: Policy,
    *,
    play_threshold: float | None,
    odd: float,
    prior: float | None,
    cohorts: Cohorts | None = None,
) -> Decided:
    """Add evidence up per account, find targets and groups, then decide; see `Policy` for what bounds it.

    `prior` is the share of fraud among account-days of the training data. Without one, so without a model learnt from
    labels, only rules bring evidence, and reviews go to the most surprising accounts. An
    account-day whose surprise reaches `odd` makes a suspect but no evidence: honest people are odd, each in their own
    way. It becomes evidence where suspects are tied to each other.
    """
    supervised = prior is not None
    blocks = find(links) if policy.lockstep else []
    links = summed(links)
    days = add_up(_at_work(counted_anew(days, policy.rules).with_row_index("row"), blocks), policy)
    suspect = (pl.col("total") >= policy.suspect_ratio) | (pl.col("surprise") >= odd)
    suspects = set(days.filter(suspect)["account_id"]).union(*(block.accounts for block in blocks if block.proven))
    groups = group(sorted(suspects), links)
    if supervised:
        evident = days.filter(pl.col("total") >= policy.account_bar)["account_id"].unique().to_list()
        groups = with_evident(groups, evident_groups(evident, links, policy.target_accounts))
    groups = with_blocks(groups, blocks)
    days, campaigns = hold_together(days, groups, policy, odd=odd, supervised=supervised)
    plays = _with_aimed(_marked(plays, play_threshold), campaigns, policy)
    bots = dedicated(plays, policy).cast(pl.String)
    there = pl.col("account_id").is_in(bots.implode())
    days = days.with_columns(
        pl.col("confirmed") | there,
        there.alias("dedicated"),
        ((pl.col("without_rules") >= policy.suspect_ratio) & pl.lit(value=supervised)).alias("by_model"),
        (pl.col("surprise") >= odd).fill_null(value=False).alias("by_tails"),
    )
    plays = _verdicts(_with_because(plays, days, campaigns, policy))
    within = Acting(policy.reviews_per_day * days["day"].n_unique(), prior, cohorts, _last(days))
    accounts, limited = act(_accounts(days, plays, campaigns, policy), plays, groups, policy, within)
    if limited.accounts.height:
        plays = _verdicts(_within_ceilings(plays, limited.accounts["account_id"]))
    accounts, plays = spare(accounts, plays, policy.untouched)
    return Decided(days, plays, accounts, groups, limited.notes)


def _last(days: pl.DataFrame) -> date:
    last = days["day"].max()
    assert isinstance(last, date)
    return last


def _within_ceilings(plays: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """`because` where a ceiling spared the account: what is aimed stays excluded, the rest waits for people."""
    theirs = (pl.col("because") == "account") & pl.col("account_id").is_in(accounts.cast(pl.Categorical).implode())
    why = pl.when(pl.col("aimed")).then(pl.lit("target", BECAUSE)).otherwise(pl.lit("ceiling", BECAUSE))
    return plays.with_columns(pl.when(theirs).then(why).otherwise("because").alias("because"))


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
    last = _last(days)
    noted = days.filter(pl.col("confirmed") | (pl.col("total") >= policy.hold_ratio))
    state = noted.select(pl.col("account_id").cast(pl.Categorical), "day", "confirmed")
    fresh = pl.col("day") > last - timedelta(days=policy.hold_days)
    found = _of(plays, state).with_columns((fresh & campaigns.among(pl.Categorical())).alias("waits"))
    sure, waiting = _rows(plays, found.filter("confirmed")), _rows(plays, found.filter("waits"))
    because = (
        pl.when(sure)
        .then(pl.lit("account", BECAUSE))
        .when(pl.col("aimed"))
        .then(pl.lit("target", BECAUSE))
        .when(waiting)
        .then(pl.lit("held", BECAUSE))
    )
    return plays.with_columns(because.alias("because"))


def _of(plays: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The plays that agree with a row of `found` in account_id and its other columns that plays have, with their place.

    Accounts first: those that there is anything to say of are few, and one column is looked up much faster than two.
    """
    both = [name for name in found.columns if name in plays.columns]
    near = plays.select(both).with_row_index("place").filter(pl.col("account_id").is_in(found["account_id"].implode()))
    return near.join(found, on=both)


def _rows(plays: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """Which plays are among those that `_of` found, as booleans."""
    hit = np.zeros(plays.height, dtype=np.bool_)
    hit[found["place"].to_numpy()] = True
    return pl.Series(hit)


def _with_aimed(plays: pl.DataFrame, campaigns: Campaigns, policy: Policy) -> pl.DataFrame:
    """Adds `aimed`: plays for a confirmed target, or what a member of a proven campaign plays for it."""
    targets = {key: confirmed_targets(plays, key, policy) for key in ("artist_id", "owner_id")}
    theirs = campaigns.aimed().with_columns(pl.all().cast(pl.Categorical))
    aimed = pl.Series(np.zeros(plays.height, dtype=np.bool_))
    for column, pairs in (*targets.items(), ("artist_id", theirs), ("track_id", theirs)):
        aimed |= _rows(plays, _of(plays, pairs.select("account_id", column).drop_nulls().unique()))
    return plays.with_columns(aimed.alias("aimed"))


def _verdicts(plays: pl.DataFrame) -> pl.DataFrame:
    verdict = (
        pl.when(pl.col("because").is_null())
        .then(pl.lit("count", VERDICT))
        .when(pl.col("because").is_in(["held", "ceiling"]))
        .then(pl.lit("hold", VERDICT))
        .otherwise(pl.lit("exclude", VERDICT))
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
        pl.col("certain", "dedicated", "by_model", "by_tails").any(),
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
