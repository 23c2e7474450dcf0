"""Accounts that are each beyond the bar by their own days, at work for one target from shared devices.

A suspect's ties count where suspects are most of a target's users. Whoever buys plays of a known artist hides among
its listeners. But of honest accounts hardly one in thousands reaches the bar by its own evidence: that several who do
give a good part of what they do to one artist, make with others near the bar a good part of all its plays, *and* share
devices or payments with each other has no honest reason. Fans who stream together share the first and at times the
last; their own days acquit them (ADR 26).
"""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from ghostnote.decisions.campaigns import Group, connected, ids, named, named_accounts
from ghostnote.decisions.ties import FEWEST

#: Share of what an account does that must go to what ties evident accounts.
SLIGHT = 0.1
#: Share of the target's plays that these accounts make together.
_OF_ALL = 0.25
#: Share of them that use a device or a payment instrument which another of them uses.
_PLACED = 0.5
#: Share of its plays that an account may make on a device which none of the others uses.
_OWN = 0.1
_TARGETS, _PLACES = ("artist_id", "track_id"), ("device_id", "payment_hash")


def evident_groups(evident: Sequence[str], near: Sequence[str], links: pl.DataFrame, least: int) -> list[Group]:
    """Groups at work for a target to which `least` or more `evident` accounts give themselves.

    `evident` are account_ids whose own evidence reaches the bar, `near` those and others that reach it with a tie.
    `links` is everything that any account touched, with its shares: see `ties.shares`. No account is in two groups.
    """
    if len(evident) < least:
        return []
    sure, whose = named_accounts(evident), named_accounts({*near, *evident})
    theirs = links.filter(pl.col("account_id").is_in(whose.implode()))
    aimed = theirs.filter(pl.col("kind").is_in(_TARGETS) & (pl.col("share") >= SLIGHT))
    aimed = aimed.with_columns(pl.col("account_id").is_in(sure.implode()).alias("evident"))
    aimed = aimed.filter(pl.col("evident").sum().over("kind", "key") >= least)
    if aimed.is_empty():
        return []
    everybody = links.join(aimed.select("kind", "key").unique(), on=["kind", "key"], how="semi")
    whole = everybody.group_by("kind", "key").agg(pl.len().alias("users"), pl.col("events").sum().alias("all"))
    aimed = aimed.join(whole, on=["kind", "key"])
    most = pl.col("events").sum().over("kind", "key") >= _OF_ALL * pl.col("all")
    aimed = _placed(aimed.filter(most), theirs).filter(pl.col("placed") | pl.col("evident"))
    if aimed.is_empty():
        return []
    parts = connected(aimed).partition_by("component", maintain_order=True)
    return [found for found in map(_group, parts) if len(found.accounts) >= least]


def _placed(aimed: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """The rows of targets most of whose accounts share places with another one at work for the same; adds `placed`.

    Who also plays from a device of its own is not placed: there is a person as well.
    """
    target = ["kind", "key"]
    places = theirs.filter(pl.col("kind").is_in(_PLACES)).select(
        "account_id", of="kind", place="key", done=pl.col("events")
    )
    there = aimed.select("account_id", *target).join(places, on="account_id")
    shared, device = pl.len().over(*target, "of", "place") >= 2, pl.col("of") == "device_id"
    found = there.with_columns(shared.alias("shared")).group_by("account_id", *target)
    placed = found.agg(
        (
            pl.col("shared").any()
            & (pl.col("done").filter(device & ~pl.col("shared")).sum() <= _OWN * pl.col("done").filter(device).sum())
        ).alias("placed")
    )
    marked = aimed.join(placed, on=["account_id", *target], how="left").with_columns(
        pl.col("placed").fill_null(value=False)
    )
    return marked.filter(pl.col("placed").mean().over(*target) >= _PLACED)


def _group(part: pl.DataFrame) -> Group:
    """Who shares no place with the others may be somebody whose account is stolen: it joins, and is not one of them."""
    ties = part.group_by("kind", "key", "users").agg(pl.len().alias("members"))
    placed, whole = ids(part.filter("placed")["account_id"]), ids(part["account_id"])
    return replace(named(placed, ties), joined=tuple(account for account in whole if account not in set(placed)))


def with_evident(groups: Sequence[Group], found: Sequence[Group]) -> list[Group]:
    """The groups and those found besides: accounts that a group has stay with it, unless it mostly lies in another."""
    result = list(groups)
    for one in found:
        members = set(one.accounts)
        within = [other for other in result if other.mostly_in(members)]
        apart = [other for other in result if other not in within]
        taken = {account for other in apart for account in other.everybody}
        accounts = members.union(*(other.accounts for other in within)) - taken
        joined = {*one.joined, *(account for other in within for account in other.joined)} - accounts - taken
        if len(accounts) >= FEWEST:
            result = [*apart, replace(one, accounts=tuple(sorted(accounts)), joined=tuple(sorted(joined)))]
    return sorted(result, key=lambda one: (-len(one.accounts), one.campaign_id))
