"""Ids say nothing: not the kind of thing, not its age, not its maker."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.simulation.tokens import Domain, Tokens


@given(st.lists(st.integers(0, 2**60 - 1), min_size=1, max_size=60, unique=True), st.integers(0, 2**32))
def test_no_two_things_share_an_id(numbers: list[int], seed: int) -> None:
    tokens = Tokens(seed).of(Domain.TRACK, np.array(numbers))
    assert tokens.is_unique().all()
    assert (tokens.str.len_bytes() == 12).all()


def test_domains_and_worlds_share_no_ids() -> None:
    numbers = np.arange(5000)
    ids = [Tokens(seed).of(domain, numbers) for seed in (1, 2) for domain in (Domain.ACCOUNT, Domain.PLAY)]
    assert len({text for series in ids for text in series}) == 4 * 5000


def test_ids_are_in_no_order() -> None:
    ids = Tokens(1).of(Domain.ACCOUNT, np.arange(5000))
    rank = ids.rank("ordinal").to_numpy()
    assert abs(np.corrcoef(rank, np.arange(5000))[0, 1]) < 0.05
