"""Which part an owner has in the artificial plays on its tracks: from signs that only together say something."""

import polars as pl

#: Below this share of artificial plays, and surely below the other, somebody is played among many honest plays.
_FEW, _SURELY = 0.2, 0.5


def _all(*signs: str) -> pl.Expr:
    return pl.all_horizontal(pl.col(f"is_{name}") for name in signs)


def gains() -> pl.Expr:
    """Whether somebody had it played to earn or to rise, and neither harm nor cover explains it.

    Three ways. The catalogue of one whom nobody else hears is played from end to end: nobody else earns from that, and
    there is nobody to harm. Nearly all that the accounts are there for are new releases of one whom nobody hears. Or
    many accounts hide plays of a few tracks among music for everybody, and go on: a rival can order such plays too, but
    each day that they are not found he pays for, and the other is paid.
    """
    farmed = _all("unheard", "wide")
    launched = _all("unheard", "favoured", "new")
    ordered = _all("hidden", "devoted", "many", "narrow", "lasting") & ~_all("mixed")
    return _all("together", "heavy") & (farmed | launched | ordered) & ~_all("listed", "aside")


def harmed() -> pl.Expr:
    """Whether it looks meant to be found: crude, sudden, on a few songs of one whom people hear.

    Each sign has another explanation (a chart burst is crude and sudden too); plays that are broken off long before the
    end please no chart and no listener, and only count.
    """
    return _all("together", "heavy", "heard", "narrow", "sudden", "open", "repeated", "cut", "devoted") & ~(
        _all("borrowed") | _all("mixed")
    )


def few(share: pl.Expr, high: pl.Expr) -> pl.Expr:
    """Whether artificial plays are few among honest ones."""
    return (share < _FEW) & (high < _SURELY)


def owner_role() -> pl.Expr:
    """The role of an owner whose tracks somebody is after, from `signs.with_signs` of its facts.

    What points to gain and to harm at once, or to neither, is unclear: a wrong accusation is worse than none.
    """
    placed = _all("listed", "aside") & ~_all("unheard", "wide")
    return (
        pl.when(gains() & ~harmed())
        .then(pl.when(pl.col("is_borrowed")).then(pl.lit("takeover")).otherwise(pl.lit("beneficiary")))
        .when(harmed() & ~gains())
        .then(pl.lit("sabotaged"))
        .when(placed)
        .then(pl.lit("playlist"))
        .when(few(pl.col("share"), pl.col("high")) & ~pl.col("is_together"))
        .then(pl.lit("camouflage"))
        .otherwise(pl.lit("unclear"))
    )
