"""Who gets what of each pool, in whole cents: with all plays, and without those that are artificial."""

from dataclasses import dataclass

import polars as pl

from ghostnote.decisions.royalties.cents import apportion
from ghostnote.decisions.royalties.streams import Eligible
from ghostnote.decisions.royalties.tally import COUNTS
from ghostnote.decisions.royalties.terms import POOL_KEYS, UNKNOWN

#: Stands for money of a pool in which nobody is to be paid.
UNALLOCATED = "(unallocated)"
#: What is paid with all plays, what without those held or excluded, and what is put aside for those held.
PAYOUTS = ("payout_before", "payout_after", "held_payout")

_OWNER = (*POOL_KEYS, "owner_id")
#: Plays that count for a payout, by its name.
_CLAIMS = {
    "payout_before": pl.col("paying"),
    "payout_after": pl.col("paying") - pl.col("paying_held") - pl.col("paying_excluded"),
    "held_payout": pl.col("paying_held"),
}


@dataclass(frozen=True)
class Shares:
    """Plays (`tally.COUNTS`) and cents (`PAYOUTS`) by pool and owner, and by pool, owner and track; ordered by these.

    What nobody is to be paid is `UNALLOCATED` among the owners, and no track's. In a pool the owners' `payout_before`
    add up to its cents, and so do their `payout_after` and `held_payout` together; an owner's tracks in a pool add up
    to the owner.
    """

    owners: pl.DataFrame
    tracks: pl.DataFrame


def paid_to(catalogue: pl.DataFrame) -> pl.DataFrame:
    """Who is paid for each track (track_id, owner_id): its owner, else its artist, who stands for the owner.

    `catalogue` has track_id, once each, and artist_id or owner_id if they are known.
    """
    names = [name for name in ("owner_id", "artist_id") if name in catalogue.columns]
    paid = pl.coalesce(*names, pl.lit(UNKNOWN)) if names else pl.lit(UNKNOWN)
    return catalogue.select("track_id", paid.alias("owner_id"))


def share(sums: pl.DataFrame, pots: pl.DataFrame, owners: pl.DataFrame, eligible: Eligible) -> Shares:
    """Share every pool out among owners, and each owner's part among its tracks, by largest remainder.

    `sums` as in `tally.SUMS`, `pots` as in `pots.POTS`, `owners` as `paid_to` gives it; tracks that it does not know
    are `UNKNOWN`'s. Only royalty-bearing plays of tracks that are eligible count. Before: all of them. After: without
    those excluded; what the rest claims is paid for those that count, and put aside for those held. The pools stay what
    they are, so what artificial plays would have taken goes to others of the same pool. An owner is rounded once per
    pool, however many tracks it has.
    """
    lines = _claims(
        sums.join(owners, on="track_id", how="left").with_columns(pl.col("owner_id").fill_null(UNKNOWN)), eligible
    )
    claimed = lines.group_by(_OWNER).agg(pl.col(*COUNTS, *_claim_names()).sum())
    paid = _paid_owners(claimed, pots)
    tracks = [_paid_tracks(part, paid) for part in lines.partition_by(POOL_KEYS, maintain_order=True)]
    by_track = pl.concat(tracks) if tracks else _paid_tracks(lines, paid)
    drop = pl.exclude(_claim_names())
    return Shares(
        pl.concat([paid.select(drop), _unallocated(paid, pots)], how="diagonal_relaxed")
        .with_columns(pl.col(COUNTS).fill_null(0))
        .sort(_OWNER),
        by_track.select(drop).sort(*_OWNER, "track_id"),
    )


