"""What ties suspects together: keys that hardly anybody else touches, and accounts that do the same with them."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
#: Kinds that say where an account comes from: one shared key is enough. The others say what it does.
INFRASTRUCTURE = ("device_id", "subnet", "payment_hash")
#: Share of a key's users that must be suspects; a network is shared by strangers, so nearly all of its users.
SUSPECT_SHARE, SUSPECT_SHARE_OF_NETWORK = 0.5, 0.8
#: Odds that a user of a key is a suspect, over those that anybody is: where suspects are many, half of a key's users
#: being suspects says little.
ENRICHED = 10.0
#: Smallest number of accounts that a key ties.
FEWEST = 3
#: How many ties between suspects who have nothing to do with each other are accepted per kind, on average.
CHANCE = 0.01
#: Where more accounts than this share are suspects, the crowd is no measure of chance any more.
MOST_SUSPECTS = 0.1
#: Share of what an account does that a group must have in common with it, for it to belong there.
SAME = 0.4
#: Events of a kind that say little about what somebody is devoted to.
LITTLE = 5
#: Largest share of a key's events that one account may have: somebody's own favourites tie nobody to them.
OWN = 0.5
#: Share of what an account does that goes to one key, from which one key is enough.
DEVOTED = 0.5


def shares(links: pl.DataFrame) -> pl.DataFrame:
    """`links` (account_id, kind, key, events) with `share`: of what the account does of that kind, 0 to 1; account_id
    as Categorical.

    An account that has hardly done anything is devoted to nothing: `LITTLE` imaginary events go elsewhere.
    """
    done = pl.col("events").sum().over("account_id", "kind") + LITTLE
    return links.with_columns(
        pl.col("account_id").cast(pl.Categorical), (pl.col("events") / done).cast(pl.Float32).alias("share")
    )


def tying_keys(links: pl.DataFrame, suspects: pl.Series) -> pl.DataFrame:
    """The keys that tie suspects: kind, key, users, suspects.

    At least three suspects use it, they are at least half of all its users (what is popular ties nobody; of a network,
    nearly all) and `ENRICHED` times as common there as among everybody (in odds), none of them alone makes most of its
    events, and so many would hardly meet there by chance: the binomial tail, times the number of keys of its kind, is
    below `CHANCE`.
    """
    # Its import takes as long as half of a service's start.
    from scipy.stats import binom

    share = len(suspects) / max(links["account_id"].n_unique(), 1)
    # Kind by kind: one column is grouped in a part of the time that two take.
    kinds = [links.filter(kind=kind) for kind in links["kind"].unique().cast(pl.String)]
    keys = pl.concat(_tying(part, suspects, share) for part in (links.clear(), *kinds))
    met = keys["suspects"].to_numpy().astype(np.int64) - 1
    by_chance = binom.sf(met, keys["users"].to_numpy(), min(share, MOST_SUSPECTS))
    return keys.filter(pl.Series(by_chance * keys["tested"].to_numpy() < CHANCE)).drop("tested", "most")


def _tying(links: pl.DataFrame, suspects: pl.Series, share: float) -> pl.DataFrame:
    """Of the keys of one kind, those that tie suspects but for chance, with how many are `tested`, and `most`, the
    largest share of a key's events that one account made. `share` of all accounts are suspects.
    """
    enriched = ENRICHED * share / (1 - share + ENRICHED * share)
    usual = pl.when(pl.col("kind") == "subnet").then(SUSPECT_SHARE_OF_NETWORK).otherwise(SUSPECT_SHARE)
    least = pl.max_horizontal(usual, pl.lit(enriched))
    counted = links.with_columns(pl.col("account_id").is_in(suspects.implode()).alias("suspect")).group_by("key")
    return (
        counted.agg(
            pl.col("kind").first(),
            pl.len().alias("users"),
            pl.col("suspect").sum().alias("suspects"),
            (pl.col("events").max() / pl.col("events").sum()).alias("most"),
        )
        .filter(pl.col("users") >= FEWEST)
        .with_columns(pl.len().alias("tested"))
        .filter(
            (pl.col("suspects") >= FEWEST) & (pl.col("suspects") >= least * pl.col("users")) & (pl.col("most") <= OWN)
        )
        .select("kind", "key", "users", "suspects", "most", "tested")
    )


def devoted(edges: pl.DataFrame, same: float = SAME) -> pl.DataFrame:
    """The edges (account to tying key) that hold: a passing touch does not.

    Infrastructure always holds. Of what an account does, at least `same` must go to tying keys of that kind, to two of
    them or more unless one takes at least `DEVOTED`.
    """
    whose = ("account_id", "kind")
    together, most = pl.col("share").sum().over(whose), pl.col("share").max().over(whose)
    enough = (together >= same) & ((pl.len().over(whose) >= 2) | (most >= DEVOTED))
    return edges.filter(pl.col("kind").is_in(INFRASTRUCTURE) | enough)


def sameness(edges: pl.DataFrame, members: pl.Series) -> pl.DataFrame:
    """How much of what each account does others of its group do as well: account_id, component, same (0 to 1).

    `edges` has account_id, component, kind, key, share. What is usual for a key is the mean share among the `members`
    that use it, oneself left out; an account's sameness is the sum of the smaller of its own and the usual share over
    keys, for the best kind.
    """
    whose = ["component", "kind", "key"]
    inside = edges.with_columns(pl.col("account_id").is_in(members.implode()).alias("member"))
    counted = pl.col("share").filter(pl.col("member"))
    own, one = pl.when("member").then("share").otherwise(0.0), pl.col("member").cast(pl.UInt32)
    others = (counted.len().over(whose) - one).clip(lower_bound=1)
    usual = (counted.sum().over(whose) - own).clip(lower_bound=0.0) / others
    return (
        inside.with_columns(pl.min_horizontal("share", usual).alias("same"))
        .group_by("account_id", "component", "kind")
        .agg(pl.col("same").sum())
        .group_by("account_id", "component")
        .agg(pl.col("same").max())
    )


def places(values: pl.Series) -> NDArray[np.int64]:
    """Whole numbers from 0 for the different values."""
    return values.rank("dense").to_numpy().astype(np.int64) - 1
