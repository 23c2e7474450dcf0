"""Money to the cent: whole cents inside, decimals outside, and shares by largest remainder. A cent is the smallest unit
of the currency, whatever it is called.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

#: Digits that a decimal column holds: more than any currency's money.
_PRECISION = 38
_WIDE = pl.Int128()


def to_cents(amount: Decimal, digits: int) -> int:
    """An amount in whole cents, half a cent to the even one.

    >>> to_cents(Decimal("12.345"), 2), to_cents(Decimal("7"), 0)
    (1234, 7)
    """
    return int(amount.scaleb(digits).to_integral_value(ROUND_HALF_EVEN))


def to_amount(cents: int, digits: int) -> Decimal:
    """Whole cents as an amount.

    >>> to_amount(-5, 2), to_amount(1200, 3)
    (Decimal('-0.05'), Decimal('1.200'))
    """
    return Decimal(cents).scaleb(-digits)


def money(digits: int) -> pl.Decimal:
    """The type of a column of amounts."""
    return pl.Decimal(_PRECISION, digits)


def amounts(cents: pl.Expr, digits: int) -> pl.Expr:
    """A column of whole cents as amounts."""
    return cents.cast(money(digits)) * pl.lit(to_amount(1, digits), dtype=money(digits))


def apportion(
    claims: pl.DataFrame, pots: pl.DataFrame, *, by: Sequence[str], order: Sequence[str], weight: str
) -> pl.DataFrame:
    """Share each pot among the claims on it in proportion to their weights, to the cent, by largest remainder.

    `claims` has the columns `by` (which pot), `order` (what names a claim within its pot, at least one column) and
    `weight` (whole number, 0 or more); `pots` has `by`, each combination once, and `cents`. Returns `claims`, in
    whatever order, with `cents` (Int64): those of a pot add up to it exactly, or all are 0 if its weights are. Each is
    within a cent of its exact share; who weighs nothing gets nothing; equal remainders go by `order`. A claim on a pot
    that is not there gets 0. The order of rows does not matter.
    """
    total, pot = pl.col("_total"), pl.col("_pot")
    shared = (
        claims.join(pots.select(*by, pl.col("cents").cast(_WIDE).alias("_pot")), on=list(by), how="left")
        .with_columns(pl.col(weight).cast(_WIDE).alias("_weight"))
        .with_columns(pot.fill_null(0), pl.col("_weight").sum().over(by).alias("_total"))
        # Nobody weighs anything: there is no share to speak of.
        .with_columns(pl.when(total == 0).then(0).otherwise(pot).alias("_pot"), total.clip(lower_bound=1))
        .with_columns(
            (pot * pl.col("_weight") // total).alias("_whole"), (pot * pl.col("_weight") % total).alias("_rest")
        )
        .sort(*by, "_rest", *order, descending=[False] * len(by) + [True] + [False] * len(order), nulls_last=True)
        .with_columns(
            (pot - pl.col("_whole").sum().over(by)).alias("_left"), pl.int_range(pl.len()).over(by).alias("_place")
        )
    )
    cents = pl.col("_whole") + (pl.col("_place").cast(_WIDE) < pl.col("_left")).cast(_WIDE)
    return shared.select(*claims.columns, cents.cast(pl.Int64).alias("cents"))
