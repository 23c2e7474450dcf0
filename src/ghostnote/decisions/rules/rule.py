"""What a rule is, which account-days it fires on, and how often it is evidence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

#: For `Rule.anew_after`: what does not change is evidence once.
ONCE = 36_500
OFFLINE = "plays_share_offline_by_account_24h"
#: Offline plays carry the client's clock, or the time at which a fortnight of them was sent in: no rule on time may
#: rest on them. Where a service does not say, they carry their own time, as the contract has it.
ONLINE = pl.col(OFFLINE).fill_null(0.0) < 0.5


@dataclass(frozen=True)
class Rule:
    """`condition` is a Polars expression over account-day columns; `needs` names those columns.

    `certain` rules act on their own; the others bring `ratio` of evidence, in log-odds, to the day. Fired again on the
    same account within `anew_after` days, a rule has nothing new to say and brings nothing: one sleepless week is seen
    on seven days, and a device that many share is one fact about all of them, not one a day.

    `shared`: it says no more than that many share a place (a device, a payment): where that is also all that ties the
    account to others, it is the same fact again.

    `floor`, a column and a number, spares asking: the rule fires on no row that has less there, or nothing.
    """

    name: str
    description: str
    needs: tuple[str, ...]
    condition: pl.Expr
    sentence: Callable[[Mapping[str, float]], str]
    certain: bool = False
    ratio: float = 3.0
    anew_after: int = 1
    shared: bool = False
    floor: tuple[str, float] | None = None


def hits(rule: Rule, rows: pl.DataFrame) -> pl.Series:
    """Which account-days the rule fires on, as booleans; none if a column it needs is absent."""
    if any(name not in rows.columns for name in rule.needs):
        return pl.Series(rule.name, [False], dtype=pl.Boolean).new_from_index(0, rows.height)
    # Polars takes NaN for the largest of numbers; here it means that nothing is known.
    known = rows.select(pl.col(rule.needs).fill_nan(None))
    return known.select(rule.condition.fill_null(value=False).alias(rule.name)).to_series()


def counted_anew(days: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """`days` with `ratio` lowered to `without_rules` where no rule that fired has anything new to say.

    Needs account_id, day, rules (names), certain, ratio and without_rules; the order of rows stays. Days of certain
    rules stay as they are.
    """
    by_name = {rule.name: rule for rule in rules}
    ratio = days["ratio"].to_numpy().copy()
    fired = days.with_row_index("place").filter((pl.col("rules").list.len() > 0) & ~pl.col("certain"))
    told: dict[tuple[str, str], date] = {}
    ordered = fired.sort("account_id", "day").select("place", "account_id", "day", "rules", "without_rules")
    for place, account, day, names, without in ordered.iter_rows():
        known = {name: told.get((account, name)) for name in names}
        new = [name for name, seen in known.items() if seen is None or (day - seen).days >= by_name[name].anew_after]
        told |= dict.fromkeys(((account, name) for name in new), day)
        ratio[place] = max([without, *(by_name[name].ratio for name in new)])
    return days.with_columns(pl.Series("ratio", ratio, dtype=pl.Float64))


def percent(share: float) -> str:
    """A share as people read it.

    >>> percent(0.613)
    '61 %'
    """
    return f"{np.round(100 * share):.0f} %"
