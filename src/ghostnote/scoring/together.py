"""What acting together adds to what each account's own days say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ghostnote.decisions.campaigns import Group
from ghostnote.decisions.evidence import accumulate
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.ties import FEWEST, INFRASTRUCTURE

#: Kinds of key that one artist may bring with it.
_ABOUT_ONE = ("artist_id", "track_id", "playlist_id", "object_id")
#: Share of a suspicious day's plays on devices new to the account, from which it looks taken over.
_NEW_DEVICE = 0.5
#: Share of surely honest days from which an account is a person's.
_OWN_DAYS = 0.25
#: Share of people among a group from which all its accounts are taken for stolen.
_PEOPLE = 0.25


@dataclass(frozen=True)
class Campaigns:
    """Groups large enough to count, and those of them that are proven: in lockstep, or most accounts are confirmed.

    `stolen` accounts are people's, on which somebody else plays: what they play for the group is aimed, nothing else of
    theirs is touched.
    """

    counted: tuple[Group, ...]
    proven: tuple[Group, ...] = ()
    stolen: frozenset[str] = frozenset()

    @property
    def tied(self) -> set[str]:
        return {account for group in self.counted for account in group.accounts} - self.stolen

    def among(self, dtype: pl.DataType | None = None) -> pl.Expr:
        """Whether a row's account_id, of the given type, is tied to others."""
        return _among(self.tied, dtype)

    def aimed(self) -> pl.DataFrame:
        """account_id, artist_id, track_id (one of the two): what members of proven campaigns play for them."""
        parts = [
            pl.DataFrame({"account_id": group.everybody}, schema={"account_id": pl.String}).join(
                group.ties.filter(pl.col("kind") == kind).select(pl.col("key").cast(pl.String).alias(kind)), how="cross"
            )
            for group in self.proven
            for kind in ("artist_id", "track_id")
        ]
        columns = {"account_id": pl.String, "artist_id": pl.String, "track_id": pl.String}
        return pl.concat([pl.DataFrame(schema=columns), *parts], how="diagonal")


def add_up(days: pl.DataFrame, policy: Policy, bar: pl.Expr | None = None) -> pl.DataFrame:
    """`days` by account and day, with `total` and `confirmed`; `bar` lowers what some of them must reach."""
    lowered = bar if bar is not None else pl.lit(policy.account_bar)
    ordered = days.sort("account_id", "day").with_columns(lowered.alias("bar"))
    codes = ordered["account_id"].rle_id().to_numpy().astype(np.int64)
    sums = accumulate(codes, ordered["ratio"].to_numpy(), ordered["bar"].to_numpy())
    added = ordered.with_columns(pl.Series("total", sums.total), pl.Series("confirmed", sums.confirmed))
    return added.drop("bar")


def hold_together(
    days: pl.DataFrame, groups: Sequence[Group], policy: Policy, *, odd: float, supervised: bool
) -> tuple[pl.DataFrame, Campaigns]:
    """The days (with `total`, see `add_up`) again, with what groups add, and the campaigns.

    Being tied to others brings evidence once, as much as a day can at most, and odd days of tied accounts bring as much
    as suspicious ones; but where shared devices, networks or payments are all that ties a group, that is one fact, and
    their own days must reach the bar without it (`_told_once`): a company has its card. A campaign is proven when at
    least half of its suspects are then confirmed; the others of them are confirmed as well if their own days make them
    suspects. Nobody outside a group is confirmed by scores: an account that is odd alone earns nobody much, and may be
    a person with odd habits. Only certain rules act alone. And an account that is a person's on other days is not
    confirmed: somebody else plays on it (`_person`).
    """
    # Days on which an account was at work for a group in lockstep are evidence whatever each alone looks like.
    blocked = _among({account for group in groups if group.in_lockstep for account in group.accounts})
    days = days if "at_work" in days.columns else days.with_columns(pl.lit(None, pl.Boolean).alias("at_work"))
    worked = pl.when(blocked & pl.col("at_work")).then(pl.max_horizontal("ratio", pl.lit(policy.account_bar)))
    days = days.with_columns(worked.otherwise("ratio").alias("ratio"), pl.col("ratio").alias("alone"))
    counted = Campaigns(tuple(group for group in groups if _counts(group, days, policy)))
    tied, housed = counted.among(), _housed(counted)
    days = _told_once(days, housed, policy)
    helped = tied & ~_among(housed)
    ratio = pl.when(helped & (pl.col("surprise") >= odd)).then(pl.max_horizontal("ratio", pl.lit(policy.day_cap)))
    days = days.with_columns(ratio.otherwise("ratio").alias("ratio"))
    lowered = pl.when(helped).then(policy.account_bar - policy.day_cap).otherwise(policy.account_bar)
    days = add_up(days, policy, lowered)
    sure = set(days.filter("confirmed")["account_id"])
    proven = tuple(
        g for g in counted.counted if g.in_lockstep or 2 * len(sure.intersection(g.accounts)) >= len(g.accounts)
    )
    campaigns = Campaigns(counted.counted, proven)
    inside = _among({account for group in proven for account in group.accounts})
    days = add_up(days, policy, pl.when(inside).then(policy.suspect_ratio).otherwise(lowered))
    person = _person(policy, supervised=supervised)
    stolen = _stolen(days.filter(person)["account_id"], counted.counted)
    if stolen:
        # What somebody else did on them is no evidence against the people whose accounts they are.
        own = pl.when(_among(stolen)).then("alone").otherwise("ratio").alias("ratio")
        days = add_up(days.with_columns(own), policy, pl.when(inside).then(policy.suspect_ratio).otherwise(lowered))
    spared = ~pl.col("certain").any().over("account_id") & (~tied | person | _among(stolen))
    days = days.with_columns((pl.col("confirmed") & ~spared).alias("confirmed")).drop("alone")
    return days, replace(campaigns, stolen=frozenset(stolen))


