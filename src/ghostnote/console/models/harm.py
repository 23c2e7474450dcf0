"""Whom decisions hit, by cohorts that a service observes, and whom of those that people found honest."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from ghostnote.decisions.ceilings import OBSERVED, Ceiling, allowed
from ghostnote.decisions.intervals import high, low
from ghostnote.decisions.tables import ACTED


def by_cohort(
    accounts: pl.DataFrame, found: pl.DataFrame, ceilings: Sequence[Ceiling]
) -> dict[str, list[dict[str, Any]]]:
    """For each of `OBSERVED`, its cohorts, the largest first.

    `accounts` has account_id, action and a column of text for each of `OBSERVED`; `found` is what people found, as
    `Found.accounts` says. A row has cohort, accounts, acted and share with its interval (share_low, share_high);
    honest (found so by people), honest_acted (of them) and rate with its interval (low, high), None where nobody was
    found honest; ceiling and most (accounts that it lets be acted on), None where none holds. Intervals are Wilson's,
    of 95 %. A victim is not counted as honest: to challenge it is help.
    """
    acted = pl.col("action").is_in(ACTED)
    honest = ((pl.col("verdict") == "legit") & ~pl.col("victim")).fill_null(value=False)
    joined = accounts.join(found, on="account_id", how="left").with_columns(
        acted.alias("acted"), honest.alias("honest"), (acted & honest).alias("honest_acted")
    )
    held = {ceiling.by: ceiling for ceiling in ceilings}
    return {by: _rows(joined, by, held.get(by)) for by in OBSERVED}  # type: ignore[call-overload]


def total(accounts: pl.DataFrame, found: pl.DataFrame) -> dict[str, Any]:
    """The same of all accounts together: accounts, acted, honest, honest_acted, rate, low, high."""
    whole = accounts.with_columns(**{by: pl.lit("all") for by in OBSERVED})
    rows = by_cohort(whole, found, ())[OBSERVED[0]]
    return rows[0] if rows else {}


def _rows(joined: pl.DataFrame, by: str, ceiling: Ceiling | None) -> list[dict[str, Any]]:
    grouped = joined.group_by(pl.col(by).alias("cohort")).agg(
        accounts=pl.len().cast(pl.Int64),
        acted=pl.col("acted").sum().cast(pl.Int64),
        honest=pl.col("honest").sum().cast(pl.Int64),
        honest_acted=pl.col("honest_acted").sum().cast(pl.Int64),
    )
    shared = grouped.with_columns(
        share=pl.col("acted") / pl.col("accounts"),
        rate=pl.when(pl.col("honest") > 0).then(pl.col("honest_acted") / pl.col("honest")),
    ).with_columns(
        low(pl.col("share"), pl.col("accounts")).alias("share_low"),
        high(pl.col("share"), pl.col("accounts")).alias("share_high"),
        pl.when(pl.col("honest") > 0).then(low(pl.col("rate"), pl.col("honest"))).alias("low"),
        pl.when(pl.col("honest") > 0).then(high(pl.col("rate"), pl.col("honest"))).alias("high"),
    )
    return [
        {**row, **_bound(ceiling, row["accounts"])}
        for row in shared.sort("accounts", "cohort", descending=[True, False]).iter_rows(named=True)
    ]


def _bound(ceiling: Ceiling | None, accounts: int) -> dict[str, Any]:
    if ceiling is None or accounts < ceiling.least_accounts:
        return {"ceiling": None, "most": None}
    return {"ceiling": ceiling.share, "most": allowed(accounts, ceiling.share)}
