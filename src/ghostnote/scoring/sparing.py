"""The hold-out: what is decided about untouched accounts is written down, and not done."""

import polars as pl

from ghostnote.decisions.untouched import Untouched


def spare(accounts: pl.DataFrame, plays: pl.DataFrame, untouched: Untouched) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Adds `untouched` and `would_be` to accounts, `would_be` to plays; who is spared is allowed, all its plays count.

    `accounts` has account_id, action, confirmed, certain and aimed_plays; `plays` account_id (categorical), verdict
    and because. Two of the hold-out's accounts are not spared: whom a certain rule caught, since there is nothing to
    learn and most to lose, and whose plays are for somebody else's target while nothing else confirms the account:
    to challenge it helps a holder who did not make them.
    """
    drawn = pl.Series("untouched", [untouched.includes(one) for one in accounts["account_id"]], dtype=pl.Boolean)
    helped = ~pl.col("confirmed") & (pl.col("aimed_plays") > 0)
    spared = pl.col("untouched") & (pl.col("action") != "allow") & ~pl.col("certain") & ~helped
    accounts = accounts.with_columns(drawn).with_columns(pl.when(spared).then("action").alias("would_be"))
    accounts = accounts.with_columns(
        pl.when(pl.col("would_be").is_null()).then("action").otherwise(pl.lit("allow")).alias("action")
    )
    who = accounts.filter(pl.col("would_be").is_not_null())["account_id"]
    if who.is_empty():
        return accounts, plays.with_columns(pl.lit(None, plays.schema["verdict"]).alias("would_be"))
    theirs = pl.col("account_id").is_in(who.cast(pl.Categorical).implode()) & (pl.col("verdict") != "count")
    plays = plays.with_columns(pl.when(theirs).then("verdict").alias("would_be"))
    let = pl.col("would_be").is_not_null()
    return accounts, plays.with_columns(
        pl.when(let).then(pl.lit("count", plays.schema["verdict"])).otherwise("verdict").alias("verdict"),
        pl.when(~let).then("because").alias("because"),
    )


def judged(plays: pl.DataFrame) -> pl.DataFrame:
    """The same plays with the verdicts that they would have if nobody were spared."""
    return plays.with_columns(pl.coalesce("would_be", "verdict").alias("verdict"))