def _housed(campaigns: Campaigns) -> set[str]:
    """The accounts that nothing but a shared place ties to others."""
    only = (group for group in campaigns.counted if _tied_only_by(group, INFRASTRUCTURE))
    return {account for group in only for account in group.accounts}


def _tied_only_by(group: Group, kinds: Collection[str]) -> bool:
    """Whether keys of these kinds are all that holds a group together."""
    return group.lockstep is None and set(group.ties["kind"].cast(pl.String)).issubset(kinds)


def _told_once(days: pl.DataFrame, housed: set[str], policy: Policy) -> pl.DataFrame:
    """`days` where rules that only tell of a shared place bring nothing to accounts that share one anyway."""
    if not housed:
        return days
    shared = [rule.name for rule in policy.rules if rule.shared]
    only = (pl.col("rules").list.len() > 0) & (pl.col("rules").list.set_difference(shared).list.len() == 0)
    again = _among(housed) & only & ~pl.col("certain")
    less = pl.min_horizontal("ratio", "without_rules")
    return days.with_columns(pl.when(again).then(less).otherwise("ratio").alias("ratio"))


def _counts(group: Group, days: pl.DataFrame, policy: Policy) -> bool:
    """Whether a group is large enough, or its few accounts are each beyond the bar by their own days, and say together
    as much as a large enough group at the bar does.

    A household is odd together, but not as improbable as that.
    """
    if group.proven and len(group.accounts) >= policy.group_accounts and not _one_taste(group):
        return True
    theirs = days.filter(_among(set(group.accounts))).group_by("account_id").agg(pl.col("total").max())
    sure = theirs["total"].filter(theirs["total"] >= policy.account_bar)
    return len(sure) >= FEWEST and float(sure.sum()) >= policy.group_accounts * policy.account_bar


def _one_taste(group: Group) -> bool:
    """Whether all that ties a group is one artist, whose tracks, lists and followers are no further choices."""
    artists = group.ties.filter(pl.col("kind").cast(pl.String) == "artist_id").height
    return artists <= 1 and _tied_only_by(group, _ABOUT_ONE)


def _stolen(people: pl.Series, groups: Sequence[Group]) -> set[str]:
    """Accounts of groups among which there are many people: somebody plays on them, whosever days are seen.

    Somebody may hardly have listened in the period. What their accounts played for the group is excluded all the same.
    """
    known = set(people)
    many = [g for g in groups if len(known.intersection(g.accounts)) >= _PEOPLE * len(g.accounts)]
    return {account for group in many for account in group.accounts}


def _person(policy: Policy, *, supervised: bool) -> pl.Expr:
    """Accounts that somebody takes over now and then: surely honest on other days, or odd on devices new to them.

    One quiet day buys nobody out: a quarter of the active days must be a person's. A day without plays, on which a
    client only signed in, was nobody's work, but is not a person's for that.
    """
    taken = ((pl.col("new_device") >= _NEW_DEVICE) & (pl.col("ratio") > 0)).fill_null(value=False)
    own = pl.col("ratio") <= -policy.suspect_ratio if supervised else pl.lit(value=False)
    own |= ~pl.col("at_work").fill_null(value=True) & (pl.col("plays") > 0)
    return taken.any().over("account_id") | (own.cast(pl.Float64).mean().over("account_id") >= _OWN_DAYS)


def _among(accounts: set[str], dtype: pl.DataType | None = None) -> pl.Expr:
    ids = pl.Series(sorted(accounts), dtype=pl.String)
    return pl.col("account_id").is_in((ids.cast(dtype) if dtype is not None else ids).implode())
