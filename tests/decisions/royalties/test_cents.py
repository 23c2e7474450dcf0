"""Every pot is shared out to the cent, and as fairly as whole cents can be."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decisions.royalties.reference import split

from ghostnote.decisions.royalties.cents import amounts, apportion, to_amount, to_cents

_WEIGHTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 10**12)), max_size=25)
_POTS = st.lists(st.integers(0, 10**15), min_size=3, max_size=3)


def shared(weights: list[tuple[int, int]], pots: list[int]) -> pl.DataFrame:
    claims = pl.DataFrame(
        {
            "pool": [pool for pool, _ in weights],
            "who": [f"w{place:02}" for place in range(len(weights))],
            "weight": [weight for _, weight in weights],
        },
        schema={"pool": pl.Int64, "who": pl.String, "weight": pl.Int64},
    )
    pot = pl.DataFrame({"pool": range(len(pots)), "cents": pots})
    return apportion(claims, pot, by=["pool"], order=["who"], weight="weight")


@given(_WEIGHTS, _POTS)
def test_it_is_what_the_slow_way_hands_out(weights: list[tuple[int, int]], pots: list[int]) -> None:
    found = {(row["pool"], row["who"]): row["cents"] for row in shared(weights, pots).iter_rows(named=True)}
    expected = {}
    for pool, pot in enumerate(pots):
        mine = {f"w{place:02}": weight for place, (where, weight) in enumerate(weights) if where == pool}
        expected |= {(pool, who): cents for who, cents in split(pot, mine).items()}
    assert found == expected


@given(_WEIGHTS, _POTS)
def test_cents_add_up_and_no_share_is_off_by_a_cent(weights: list[tuple[int, int]], pots: list[int]) -> None:
    for (pool,), part in shared(weights, pots).group_by("pool"):
        total, pot = sum(part["weight"]), pots[pool]  # type: ignore[call-overload]
        assert sum(part["cents"]) == (pot if total else 0)
        for weight, cents in part.select("weight", "cents").iter_rows():
            assert total == 0 or abs(cents * total - pot * weight) < total
            assert weight or not cents


@given(_WEIGHTS, _POTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(weights, pots, random) -> None:  # type: ignore[no-untyped-def]
    first = shared(weights, pots)
    claims = first.drop("cents").sample(fraction=1.0, shuffle=True, seed=random.randrange(1000))
    pot = pl.DataFrame({"pool": [2, 0, 1], "cents": [pots[2], pots[0], pots[1]]})
    again = apportion(claims, pot, by=["pool"], order=["who"], weight="weight")
    assert again.sort("pool", "who").equals(first.sort("pool", "who"))


def test_a_claim_on_a_pot_that_is_not_there_gets_nothing() -> None:
    assert shared([(0, 5), (9, 5)], [3]).sort("pool")["cents"].to_list() == [3, 0]


@pytest.mark.parametrize(("digits", "amount"), [(0, "1234"), (2, "12.34"), (3, "1.234")])
def test_cents_are_amounts_in_the_currencys_digits(digits: int, amount: str) -> None:
    assert to_amount(1234, digits) == Decimal(amount)
    assert to_cents(Decimal(amount), digits) == 1234
    column = pl.DataFrame({"c": [1234, -1234, 0]}).select(amounts(pl.col("c"), digits)).to_series()
    assert column.dtype == pl.Decimal(38, digits)
    assert column.to_list() == [Decimal(amount), -Decimal(amount), Decimal(0)]
