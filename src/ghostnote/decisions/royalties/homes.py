"""Which pool a play belongs to: its country and its account's plan as of the play."""

import polars as pl

from ghostnote.decisions.royalties.terms import ALL, POOL_KEYS, UNKNOWN

#: What is known of accounts, a row per sign-up.
SIGNUPS = pl.Schema(
    {"event_time": pl.Datetime("us", "UTC"), "account_id": pl.String(), "country": pl.String(), "plan": pl.String()}
)


class Homes:
    """The country and plan that accounts signed up with, later sign-ups of the same account included.

    An account has the plan of its last sign-up at or before a play; a play before the first one (a clock was wrong)
    has the plan of the first.
    """

    def __init__(self, signups: pl.DataFrame) -> None:
        """`signups` has the columns of `SIGNUPS`, in any order of rows."""
        ordered = signups.select(SIGNUPS.names()).sort("event_time", *SIGNUPS.names()[1:])
        first = ordered.unique("account_id", keep="first", maintain_order=True)
        self._first = first.select("account_id", home="country", plan="plan")
        again = pl.col("account_id").is_duplicated()
        self._later = ordered.filter(again).select("account_id", "event_time", later_home="country", later_plan="plan")

    def pools(self, plays: pl.DataFrame, pool_by: tuple[str, ...]) -> pl.DataFrame:
        """`plays` (account_id, event_time, country or none) with the country and the plan of each play's pool.

        A play's own country goes before its account's. What is not known is `UNKNOWN`; what does not tell pools apart
        is `ALL`. The order of rows may change.
        """
        if "country" not in plays.columns:
            plays = plays.with_columns(pl.lit(None, dtype=pl.String).alias("country"))
        plays = plays.join(self._first, on="account_id", how="left")
        if self._later.height:
            plays = (
                plays.sort("event_time")
                .join_asof(self._later, on="event_time", by="account_id", check_sortedness=False)
                .with_columns(
                    pl.coalesce("later_home", "home").alias("home"), pl.coalesce("later_plan", "plan").alias("plan")
                )
            )
        found = {"country": pl.coalesce("country", "home").str.to_uppercase(), "plan": pl.col("plan")}
        return plays.with_columns(
            (found[key].fill_null(UNKNOWN) if key in pool_by else pl.lit(ALL)).alias(key) for key in POOL_KEYS
        )
