"""The links of a period -> blocks of accounts in lockstep, as ids and dates."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.campaigns import Group, ids, named, named_accounts
from ghostnote.decisions.ties import FEWEST, INFRASTRUCTURE, KINDS
from ghostnote.models.blocks import Block
from ghostnote.models.edges import Edges, Kind
from ghostnote.models.lockstep import Lockstep
from ghostnote.scoring.links import BUCKET_HOURS, SIGNUP

#: Kinds of which different keys are different choices, and those that strangers share.
_CHOSEN, _CROWDED = ("artist_id", "playlist_id", "object_id"), ("subnet", SIGNUP)
#: Kinds of which one key stands for much else, that others have put together.
_LISTED = ("playlist_id", "object_id")
#: Share of a block's accounts whose own days must be suspicious where what they do together is no proof by itself.
_SPEAK = 2 / 3
#: Fewest events for a block on a day from which an account was at work for it.
_AT_WORK = 3


@dataclass(frozen=True)
class Found:
    """A block by ids: `ties` has kind, key, members, users; `work` has account_id, day: who was at it when.

    `proven`: it is larger than a household, and either what they do together is proof by itself or most of its
    accounts' own days are suspicious. Others are for people to look at, and prove nothing.
    """

    accounts: tuple[str, ...]
    ties: pl.DataFrame
    work: pl.DataFrame
    sentence: str
    proven: bool = True


def find(links: pl.DataFrame, suspicious: Collection[str] = (), *, seed: int = 0) -> list[Found]:
    """Blocks in `links` (account_id, kind, key, time in buckets, events), the most surprising first.

    `suspicious` are the accounts whose own days speak against them.
    """
    names = (*KINDS, SIGNUP)
    kinds = tuple(Kind(n, n in _CHOSEN, n in (*INFRASTRUCTURE, SIGNUP), n in _CROWDED, n in _LISTED) for n in names)
    rows = links.with_columns(pl.col("account_id", "kind", "key").cast(pl.Categorical))
    if rows.is_empty():
        return []
    whose, account = _coded(rows["account_id"])
    keys, key = _coded(rows["key"])
    edges = Edges(
        accounts=len(whose),
        kinds=kinds,
        account=account,
        key=key,
        kind=_looked_up(rows["kind"], pl.Series(names)).astype(np.int8),
        time=rows["time"].to_numpy(),
        weight=rows["events"].to_numpy().astype(np.float32),
    )
    lockstep, speaking = Lockstep(seed=seed), set(suspicious)

    def proven(block: Block) -> bool:
        speak = len(speaking.intersection(whose.gather(block.accounts))) >= _SPEAK * len(block.accounts)
        return lockstep.beyond_a_home(block) and (speak or lockstep.proves(block, kinds))

    return [_found(block, edges, whose, keys, rows, proven=proven(block)) for block in lockstep.find(edges)]


def _coded(values: pl.Series) -> tuple[pl.Series, NDArray[np.int32]]:
    """The different texts of a Categorical in their order, and the place of each value among them."""
    there = np.flatnonzero(np.bincount(values.to_physical().to_numpy()))
    texts = pl.Series(there.astype(np.uint32)).cat.to(pl.Categorical).cast(pl.String).sort()
    return texts, _looked_up(values, texts)


def _looked_up(values: pl.Series, texts: pl.Series) -> NDArray[np.int32]:
    """The place of each value of a Categorical in `texts`, which has them all."""
    codes = texts.cast(pl.Categorical).to_physical().to_numpy()
    places = np.zeros(int(codes.max()) + 1, dtype=np.int32)
    places[codes] = np.arange(len(codes), dtype=np.int32)
    found: NDArray[np.int32] = places[values.to_physical().to_numpy()]
    return found


def _found(block: Block, edges: Edges, whose: pl.Series, keys: pl.Series, rows: pl.DataFrame, *, proven: bool) -> Found:
    accounts = whose.gather(block.accounts)
    ties = pl.DataFrame(
        {
            "kind": [edges.kinds[kind].name for kind in block.kind],
            "key": keys.gather(block.key),
            "members": block.members,
            "users": block.users,
        }
    )
    did = ~pl.col("kind").is_in(pl.Series([*INFRASTRUCTURE, SIGNUP], dtype=pl.Categorical).implode())
    inside = rows.filter(pl.col("account_id").is_in(accounts.cast(pl.Categorical).implode()) & did)
    tied = ties.select(pl.col("kind", "key").cast(pl.Categorical))
    work = (
        inside.join(tied, on=["kind", "key"], how="semi")
        .with_columns(pl.from_epoch(pl.col("time").cast(pl.Int64) * BUCKET_HOURS * 3600).dt.date().alias("day"))
        .group_by("account_id", "day", "kind")
        .agg(pl.col("events").sum())
        .filter(pl.col("events") >= _AT_WORK)
        .select(pl.col("account_id").cast(pl.String), "day")
        .unique()
        .sort("account_id", "day")
    )
    ties = ties.filter(pl.col("kind") != SIGNUP)
    return Found(tuple(accounts.to_list()), ties, work, _sentence(block, edges.kinds), proven)


def _sentence(block: Block, kinds: Sequence[Kind]) -> str:
    """Facts that anybody with the same events can count again; the surprise rests on a model, and is a score."""
    one, many = KINDS[kinds[block.main].name]
    mine = block.kind == block.main
    count, days = int(mine.sum()), max(1, round((block.last - block.first + 1) * BUCKET_HOURS / 24))
    size = len(block.accounts)
    uses, inside = int(block.users[mine].sum()), int(block.members[mine].sum())
    text = (
        f"In lockstep, whether suspicious or not: over {days} days {size:,} accounts gave, each, typically "
        f"{np.median(block.devotion):.0%} of what they did to the same {count:,} {one if count == 1 else many}; "
        f"counting every account once per {one}, {inside:,} of their {uses:,} users are among the {size:,}. "
    )
    if block.agreement:
        text += f"Of what a typical one of them did there, {block.agreement:.0%} is what the average one did. "
    if block.placed:
        text += f"{block.placed:.0%} of them share a device or a payment instrument. "
    return (
        f"{text}{block.near:,} account{'' if block.near == 1 else 's'} did so a quarter to half as much; people of one "
        f"taste differ in degree. Strength {block.surprise:,.0f} (a score to rank by, not a probability)."
    )


def with_blocks(groups: Sequence[Group], blocks: Sequence[Found], links: pl.DataFrame) -> list[Group]:
    """The groups, no account in two of them, and the blocks: each takes in the groups that mostly lie in it.

    Of these it takes the accounts that touch what ties the block, by `links` (account_id, kind, key): what proves a
    block says nothing of whom a group ties to some of its accounts by something else. Blocks that prove
    nothing take in nobody and are left out where groups have their accounts already.
    """
    result = list(groups)
    for block in blocks:
        members = set(block.accounts)
        if not block.proven:
            result += _small(block, result)
            continue
        within = [one for one in result if one.mostly_in(members)]
        more = {account for one in within for account in one.accounts} - members
        accounts = tuple(sorted(members | _touching(more, block.ties, links)))
        ties = within[0].ties if len(within) == 1 else block.ties
        joined = {account for one in within for account in one.joined} - set(accounts)
        others = [one.without(accounts) for one in result if one not in within]
        others += [left for one in within for left in _left(one, set(accounts), links)]
        result = [one for one in others if len(one.accounts) >= FEWEST]
        result.append(replace(named(accounts, ties), joined=tuple(sorted(joined)), lockstep=block.sentence))
    return sorted(result, key=lambda one: (-len(one.accounts), one.campaign_id))


def _touching(accounts: Collection[str], ties: pl.DataFrame, links: pl.DataFrame) -> set[str]:
    """Those of `accounts` that touch a key of `ties`."""
    return set(_touches(accounts, ties, links)["account_id"])


def _left(group: Group, taken: Collection[str], links: pl.DataFrame) -> list[Group]:
    """What is left of a group without the accounts that were `taken`: those that its keys still tie, if any."""
    touches = _touches(set(group.accounts).difference(taken), group.ties, links)
    touches = touches.filter(pl.len().over("kind", "key") >= FEWEST)
    if touches.is_empty():
        return []
    ties = touches.group_by("kind", "key").agg(pl.len().alias("members"), pl.col("users").first())
    return [named(ids(touches["account_id"]), ties)]


def _touches(accounts: Collection[str], ties: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """account_id, kind, key, users: which of `accounts` touch which keys of `ties`."""
    theirs = links.filter(pl.col("account_id").is_in(named_accounts(accounts).implode()))
    theirs = theirs.select(pl.col("account_id", "kind", "key").cast(pl.String))
    keys = ties.select(pl.col("kind", "key").cast(pl.String), "users")
    return theirs.join(keys, on=["kind", "key"]).sort("account_id", "kind", "key")


def _small(block: Found, groups: Sequence[Group]) -> list[Group]:
    taken = {account for one in groups for account in one.everybody}
    if taken.intersection(block.accounts):
        return []
    return [replace(named(block.accounts, block.ties), lockstep=block.sentence, proven=False)]
