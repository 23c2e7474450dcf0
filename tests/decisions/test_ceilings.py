"""No cohort loses more of its accounts than the policy says, and the least certain are spared first."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.ceilings import Ceiling, age_band, allowed, bounded
from ghostnote.evaluation.metrics import wilson

COUNTRY = Ceiling(by="country", share=0.01)


def accounts(*cohorts: tuple[str, int, int], certain: int = 0) -> pl.DataFrame:
    """Of each country so many accounts, of which so many are suspended, each with more evidence than the one before."""
    rows = [
        (f"{name}{n:05}", "suspend" if n < acted else "allow", n < certain, float(n), name)
        for name, size, acted in cohorts
        for n in range(size)
    ]
    return pl.DataFrame(rows, schema=["account_id", "action", "certain", "evidence", "country"], orient="row")


def test_beyond_the_ceiling_the_least_certain_wait_for_people() -> None:
    found = bounded(accounts(("AA", 1000, 30), ("BB", 1000, 10)), [COUNTRY])
    most = allowed(1000, 0.01)
    assert sorted(found.accounts["account_id"]) == [f"AA{n:05}" for n in range(30 - most)]
    [note] = found.notes
    assert note.startswith(f"{30 - most} of 30 accounts to act on, of country AA, are put up for review instead")
    assert "1.00%" in found.accounts["said"][0]


def test_who_a_certain_rule_caught_is_spared_last() -> None:
    found = bounded(accounts(("AA", 1000, 30), certain=5), [COUNTRY])
    assert not set(found.accounts["account_id"]) & {f"AA{n:05}" for n in range(5)}


def test_two_accounts_of_a_small_country_are_acted_on() -> None:
    assert bounded(accounts(("AA", 30, 2)), [COUNTRY]).accounts.is_empty()
    assert bounded(accounts(("AA", 120, 2)), [COUNTRY]).accounts.is_empty()


def test_without_ceilings_nobody_is_spared() -> None:
    assert bounded(accounts(("AA", 1000, 900)), []).notes == ()


def test_a_second_ceiling_counts_only_who_is_left() -> None:
    rows = accounts(("AA", 1000, 30)).with_columns(pl.lit("free").alias("plan"))
    once = bounded(rows, [COUNTRY])
    twice = bounded(rows, [COUNTRY, Ceiling(by="plan", share=0.01)])
    assert once.accounts.equals(twice.accounts)


@pytest.mark.parametrize(
    ("days", "band"), [(0, "under a week"), (7, "under a month"), (364, "under a year"), (365, "a year or more")]
)
def test_ages_come_in_four_bands(days: int, band: str) -> None:
    assert pl.select(age_band(pl.lit(days))).item() == band
    assert pl.select(age_band(pl.lit(None, dtype=pl.Int64))).item() == "(unknown)"


@given(st.integers(1, 100_000), st.floats(1e-5, 0.9))
def test_what_is_allowed_is_the_most_that_is_not_surely_too_much(size: int, share: float) -> None:
    most = allowed(size, share)
    # Off by a rounding error at most.
    assert wilson(min(most, size), size)[0] <= share + 1e-6
    assert most + 1 > size or wilson(most + 1, size)[0] > share - 1e-6


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 300)), min_size=1, max_size=4),
    st.floats(0.001, 0.5),
    st.integers(1, 200),
)
def test_ceilings_are_never_passed(cohorts: list[tuple[int, int]], share: float, least: int) -> None:
    rows = accounts(*((f"C{n}", size, min(acted, size)) for n, (size, acted) in enumerate(cohorts)))
    found = bounded(rows, [Ceiling(by="country", share=share, least_accounts=least)])
    left = rows.filter(
        (pl.col("action") == "suspend") & ~pl.col("account_id").is_in(found.accounts["account_id"].implode())
    )
    for name, size in rows.group_by("country").len().iter_rows():
        acted = left.filter(pl.col("country") == name).height
        most = size * share + 1.959964 * math.sqrt(size * share * (1 - share))
        assert acted <= most or size < least
        # Nobody is spared without need.
        assert acted == min(rows.filter(country=name, action="suspend").height, math.floor(most)) or size < least
