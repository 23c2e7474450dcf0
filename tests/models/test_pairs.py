"""Pairs are those that comparing everybody with everybody finds."""

from itertools import combinations

import numpy as np
import pytest
from tests.models.edge_lists import crowd, edges, farm

from ghostnote.models.pairs import alike, fewest_users
from ghostnote.models.rarity import Incidence, incidence, rarity


def slow(found: Incidence, tying: np.ndarray, least: float) -> dict[tuple[int, int], float]:
    shares: dict[int, dict[int, float]] = {}
    for account, key, share in zip(found.account.tolist(), found.key.tolist(), found.share.tolist(), strict=True):
        if tying[key]:
            shares.setdefault(account, {})[key] = share
    result = {}
    for left, right in combinations(sorted(shares), 2):
        kinds: dict[int, float] = {}
        for key in shares[left].keys() & shares[right].keys():
            kind = int(found.kind[key])
            kinds[kind] = kinds.get(kind, 0.0) + min(shares[left][key], shares[right][key])
        if max(kinds.values(), default=0.0) >= least:
            result[left, right] = max(kinds.values())
    return result


@pytest.fixture(scope="module")
def found() -> Incidence:
    rows = crowd(200, 300)
    return incidence(edges([*rows, *farm(range(200, 230), range(300, 340), each=20, hits=20)], 230))


def test_a_budget_that_suffices_finds_all_pairs(found):
    tying = found.users <= 60
    pairs = alike(found, tying, least=0.1, budget=10**9, seed=0)
    expected = slow(found, tying, 0.1)
    assert dict(zip(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True), pairs.same, strict=True)) == (
        pytest.approx(expected)
    )
    assert len(expected) > 100


def test_without_a_budget_hashes_find_enough_to_hold_a_group_together(found):
    pairs = alike(found, found.users <= 60, least=0.1, budget=0, seed=0)
    expected = slow(found, found.users <= 60, 0.1)
    met = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    assert met <= set(expected)
    of_farm = [pair for pair in met if min(pair) >= 200]
    assert {account for pair in of_farm for account in pair} == set(range(200, 230))
    assert len(of_farm) > 3 * 30


def test_the_budget_bounds_the_pairs_that_are_multiplied_out():
    users = np.array([2, 2, 3, 10, 100])
    assert fewest_users(users, 0) < 2
    assert fewest_users(users, 5) >= 3
    assert fewest_users(users, 5) < 10
    assert fewest_users(users, 10**6) == 100


def test_sums_per_account_and_key_are_what_a_dictionary_says():
    given = edges([*crowd(50, 80), *crowd(50, 80, seed=3)], 50)
    sums: dict[tuple[int, int, int], float] = {}
    columns = (given.account, given.kind, given.key, given.weight)
    for account, kind, key, weight in zip(*(column.tolist() for column in columns), strict=True):
        sums[kind, key, account] = sums.get((kind, key, account), 0.0) + weight
    found = incidence(given)
    codes = zip(found.kind[found.key].tolist(), found.code[found.key].tolist(), found.account.tolist(), strict=True)
    assert dict(zip(codes, found.weight.tolist(), strict=True)) == sums
    done: dict[tuple[int, int], float] = {}
    for (kind, _, account), weight in sums.items():
        done[account, kind] = done.get((account, kind), 0.0) + weight
    expected = [
        weight / (done[account, found.kind[key]] + 5.0)
        for account, key, weight in zip(found.account.tolist(), found.key.tolist(), found.weight, strict=True)
    ]
    np.testing.assert_allclose(found.share, expected)


def test_rarity_is_in_powers_of_ten():
    np.testing.assert_allclose(rarity(np.array([1, 10, 1000, 5000]), 1000), [3, 2, 0, 0])
