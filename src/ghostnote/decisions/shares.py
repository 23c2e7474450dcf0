"""Shares of plays with their intervals, as columns."""

import polars as pl

#: z of a 95 % interval.
_Z = 1.959964


def interval(share: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Low and high end of the 95 % interval (Wilson, 1927) of a `share` of so many `trials`.

    Give listeners for trials where it is a share of plays: plays of one listener stand or fall together.
    """
    scale = 1 + _Z**2 / trials
    centre = (share + _Z**2 / (2 * trials)) / scale
    half = _Z / scale * (share * (1 - share) / trials + _Z**2 / (4 * trials**2)).sqrt()
    # Of no or of all plays the share is a bound itself, which rounding must not cross.
    low = pl.min_horizontal((centre - half).clip(0.0, 1.0), share)
    return low, pl.max_horizontal((centre + half).clip(0.0, 1.0), share)
