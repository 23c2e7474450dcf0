"""Groups of suspicious accounts that share what few honest accounts share: targets, devices, networks, payments."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ghostnote.decisions.ties import FEWEST, INFRASTRUCTURE, KINDS, SAME, devoted, places, sameness, tying_keys

#: Fewest keys of one kind from which somebody who is no suspect can be recognised as one of a group.
_FEWEST_KEYS = 3


@dataclass(frozen=True, eq=False)
class Group:
    """Accounts tied together: `ties` has kind, key, members (of the group), users (all accounts), by members.

    `accounts` are suspects; `joined` are others that do what the group does. `lockstep` says how its accounts act
    together beyond what honest crowds do, if they were found to; unless they are no more than a household has
    (`proven` is false), that proves the group.
    """

    campaign_id: str
    accounts: tuple[str, ...]
    ties: pl.DataFrame
    joined: tuple[str, ...] = ()
    lockstep: str | None = None
    proven: bool = True

    @property
    def in_lockstep(self) -> bool:
        """Whether acting together alone proves the group."""
        return self.lockstep is not None and self.proven

    def without(self, accounts: Collection[str]) -> "Group":
        """The same group without some of its accounts."""
        gone = set(accounts)
        return replace(
            self,
            accounts=tuple(account for account in self.accounts if account not in gone),
            joined=tuple(account for account in self.joined if account not in gone),
        )

    @property
    def everybody(self) -> tuple[str, ...]:
        return (*self.accounts, *self.joined)

    def mostly_in(self, accounts: set[str]) -> bool:
        """Whether at least half of the group are among `accounts`."""
        return 2 * len(accounts.intersection(self.everybody)) >= len(self.everybody)


def group(
    suspects: Sequence[str], links: pl.DataFrame, *, evident: Sequence[str] | None = None, same: float = SAME
) -> list[Group]:
    """Groups of suspicious accounts, largest first.

    `links` is everything that any account touched, with its shares: see `ties.shares`. Suspects are tied through keys
    that hardly anybody else touches (`ties.tying_keys`) and that take up much of what they do (`ties.devoted`);
    connected ones make a group, less those that do something else than the others (`ties.sameness`). Anybody else who
    does the same as a group joins it: a campaign's quieter accounts give themselves away by what they play. `same` is
    the share of what suspects do that must go to what ties them. If `evident` accounts are given, keys must tie those.
    """
    suspicious = named_accounts(suspects)
    keys = tying_keys(links, suspicious if evident is None else named_accounts(evident))
    used = links.join(keys.select("kind", "key", "users"), on=["kind", "key"])
    edges = devoted(used.filter(pl.col("account_id").is_in(suspicious.implode())), same)
    if edges.is_empty():
        return []
    edges = connected(edges)
    edges = _agreeing(edges, same)
    joined = _joining(used, edges)
    groups = [_group(part, joined) for part in edges.partition_by("component", maintain_order=True)]
    return sorted((g for g in groups if len(g.accounts) >= FEWEST), key=lambda g: (-len(g.accounts), g.campaign_id))


def named_accounts(names: Collection[str]) -> pl.Series:
    """The accounts as ids to look up among `links`, in order."""
    return pl.Series("account_id", sorted(names), dtype=pl.String).cast(pl.Categorical)


def connected(edges: pl.DataFrame) -> pl.DataFrame:
    """`edges` (account_id, kind, key) with `component`: accounts that keys connect, directly or not, have the same."""
    # A service that starts need not wait for its import.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left = places(edges["account_id"].cast(pl.String))
    right = places(edges.select(pl.concat_str(pl.col("kind", "key").cast(pl.String), separator=" ")).to_series())
    accounts = int(left.max()) + 1
    size = accounts + int(right.max()) + 1
    matrix = coo_array((np.ones(len(left)), (left, right + accounts)), shape=(size, size))
    _, component = connected_components(matrix, directed=False)
    return edges.with_columns(pl.Series("component", component[left]))


def _agreeing(edges: pl.DataFrame, least: float) -> pl.DataFrame:
    """Without accounts that hang on to a group by a thread: they share no infrastructure and do something else."""
    same = sameness(edges, edges["account_id"].unique())
    kept = same.filter(pl.col("same") >= least).select("account_id", "component")
    shared = edges.filter(pl.col("kind").is_in(INFRASTRUCTURE)).select("account_id", "component")
    return edges.join(
        pl.concat([kept, shared]).unique(), on=["account_id", "component"], how="semi", maintain_order="left"
    )


def _joining(used: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """account_id, component of accounts outside all groups that do the same as one."""
    owner = edges.select("component", "kind", "key").unique()
    wide = owner.filter(pl.len().over("component", "kind") >= _FEWEST_KEYS)
    wide = wide.filter(~pl.col("kind").is_in(INFRASTRUCTURE))
    members = edges["account_id"].unique()
    around = used.join(wide, on=["kind", "key"])
    inside = edges.join(wide, on=["component", "kind", "key"], how="semi")
    columns = ["account_id", "component", "kind", "key", "share"]
    everyone = pl.concat(
        [inside.select(columns), around.filter(~pl.col("account_id").is_in(members.implode())).select(columns)]
    )
    same = sameness(everyone, members)
    outside = same.filter(~pl.col("account_id").is_in(members.implode()) & (pl.col("same") >= SAME))
    return outside.sort("same", descending=True).unique("account_id", keep="first").select("account_id", "component")


def _group(edges: pl.DataFrame, joined: pl.DataFrame) -> Group:
    ties = (
        edges.group_by("kind", "key", "users")
        .agg(pl.len().alias("members"), pl.col("events").sum())
        .sort(
            "members",
            "events",
            pl.col("kind").cast(pl.String),
            pl.col("key").cast(pl.String),
            descending=[True, True, False, False],
        )
    )
    theirs = joined.filter(pl.col("component") == edges["component"][0])
    return replace(named(ids(edges["account_id"]), ties), joined=ids(theirs["account_id"]))


def named(accounts: tuple[str, ...], ties: pl.DataFrame) -> Group:
    """A group named after its strongest tie: the same campaign keeps its name while accounts come and go.

    `ties` has kind, key, members and users; of keys with equally many members the first by name is strongest.
    """
    if "events" not in ties.columns:
        ties = ties.sort("members", "kind", "key", descending=[True, False, False])
    name = f"{ties['kind'][0]}:{ties['key'][0]}"
    return Group("c-" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest(), accounts, ties)


def ids(accounts: pl.Series) -> tuple[str, ...]:
    """The different accounts, in the order of their ids."""
    return tuple(accounts.cast(pl.String).unique().sort().to_list())


def evidence(found: Group, plays: int, withheld: int) -> list[str]:
    """What ties the group together, in sentences, strongest first."""
    size = len(found.everybody)
    lines = [f"{size:,} accounts made {plays:,} plays, of which {withheld:,} are withheld."]
    lines += [found.lockstep] if found.lockstep else []
    for kind, (one, many) in KINDS.items():
        ties = found.ties.filter(pl.col("kind") == kind)
        if ties.is_empty():
            continue
        best = ties.row(0, named=True)
        count = ties.height
        what = f"one {one}" if count == 1 else f"{count:,} {many}"
        lines.append(
            f"They share {what} that hardly anybody else touches; {best['members']:,} of them use the same {one}, "
            f"and so do {best['users'] - best['members']:,} other accounts."
        )
    return lines
