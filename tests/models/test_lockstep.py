"""Blocks are found by what their accounts have to themselves; crowds, families and hits are none."""

import numpy as np
import pytest
from tests.models.edge_lists import crowd, edges, farm, shuffled

from ghostnote.models.lockstep import Block, Lockstep


def found_with(rows: list, accounts: int) -> list[Block]:
    return Lockstep().find(edges([*crowd(), *rows], accounts))


@pytest.mark.parametrize("hits", [0, 20, 40])
def test_a_farm_is_found_whatever_it_plays_besides(hits):
    (block, *others) = found_with(farm(range(600, 620), range(1500, 1580), each=40, hits=hits), 620)
    assert block.accounts.tolist() == list(range(600, 620))
    assert set(block.key[block.kind == 0]) == set(range(1500, 1580))
    assert block.closed == 1.0
    assert block.surprise > 100
    assert others == []


def test_a_long_tail_is_found_by_whoever_is_paid():
    # Every play of another artist, but all of them for three owners (kind 0 here).
    owners = [(account, 1500 + account % 3, 0, day, 6.0) for account in range(600, 640) for day in range(5)]
    (block, *_) = found_with(owners, 640)
    assert len(block.accounts) >= 13


def test_a_crowd_has_no_blocks():
    assert [block for block in Lockstep().find(edges(crowd(), 600)) if block.surprise > 10] == []


def test_order_does_not_matter():
    given = edges([*crowd(), *farm(range(600, 620), range(1500, 1580), each=40, hits=20)], 620)
    first, again = Lockstep().find(given), Lockstep().find(shuffled(given))
    assert len(first) == len(again) > 0
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.accounts, other.accounts)
        np.testing.assert_array_equal(one.key, other.key)
        assert one.surprise == pytest.approx(other.surprise)
