"""Groups of suspicious accounts that share what few honest accounts share: targets, devices, networks, payments."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import binom

#: What can tie accounts together, and how it is called in evidence (one, many).
KINDS = {
    "artist_id": ("artist", "artists"),
    "owner_id": ("owner", "owners"),
    "track_id": ("track", "tracks"),
    "playlist_id": ("playlist", "playlists"),
    "device_id": ("device", "devices"),
    "subnet": ("network", "networks"),
    "payment_hash": ("payment instrument", "payment instruments"),
    "object_id": ("followed object", "followed objects"),
}
#: Smallest group that is called a campaign.
FEWEST = 3
#: How many ties between suspects who have nothing to do with each other are accepted per kind, on average.
CHANCE = 0.01


@dataclass(frozen=True)
class Group:
    """Accounts tied together: `ties` has kind, key, members (of the group), users (all accounts), by members."""

    campaign_id: str
    accounts: tuple[str, ...]
    ties: pl.DataFrame


def group(suspects: Sequence[str], links: pl.DataFrame) -> list[Group]:
    """Connected groups of suspicious accounts, largest first.

    `links` has account_id, kind, key, events: everything that any account touched. A key ties suspects together if at
    least three of them use it, they are at least half of all its users (what is popular ties nobody), and so many would
    hardly meet there by chance: the binomial tail, times the number of keys of its kind, is below `CHANCE`.
    """
    suspicious = pl.Series("account_id", sorted(suspects), dtype=pl.String)
    marked = links.with_columns(pl.col("account_id").cast(pl.String).is_in(suspicious.implode()).alias("suspect"))
    keys = _tying(marked, len(suspicious))
    edges = marked.filter("suspect").join(keys.select("kind", "key", "users"), on=["kind", "key"])
    if edges.is_empty():
        return []
    place = {account: row for row, account in enumerate(suspicious.to_list())}
    left = np.array([place[account] for account in edges["account_id"].cast(pl.String)])
    right = edges.select(pl.struct("kind", "key").rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    size = len(place) + int(right.max()) + 1
    matrix = coo_array((np.ones(len(left)), (left, right + len(place))), shape=(size, size))
    _, component = connected_components(matrix, directed=False)
    tied = edges.with_columns(pl.Series("component", component[left]))
    groups = [_group(part) for part in tied.partition_by("component", maintain_order=True)]
    return sorted((g for g in groups if len(g.accounts) >= FEWEST), key=lambda g: (-len(g.accounts), g.campaign_id))


def _tying(marked: pl.DataFrame, suspects: int) -> pl.DataFrame:
    """The keys that tie: kind, key, users, suspects."""
    keys = (
        marked.group_by("kind", "key")
        .agg(pl.len().alias("users"), pl.col("suspect").sum().alias("suspects"))
        .filter(pl.col("users") >= FEWEST)
        .with_columns(pl.len().over("kind").alias("tested"))
        .filter((pl.col("suspects") >= FEWEST) & (pl.col("suspects") * 2 >= pl.col("users")))
    )
    share = suspects / max(marked["account_id"].n_unique(), 1)
    by_chance = binom.sf(keys["suspects"].to_numpy().astype(np.int64) - 1, keys["users"].to_numpy(), share)
    return keys.filter(pl.Series(by_chance * keys["tested"].to_numpy() < CHANCE)).drop("tested")


def _group(edges: pl.DataFrame) -> Group:
    ties = (
        edges.group_by("kind", "key", "users")
        .agg(pl.len().alias("members"), pl.col("events").sum())
        .sort("members", "events", "kind", "key", descending=[True, True, False, False])
    )
    # Named after its strongest tie: the same campaign keeps its name while accounts come and go.
    name = f"{ties['kind'][0]}:{ties['key'][0]}"
    accounts = tuple(edges["account_id"].cast(pl.String).unique().sort().to_list())
    return Group("c-" + hashlib.blake2b(name.encode(), digest_size=5).hexdigest(), accounts, ties)


def evidence(found: Group, plays: int, withheld: int) -> list[str]:
    """What ties the group together, in sentences, strongest first."""
    size = len(found.accounts)
    lines = [f"{size:,} accounts made {plays:,} plays, of which {withheld:,} are withheld."]
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
