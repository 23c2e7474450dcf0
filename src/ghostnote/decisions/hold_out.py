"""What would have been done to untouched accounts, held against what became known of them without our doing."""

import polars as pl

from ghostnote.decisions.summary import HoldOutTruth, WouldBe
from ghostnote.decisions.tables import ACCOUNT_ACTIONS, ACTED
from ghostnote.evaluation.metrics import wilson

#: What all actions together are called that a holder would have noticed.
ANY = "any"


def held_against(accounts: pl.DataFrame, *, simulated: bool) -> HoldOutTruth | None:
    """Counts and precision by would-be action; None where no account is untouched.

    `accounts` has untouched, action, would_be, fraud (known to be), verdict (fraud, legit or null, as labelled) and
    victim (honest, but somebody else played on it). If `simulated`, all that is not fraud is honest; else only what
    somebody found to be. To challenge a victim's account is right.
    """
    theirs = accounts.filter("untouched").with_columns(pl.coalesce("would_be", "action").alias("judged"))
    if theirs.is_empty():
        return None
    helped = (pl.col("judged") == "challenge") & pl.col("victim")
    honest = pl.lit(value=True) if simulated else (pl.col("verdict") == "legit").fill_null(value=False)
    theirs = theirs.with_columns(
        (pl.col("fraud") | helped).alias("right"), (honest & ~pl.col("fraud") & ~helped).alias("wrong")
    )
    fraud = theirs.filter("fraud")
    met = fraud.filter(pl.col("judged").is_in(ACTED)).height
    low, high = wilson(met, fraud.height)
    names = [name for name in ACCOUNT_ACTIONS if name != "allow"]
    rows = [_row(name, theirs.filter(pl.col("judged") == name)) for name in names]
    return HoldOutTruth(
        accounts=theirs.height,
        fraud=fraud.height,
        would_be=[
            *(row for row in rows if row.accounts),
            _row(ANY, theirs.filter(pl.col("judged").is_in(ACTED))),
        ],
        recall=met / fraud.height if fraud.height else None,
        low=low,
        high=high,
    )


def _row(name: str, accounts: pl.DataFrame) -> WouldBe:
    right, wrong = int(accounts["right"].sum()), int(accounts["wrong"].sum())
    low, high = wilson(right, right + wrong)
    return WouldBe(
        action=name,
        accounts=accounts.height,
        fraud=right,
        honest=wrong,
        precision=right / (right + wrong) if right + wrong else None,
        low=low,
        high=high,
    )