def share_one(owners: pl.DataFrame, cents: int) -> pl.DataFrame:
    """Share one pool for everything that was played, of whole cents, as `ghostnote score` tells it.

    `owners` has owner_id, plays, artificial_plays, paying (royalty-bearing plays) and paying_artificial (those of them
    withheld, held ones included: nothing is put aside here). Returns owner_id, plays, artificial_plays, payout_before
    and payout_after in currency units (Float64, for reports); each adds up to the pool, if anybody has a claim.
    """
    pot = pl.DataFrame({"pool": [0], "cents": [cents]})
    found = owners.with_columns(
        pl.lit(0, dtype=pl.Int64).alias("pool"), (pl.col("paying") - pl.col("paying_artificial")).alias("clean")
    )
    for name, weight in (("payout_before", "paying"), ("payout_after", "clean")):
        found = apportion(found, pot, by=["pool"], order=["owner_id"], weight=weight)
        found = found.with_columns((pl.col("cents") / 100).alias(name)).drop("cents")
    return found.sort("owner_id").select("owner_id", "plays", "artificial_plays", "payout_before", "payout_after")


def _claim_names() -> list[str]:
    return [f"_{name}" for name in PAYOUTS]


def _claims(lines: pl.DataFrame, eligible: Eligible) -> pl.DataFrame:
    if eligible.tracks is None:
        before = after = pl.lit(value=True)
    else:
        lines = lines.join(eligible.tracks.select("track_id", "before", "after"), on="track_id", how="left")
        before, after = pl.col("before").fill_null(value=False), pl.col("after").fill_null(value=False)
    which = {"payout_before": before, "payout_after": after, "held_payout": after}
    return lines.with_columns(
        pl.when(which[name]).then(claim).otherwise(0).alias(f"_{name}") for name, claim in _CLAIMS.items()
    ).select(*_OWNER, "track_id", *COUNTS, *_claim_names())


def _paid_owners(claimed: pl.DataFrame, pots: pl.DataFrame) -> pl.DataFrame:
    """`claimed` with each owner's cents. What is paid and what is put aside are claims on the same pot."""
    before = _shared(claimed, pots, "payout_before", POOL_KEYS, ("owner_id",))
    # Of an owner's two claims with equal remainders, what is paid comes first.
    both = pl.concat(
        before.select(*_OWNER, pl.lit(place).alias("claim"), pl.col(f"_{name}").alias("weight"))
        for place, name in enumerate(PAYOUTS[1:])
    )
    both = apportion(both, pots, by=POOL_KEYS, order=("owner_id", "claim"), weight="weight")
    for place, name in enumerate(PAYOUTS[1:]):
        one = both.filter(pl.col("claim") == place).select(*_OWNER, pl.col("cents").alias(name))
        before = before.join(one, on=_OWNER, how="left")
    return before


def _paid_tracks(lines: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Tracks with their cents, a pool at a time: no more is in the works at once."""
    pool = lines.select(POOL_KEYS).unique()
    theirs = paid.join(pool, on=POOL_KEYS, how="semi")
    for name in PAYOUTS:
        lines = _shared(lines, theirs.select(*_OWNER, pl.col(name).alias("cents")), name, _OWNER, ("track_id",))
    return lines


def _shared(
    claims: pl.DataFrame, pots: pl.DataFrame, name: str, by: tuple[str, ...], order: tuple[str, ...]
) -> pl.DataFrame:
    return apportion(claims, pots, by=by, order=order, weight=f"_{name}").rename({"cents": name})


def _unallocated(paid: pl.DataFrame, pots: pl.DataFrame) -> pl.DataFrame:
    """What is left of pools that nobody has a claim on, before or after."""
    sums = paid.group_by(POOL_KEYS).agg(pl.col(PAYOUTS).sum())
    left = pots.join(sums, on=POOL_KEYS, how="left").with_columns(pl.col(PAYOUTS).fill_null(0))
    return left.select(
        *POOL_KEYS,
        pl.lit(UNALLOCATED).alias("owner_id"),
        (pl.col("cents") - pl.col("payout_before")).alias("payout_before"),
        (pl.col("cents") - pl.col("payout_after") - pl.col("held_payout")).alias("payout_after"),
        pl.lit(0, dtype=pl.Int64).alias("held_payout"),
    ).filter((pl.col("payout_before") > 0) | (pl.col("payout_after") > 0))
