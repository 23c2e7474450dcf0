"""Harm by cohort is counted by hand: who is acted on, who was found honest, and how sure that is."""

import polars as pl
import pytest

from ghostnote.console.models.found import Found
from ghostnote.console.models.harm import by_cohort, total
from ghostnote.decisions.ceilings import Ceiling, allowed
from ghostnote.evaluation.metrics import wilson

ACCOUNTS = pl.DataFrame(
    {
        "account_id": [f"a{n:03}" for n in range(200)],
        "action": ["suspend"] * 6 + ["review"] * 4 + ["challenge"] * 2 + ["allow"] * 188,
        "country": ["SE"] * 150 + ["DE"] * 50,
        "plan": ["free"] * 200,
        "platform": ["ios"] * 200,
        "age": ["a year or more"] * 200,
    }
)


def found(*rows: tuple[str, str, bool]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=Found(None).accounts().schema, orient="row")


def test_honest_accounts_acted_on_are_counted_in_their_cohort() -> None:
    said = found(
        ("a000", "legit", False),  # suspended
        ("a001", "fraud", False),  # suspended, rightly
        ("a006", "legit", False),  # only put up for review
        ("a010", "legit", True),  # a victim who is challenged is helped
        ("a050", "legit", False),
        ("a199", "legit", False),
    )
    swedes, germans = by_cohort(ACCOUNTS, said, ())["country"]
    assert (swedes["cohort"], swedes["accounts"], swedes["acted"]) == ("SE", 150, 8)
    assert (swedes["honest"], swedes["honest_acted"], swedes["rate"]) == (3, 1, pytest.approx(1 / 3))
    assert (swedes["low"], swedes["high"]) == pytest.approx(wilson(1, 3))
    assert (swedes["share_low"], swedes["share_high"]) == pytest.approx(wilson(8, 150))
    assert (germans["honest"], germans["honest_acted"], germans["rate"]) == (1, 0, 0.0)
    every = total(ACCOUNTS, said)
    assert (every["accounts"], every["acted"], every["honest"], every["honest_acted"]) == (200, 8, 4, 1)


def test_where_nobody_was_found_honest_no_rate_is_claimed() -> None:
    swedes, _ = by_cohort(ACCOUNTS, found(("a001", "fraud", False)), ())["country"]
    assert (swedes["honest"], swedes["rate"], swedes["low"], swedes["high"]) == (0, None, None, None)


def test_a_ceiling_is_told_where_it_holds() -> None:
    ceiling = Ceiling(by="country", share=0.02, least_accounts=100)
    rows = by_cohort(ACCOUNTS, found(), [ceiling])
    swedes, germans = rows["country"]
    assert (swedes["ceiling"], swedes["most"]) == (0.02, allowed(150, 0.02))
    assert (germans["ceiling"], germans["most"]) == (None, None)
    assert rows["plan"][0]["most"] is None


def test_without_accounts_there_is_nothing_to_say() -> None:
    assert total(ACCOUNTS.clear(), found()) == {}
