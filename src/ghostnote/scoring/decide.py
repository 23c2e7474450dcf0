"""Opinions of a whole period -> a verdict on every play and an action on every account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ghostnote.decisions.campaigns import Group, group
from ghostnote.decisions.closed import closed_groups, leaning
from ghostnote.decisions.evident import SLIGHT, evident_groups, with_evident
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import counted_anew
from ghostnote.decisions.targets import dedicated
from ghostnote.decisions.ties import shares
from ghostnote.scoring.acting import Acting, act
from ghostnote.scoring.aimed import Aimed
from ghostnote.scoring.cohorts import Cohorts
from ghostnote.scoring.links import Links
from ghostnote.scoring.lockstep import Found, find, with_blocks
from ghostnote.scoring.plays import Plays
from ghostnote.scoring.sparing import spare
from ghostnote.scoring.together import Campaigns, add_up, hold_together

#: Why a play does not count, and what becomes of it.
VERDICTS = {"account": "exclude", "target": "exclude", "held": "hold", "ceiling": "hold"}
BECAUSE = pl.Enum(list(VERDICTS))


@dataclass(frozen=True)
class Decided:
    """`days`: the account-days with `total` (running evidence), `confirmed` and `row` (place in the values given).
    `plays`: all plays. `withheld`: those of them that do not count, or would not if nobody were spared, with `day`,
    `place` (in their day), `aimed`, `verdict`, `because` (account, target, held or ceiling; null where it counts) and
    `would_be` (the verdict that it is spared, or null). `links`: see `links.summed`. `accounts`: account_id, evidence
    (the highest total), confirmed, certain, plays, action, untouched, would_be, sources, said (sentences on the
    choice), campaign_id, first_flagged, surprise, best_row. `notes` are sentences for the summary.
    """

    days: pl.DataFrame
    plays: Plays
    withheld: pl.DataFrame
    links: pl.DataFrame
    accounts: pl.DataFrame
    groups: list[Group]
    notes: tuple[str, ...] = ()


def decide(
    days: pl.DataFrame,
    plays: Plays,
    links: Links,
    policy: Policy,
    *,
    odd: float,
    prior: float | None,
    last: date | None = None,
    cohorts: Cohorts | None = None,
) -> Decided:
    """Add evidence up per account, find targets and groups, then decide; see `Policy` for what bounds it.

    `prior` is the share of fraud among account-days of the training data. Without one, so without a model learnt from
    labels, only rules bring evidence, and reviews go to the most surprising accounts. An
    account-day whose surprise reaches `odd` makes a suspect but no evidence: honest people are odd, each in their own
    way. It becomes evidence where suspects are tied to each other. Of plays and links those up to `last` count.
    """
    supervised = prior is not None
    days = counted_anew(days, policy.rules).with_row_index("row")
    suspicious = leaning(days) if supervised else None
    blocks = find(links.timed(last), suspicious or ()) if policy.lockstep else []
    touched = links.summed(last)
    days = add_up(_at_work(days, blocks), policy)
    groups = with_blocks(_groups(days, touched, blocks, suspicious, policy, odd=odd), blocks, touched)
    days, campaigns = hold_together(days, groups, policy, odd=odd, supervised=supervised)
    aimed = Aimed.of(plays, touched, days, campaigns, policy, last)
    bots = dedicated(aimed.by_day(days), policy).cast(pl.String)
    there = pl.col("account_id").is_in(bots.implode())
    days = days.with_columns(
        pl.col("confirmed") | there,
        there.alias("dedicated"),
        ((pl.col("without_rules") >= policy.suspect_ratio) & pl.lit(value=supervised)).alias("by_model"),
        (pl.col("surprise") >= odd).fill_null(value=False).alias("by_tails"),
    )
    withheld = _verdicts(_withheld(plays, aimed, days, campaigns, policy))
    within = Acting(policy.reviews_per_day * days["day"].n_unique(), prior, cohorts, _last(days))
    staked = _staked(plays, policy, last)
    accounts, limited = act(_accounts(days, withheld, campaigns, policy), staked, groups, policy, within)
    if limited.accounts.height:
        withheld = _verdicts(_within_ceilings(withheld, limited.accounts["account_id"]))
    accounts, withheld = spare(accounts, withheld, policy.untouched)
    return Decided(days, plays, withheld, touched, accounts, groups, limited.notes)


def _groups(
    days: pl.DataFrame,
    touched: pl.DataFrame,
    blocks: Sequence[Found],
    suspicious: Sequence[str] | None,
    policy: Policy,
    *,
    odd: float,
) -> list[Group]:
    """What ties suspects, and evident accounts, to each other; blocks in lockstep only make suspects here.

    `suspicious` are the most suspicious accounts, None where no labels say who is.
    """
    suspect = (pl.col("total") >= policy.suspect_ratio) | (pl.col("surprise") >= odd)
    named = set(days.filter(suspect)["account_id"]).union(*(block.accounts for block in blocks if block.proven))
    suspects, links = sorted(named), shares(touched)
    groups = group(suspects, links)
    if suspicious is None:
        return groups
    evident, near = (_reaching(days, bar) for bar in (policy.account_bar, policy.account_bar - policy.day_cap))
    groups = with_evident(groups, group(suspects, links, evident=evident, same=SLIGHT))
    groups = with_evident(groups, evident_groups(evident, near, links, policy.target_accounts))
    return with_evident(groups, closed_groups(suspicious, links))


def _reaching(days: pl.DataFrame, bar: float) -> list[str]:
    """The accounts whose evidence reaches a bar."""
    return days.filter(pl.col("total") >= bar)["account_id"].unique().sort().to_list()


def _staked(plays: Plays, policy: Policy, last: date | None) -> pl.DataFrame:
    """account_id and ms_played of all plays that are paid for, where the choice of an action depends on them."""
    none = pl.DataFrame(schema={"account_id": pl.Categorical, "ms_played": pl.Int64})
    if len(policy.costs.options) == 1:
        return none
    paying = pl.col("ms_played") >= policy.royalty_ms
    return pl.concat([none, *(rows.filter(paying) for _, rows in plays.days(last, none.columns))])


def _last(days: pl.DataFrame) -> date:
    last = days["day"].max()
    assert isinstance(last, date)
    return last


def _within_ceilings(withheld: pl.DataFrame, accounts: pl.Series) -> pl.DataFrame:
    """`because` where a ceiling spared the account: what is aimed stays excluded, the rest waits for people."""
    theirs = (pl.col("because") == "account") & pl.col("account_id").is_in(accounts.cast(pl.Categorical).implode())
    why = pl.when(pl.col("aimed")).then(pl.lit("target", BECAUSE)).otherwise(pl.lit("ceiling", BECAUSE))
    return withheld.with_columns(pl.when(theirs).then(why).otherwise("because").alias("because"))


def _at_work(days: pl.DataFrame, blocks: Sequence[Found]) -> pl.DataFrame:
    """Adds `at_work`: whether the account was at it for a block on that day; null for those in no block."""
    none = pl.DataFrame(schema={"account_id": pl.String, "day": pl.Date})
    work = pl.concat([none, *(block.work for block in blocks)]).unique().with_columns(at_work=pl.lit(value=True))
    members = pl.Series([account for block in blocks for account in block.accounts], dtype=pl.String)
    days = days.join(work, on=["account_id", "day"], how="left", maintain_order="left")
    inside = pl.col("account_id").is_in(members.implode())
    return days.with_columns(pl.when(inside).then(pl.col("at_work").fill_null(value=False)).alias("at_work"))


def _withheld(plays: Plays, aimed: Aimed, days: pl.DataFrame, campaigns: Campaigns, policy: Policy) -> pl.DataFrame:
    """The plays with a `because`: confirmed accounts first, then what is aimed at a target, then what is held."""
    last = _last(days)
    noted = days.filter(pl.col("confirmed") | (pl.col("total") >= policy.hold_ratio))
    state = noted.select(pl.col("account_id").cast(pl.Categorical), "day", "confirmed")
    fresh = pl.col("day") > last - timedelta(days=policy.hold_days)
    state = state.with_columns((fresh & campaigns.among(pl.Categorical())).alias("waits"))
    by_day = state.partition_by("day", as_dict=True)
    parts = []
    for day, rows in plays.days(last):
        theirs = by_day.get((day,), state.clear())
        sure, waiting = (_by(theirs.filter(name)["account_id"]) for name in ("confirmed", "waits"))
        because = (
            pl.when(sure)
            .then(pl.lit("account", BECAUSE))
            .when(pl.col("aimed"))
            .then(pl.lit("target", BECAUSE))
            .when(waiting)
            .then(pl.lit("held", BECAUSE))
        )
        told = rows.select("account_id").with_columns(aimed.rows(day, rows.height).alias("aimed"))
        told = told.select("aimed", because.alias("because"))
        place = told["because"].is_not_null().arg_true()
        found = [rows[place], told[place], place.alias("place").to_frame()]
        parts.append(pl.concat(found, how="horizontal").with_columns(pl.lit(day).alias("day")))
    return pl.concat(parts)


def _by(accounts: pl.Series) -> pl.Expr:
    return pl.col("account_id").is_in(accounts.implode())


def _verdicts(withheld: pl.DataFrame) -> pl.DataFrame:
    verdict = pl.col("because").replace_strict(VERDICTS, return_dtype=pl.String)
    return withheld.with_columns(verdict.alias("verdict"))


def _accounts(days: pl.DataFrame, withheld: pl.DataFrame, campaigns: Campaigns, policy: Policy) -> pl.DataFrame:
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
        withheld.filter(pl.col("because") == "target")
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
