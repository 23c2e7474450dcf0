"""What would have been done to untouched accounts beside what is known of them: counted by hand."""

import polars as pl
import pytest

from ghostnote.decisions.hold_out import ANY, held_against
from ghostnote.decisions.summary import WouldBe
from ghostnote.evaluation.metrics import wilson

#: action, what is spared, fraud, label, victim, how many
_ACCOUNTS = [
    ("allow", "suspend", True, "fraud", False, 8),
    ("allow", "suspend", False, "legit", False, 1),
    ("allow", "suspend", False, None, False, 3),
    ("allow", "review", True, "fraud", False, 2),
    ("allow", "review", False, None, False, 5),
    ("challenge", None, False, None, True, 2),
    ("suspend", None, True, "fraud", False, 1),
    ("allow", None, True, "fraud", False, 4),
    ("allow", None, False, None, False, 50),
]


def accounts(*, untouched: bool = True) -> pl.DataFrame:
    rows = [row[:5] for row in _ACCOUNTS for _ in range(row[5])]
    columns = {"action": pl.String, "would_be": pl.String, "fraud": pl.Boolean, "verdict": pl.String}
    found = pl.DataFrame(rows, schema={**columns, "victim": pl.Boolean}, orient="row")
    return found.with_columns(pl.lit(untouched).alias("untouched"))


def row(found: list[WouldBe], action: str) -> WouldBe:
    [one] = [row for row in found if row.action == action]
    return one


def test_only_what_somebody_found_counts_where_nothing_was_simulated() -> None:
    held = held_against(accounts(), simulated=False)
    assert held is not None
    assert (held.accounts, held.fraud) == (76, 15)
    suspended = row(held.would_be, "suspend")
    assert (suspended.accounts, suspended.fraud, suspended.honest) == (13, 9, 1)
    assert suspended.precision == pytest.approx(0.9)
    assert (suspended.low, suspended.high) == wilson(9, 10)
    # A challenge of an account that somebody else plays on is right.
    assert row(held.would_be, "challenge").precision == 1.0
    assert row(held.would_be, ANY).accounts == 15
    assert held.recall == pytest.approx(9 / 15)
    assert (held.low, held.high) == wilson(9, 15)


def test_where_all_is_known_whoever_is_no_fraud_is_honest() -> None:
    held = held_against(accounts(), simulated=True)
    assert held is not None
    suspended, reviewed = row(held.would_be, "suspend"), row(held.would_be, "review")
    assert (suspended.fraud, suspended.honest) == (9, 4)
    assert (reviewed.fraud, reviewed.honest) == (2, 5)
    assert all(one.fraud + one.honest == one.accounts for one in held.would_be)


def test_accounts_that_are_acted_on_are_no_part_of_it() -> None:
    assert held_against(accounts(untouched=False), simulated=True) is None
    both = held_against(pl.concat([accounts(), accounts(untouched=False)]), simulated=True)
    assert both == held_against(accounts(), simulated=True)


def test_nothing_known_is_no_precision() -> None:
    held = held_against(accounts().filter(pl.col("verdict").is_null() & ~pl.col("victim")), simulated=False)
    assert held is not None
    assert row(held.would_be, "suspend").precision is None
    assert (row(held.would_be, "suspend").low, row(held.would_be, "suspend").high) == (0.0, 1.0)
    assert held.recall is None
