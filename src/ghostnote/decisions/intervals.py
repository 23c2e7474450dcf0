"""How sure a share is: Wilson's interval as expressions, for tables of any size."""

import polars as pl

#: z of a 95 % interval.
_Z = 1.959964


def low(share: pl.Expr, trials: pl.Expr) -> pl.Expr:
    """The lower end of the 95 % interval of a share (Wilson, 1927), 0 to 1; null without trials.

    Where plays of one listener stand or fall together, listeners are the trials and not plays.
    """
    # Of no or of all of them the share is a bound itself, which rounding must not cross.
    return pl.min_horizontal((_centre(share, trials) - _half(share, trials)).clip(0.0, 1.0), share)


def high(share: pl.Expr, trials: pl.Expr) -> pl.Expr:
    """The upper end of the same interval."""
    return pl.max_horizontal((_centre(share, trials) + _half(share, trials)).clip(0.0, 1.0), share)


def _centre(share: pl.Expr, trials: pl.Expr) -> pl.Expr:
    return (share + _Z**2 / (2 * trials)) / (1 + _Z**2 / trials)


def _half(share: pl.Expr, trials: pl.Expr) -> pl.Expr:
    return _Z / (1 + _Z**2 / trials) * (share * (1 - share) / trials + _Z**2 / (4 * trials**2)).sqrt()
