"""The pro-rata pool: who is paid what, before and after artificial plays are taken out."""

import polars as pl

#: Stands for the owner of tracks whose owner is not known.
UNKNOWN_OWNER = "(unknown)"


def settle(owners: pl.DataFrame, pool_cents: int) -> pl.DataFrame:
    """Share one pool among owners twice, to the cent.

    `owners` has owner_id, plays, artificial_plays, paying (royalty-bearing plays) and paying_artificial (those of them
    withheld). The pool stays the same: what artificial plays would have taken goes to the others. Returns owner_id,
    plays, artificial_plays, payout_before, payout_after (currency units); each payout sums to the pool exactly.
    """
    counted = owners.sort("owner_id").with_columns((pl.col("paying") - pl.col("paying_artificial")).alias("clean"))
    before = split_cents(counted["paying"].to_list(), pool_cents)
    after = split_cents(counted["clean"].to_list(), pool_cents)
    return counted.select("owner_id", "plays", "artificial_plays").with_columns(
        pl.Series("payout_before", before, dtype=pl.Float64) / 100,
        pl.Series("payout_after", after, dtype=pl.Float64) / 100,
    )


def split_cents(plays: list[int], pool_cents: int) -> list[int]:
    """Whole cents in proportion to `plays`, by largest remainder: the sum is the pool, or 0 if nobody played.

    >>> split_cents([1, 1, 1], 100)
    [34, 33, 33]
    """
    total = sum(plays)
    if total == 0:
        return [0] * len(plays)
    whole = [pool_cents * count // total for count in plays]
    rest = sorted(range(len(plays)), key=lambda place: (-(pool_cents * plays[place] % total), place))
    for place in rest[: pool_cents - sum(whole)]:
        whole[place] += 1
    return whole
