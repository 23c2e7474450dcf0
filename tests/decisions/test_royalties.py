"""The pool is shared to the cent, before and after, whoever played how much."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.royalties import settle, split_cents

_OWNERS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=30)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.integers(0, 10**10))
def test_cents_add_up_and_no_share_is_off_by_a_cent_or_more(plays, pool):
    cents = split_cents(plays, pool)
    total = sum(plays)
    assert sum(cents) == (pool if total else 0)
    for count, got in zip(plays, cents, strict=True):
        assert total == 0 or abs(got - pool * count / total) < 1 + 1e-6 * pool
        assert count or not got


@given(_OWNERS, st.integers(0, 10**9))
def test_the_pool_is_the_same_before_and_after_and_nobody_honest_loses(owners, pool):
    frame = pl.DataFrame(
        {
            "owner_id": [f"o{n}" for n in range(len(owners))],
            "plays": [honest + bad for honest, bad in owners],
            "artificial_plays": [bad for _, bad in owners],
            "paying": [honest + bad for honest, bad in owners],
            "paying_artificial": [bad for _, bad in owners],
        }
    )
    settled = settle(frame, pool)
    before, after = settled["payout_before"], settled["payout_after"]
    if any(honest for honest, _ in owners):
        assert round(after.sum() * 100) == pool == round(before.sum() * 100)
        honest_only = settled.filter(pl.col("artificial_plays") == 0)
        assert (honest_only["payout_after"] >= honest_only["payout_before"] - 0.011).all()
