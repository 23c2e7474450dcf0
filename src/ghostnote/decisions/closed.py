"""Closed circles: artists whose listeners are nearly all suspicious, and who all have the same listeners.

A campaign that plays mostly what everybody plays gives itself away by the rest: nobody else plays it. Each of its
accounts alone is only a little suspicious and gives a twentieth of its plays to its targets; but that most listeners of
one obscure artist are among the few most suspicious accounts has no honest reason, and that dozens of such artists
share one small circle of listeners, with nobody outside, has none either. Taste makes circles that are open: for each
devoted listener there are some who came by. The two are independent, so neither volume nor devotion is asked for.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.campaigns import Group, ids, named, named_accounts
from ghostnote.decisions.ties import KINDS, places, tying_keys

#: Part of all accounts that is suspicious enough, at most; and evidence (log-odds) from which one is.
LEANING, EVEN = 0.05, 0.0
#: Fewest artists, or owners, of a circle: one album, or a hit, makes many do the same.
_CHOICES = {"artist_id": 8, "owner_id": 3}
#: Fewest of them that an account of the circle plays, and common listeners that connect two of them.
_PLAYED, _COMMON = 2, 3
#: How alike the audiences of two artists must be to be connected: the cosine, 0 to 1.
_ALIKE = 0.2
#: Share of all listening to the circle's artists (an account and an artist count once) that is by its accounts.
_CLOSED = 0.75
#: Share of its accounts that must be suspicious, and how many at least: more than a household.
_MOSTLY, _FEWEST = 0.5, 7


def leaning(days: pl.DataFrame) -> list[str]:
    """The `LEANING` most suspicious accounts by the best (highest) `ratio` of their `days`, if it is above `EVEN`."""
    best = days.group_by("account_id").agg(pl.col("ratio").max())
    cut = best["ratio"].quantile(1 - LEANING, "higher")
    above = pl.lit(value=False) if cut is None else (pl.col("ratio") >= cut) & (pl.col("ratio") > EVEN)
    return best.filter(above)["account_id"].sort().to_list()


def closed_groups(suspicious: Sequence[str], links: pl.DataFrame) -> list[Group]:
    """The closed circles among everybody's `links`, by artists and then by owners; an account may be in one of each.

    `suspicious` are the accounts of which a circle mostly consists, see `leaning`; `links` is everything that any
    account touched (account_id, kind, key, events). Those of a circle that are not suspicious have *joined*. Audiences
    are compared as in collaborative filtering by items (Sarwar et al., 2001).
    """
    marked = named_accounts(suspicious)
    found = []
    for kind, choices in _CHOICES.items():
        played = links.filter(pl.col("kind") == kind)
        keys = tying_keys(played, marked) if played.height and len(marked) else played.clear()
        if keys.height >= choices:
            edges = played.join(keys.select("kind", "key", "users"), on=["kind", "key"]).sort("account_id", "key")
            found += _circles(edges, marked, kind)
    return found


def _circles(edges: pl.DataFrame, marked: pl.Series, kind: str) -> list[Group]:
    circle = _connected(places(edges["account_id"].cast(pl.String)), places(edges["key"].cast(pl.String)))
    edges = edges.with_columns(
        pl.Series("circle", circle), pl.col("account_id").is_in(marked.implode()).alias("suspicious")
    )
    of = ("account_id", "circle")
    edges = edges.with_columns((pl.len().over(of) >= _PLAYED).alias("inside"))
    parts = (part for part in edges.partition_by("circle", maintain_order=True) if _is_closed(part, _CHOICES[kind]))
    return sorted(map(_group, parts), key=lambda one: (-len(one.accounts), one.campaign_id))


def _connected(account: NDArray[np.int64], key: NDArray[np.int64]) -> NDArray[np.int64]:
    """The circle that each edge's key belongs to: keys with much the same audience, directly or through others."""
    # A service that starts need not wait for its import.
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    audience = csr_array((np.ones(len(key), dtype=np.int32), (key, account)))
    common = (audience @ audience.T).tocoo()
    users = np.bincount(key)
    alike = common.data / np.sqrt(users[common.row] * users[common.col])
    holds = (common.data >= _COMMON) & (alike >= _ALIKE)
    graph = csr_array((alike[holds], (common.row[holds], common.col[holds])), shape=common.shape)
    _, circle = connected_components(graph, directed=False)
    return np.asarray(circle[key], dtype=np.int64)


def _is_closed(edges: pl.DataFrame, choices: int) -> bool:
    inside = edges.filter("inside")
    accounts = inside.unique("account_id")
    suspicious = int(accounts["suspicious"].sum())
    return (
        edges["key"].n_unique() >= choices
        and suspicious >= max(_FEWEST, _MOSTLY * accounts.height)
        and inside.height >= _CLOSED * edges.height
    )


def _group(edges: pl.DataFrame) -> Group:
    kind, inside = str(edges["kind"][0]), edges.filter("inside")
    ties = inside.group_by("kind", "key", "users").agg(pl.len().alias("members"))
    suspicious, everybody = ids(inside.filter("suspicious")["account_id"]), ids(inside["account_id"])
    one, many = KINDS[kind]
    said = (
        f"A closed circle: {len(everybody):,} accounts play {ties.height:,} {many}, {_PLAYED} or more each; of all "
        f"listening to these (each account once per {one}) {inside.height / edges.height:.0%} is theirs. By days "
        f"of their own {len(suspicious):,} of them are among the most suspicious {LEANING:.0%} of all accounts."
    )
    joined = tuple(account for account in everybody if account not in set(suspicious))
    return replace(named(suspicious, ties), joined=joined, lockstep=said)
