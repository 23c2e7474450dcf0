"""Blocks are found by what their accounts have to themselves; crowds, families and hits are none."""

import numpy as np
import pytest
from tests.models.edge_lists import KINDS, crowd, edges, farm, shuffled

from ghostnote.models.edges import Kind
from ghostnote.models.lockstep import Block, Lockstep


def found_with(rows: list, accounts: int) -> list[Block]:
    return Lockstep().find(edges([*crowd(), *rows], accounts))


@pytest.mark.parametrize("hits", [0, 20, 40])
def test_a_farm_is_found_whatever_it_plays_besides(hits):
    (block, *others) = found_with(farm(range(600, 620), range(1500, 1580), each=50, hits=hits), 620)
    assert block.accounts.tolist() == list(range(600, 620))
    assert set(block.key[block.kind == 0]) == set(range(1500, 1580))
    assert block.closed == 1.0
    assert block.surprise > 100
    assert others == []


def test_a_long_tail_is_found_by_whoever_is_paid():
    # Sixty plays of sixty artists, each of which three accounts play once; all of them for three owners.
    random = np.random.default_rng(2)
    tail = [(600 + int(at), 1500 + n % 480, 0, n % 28, 1.0) for n, at in enumerate(random.permutation(1440) % 24)]
    owners = [(account, owner, 3, 0, 20.0) for account in range(600, 624) for owner in range(3)]
    others = [(account, 3 + account % 90, 3, 0, 40.0) for account in range(600)]
    (block,) = found_with([*tail, *owners, *others], 624)
    assert block.accounts.tolist() == list(range(600, 624))
    assert set(block.key[block.kind == 3]) == {0, 1, 2}


def test_one_hit_or_one_album_is_no_campaign():
    # Many play nothing but one new artist, by whom there is nothing else to play.
    fans = [(account, 1500, 0, day, 8.0) for account in range(600, 650) for day in range(5)]
    fans += [(account, account % 30, 0, 0, 4.0) for account in range(600, 650)]
    assert found_with(fans, 650) == []


def test_a_household_is_no_campaign():
    home = [(account, 9000, 1, 0, 400.0) for account in range(600, 606)]
    home += [(account, 40 + n, 0, 0, 3.0) for account in range(600, 606) for n in range(20)]
    assert found_with(home, 606) == []


def test_people_of_one_taste_are_no_campaign():
    # Devotion to a scene's artists from nothing to all: nobody is quite inside or quite outside.
    random = np.random.default_rng(3)
    scene = []
    for account in range(600, 700):
        for _ in range(40):
            inside = random.random() < (account - 600) / 100
            scene.append((account, int(random.integers(1500, 1660) if inside else random.integers(0, 400)), 0, 0, 2.0))
    assert found_with(scene, 700) == []


def shelf(members: list[int], *, each: int = 30, artists: int = 200) -> list[tuple[int, int, int, int, float]]:
    """Accounts that live on the same shelf of artists, which nobody else touches, each on another part of it."""
    random = np.random.default_rng(4)
    return [
        (account, 1500 + int(artist), 0, int(random.integers(28)), 4.0)
        for account in members
        for artist in random.choice(artists, each, replace=False)
    ]


def test_people_of_one_shelf_do_not_agree_about_it():
    members = list(range(600, 660))
    (block,) = [one for one in Lockstep().candidates(edges([*crowd(), *shelf(members)], 660)) if one.main == 0]
    assert block.closed == 1.0
    assert block.near == 0
    assert block.surprise > 100
    assert block.agreement < 0.3
    assert found_with(shelf(members), 660) == []


def test_people_of_one_shelf_who_come_from_a_few_devices_are_a_campaign():
    members = list(range(600, 660))
    phones = [(account, 9000 + account % 6, 1, 0, 400.0) for account in members]
    (block,) = found_with([*shelf(members), *phones], 660)
    assert block.accounts.tolist() == members
    assert block.placed == 1.0


def test_a_town_that_shares_its_networks_and_its_artists_is_no_campaign():
    members = list(range(600, 660))
    town = [(account, 9000 + account % 3, 2, 0, 400.0) for account in members]
    assert found_with([*shelf(members), *town], 660) == []


def test_what_a_few_artists_or_a_list_explain_is_found_but_proves_nothing():
    lockstep = Lockstep()
    kinds = (*KINDS, Kind("list", chosen=True, listed=True))
    machine = farm(range(600, 620), range(1500, 1580), each=50)
    act = farm(range(600, 620), range(1500, 1506), each=6)
    played = [(account, 77, 4, 0, 200.0) for account in range(600, 620)]
    for rows, proves in ((machine, True), (act, False), ([*machine, *played], False)):
        (block,) = lockstep.find(edges([*crowd(), *rows], 620, kinds))
        assert block.accounts.tolist() == list(range(600, 620))
        assert lockstep.proves(block, kinds) is proves


def test_the_audience_of_a_list_is_no_campaign_by_its_list():
    kinds = (*KINDS, Kind("list", chosen=True, listed=True))
    lists = [(account, 77 + n, 4, 0, 50.0) for account in range(600, 640) for n in range(4)]
    assert Lockstep().find(edges([*crowd(), *lists], 640, kinds)) == []


@pytest.mark.parametrize("homes", [1, 2])
def test_one_or_two_families_of_one_shelf_are_no_campaign(homes):
    members = list(range(600, 600 + 6 * homes))
    devices = [(account, 9000 + (account - 600) // 6, 1, 0, 400.0) for account in members]
    found = found_with([*shelf(members, each=100, artists=400), *devices], 612)
    assert not any(map(Lockstep().beyond_a_home, found))


def test_pairs_that_have_nothing_to_do_with_each_other_are_no_group():
    # Twelve people and whoever copies each of them: both play the lists that are theirs alone.
    lists = [
        (600 + 2 * n + who, 1500 + 8 * n + key, 0, 0, 8.0) for n in range(12) for key in range(8) for who in (0, 1)
    ]
    between = [(600 + account, 1700 + account // 4, 0, 0, 4.0) for account in range(24)]
    assert found_with([*lists, *between], 624) == []


def test_who_is_no_more_than_a_household_is_told_apart():
    (block,) = found_with(farm(range(600, 606), range(1500, 1520), each=20), 606)
    assert not Lockstep().beyond_a_home(block)
    (block,) = found_with(farm(range(600, 607), range(1500, 1520), each=20), 607)
    assert Lockstep().beyond_a_home(block)


def test_a_large_group_of_one_owner_is_found_whole_where_there_are_too_many_pairs():
    # A hundred accounts on 1,300 artists, so that three or so play the same; one is paid for all.
    random = np.random.default_rng(5)
    members = range(3000, 3100)
    tail = [(m, 1500 + int(a), 0, 0, 1.0) for m in members for a in random.choice(1300, 40, replace=False)]
    paid = [(m, 0, 3, 0, 40.0) for m in members]
    paid += [(m, 1 + int(owner), 3, 0, 9.0) for m in range(3000) for owner in random.integers(0, 900, 4)]
    (block,) = Lockstep(budget=1000).find(edges([*crowd(3000), *tail, *paid], 3100))
    assert block.accounts.tolist() == list(members)


def test_scores_are_surprise_and_explained_by_kind():
    given = edges([*crowd(), *farm(range(600, 620), range(1500, 1580), each=50)], 620)
    score, parts = Lockstep().score(given), Lockstep().explain(given)
    assert (score[600:] > 100).all()
    assert (score[:600] == 0).all()
    np.testing.assert_allclose(parts.sum(axis=1), score)


def test_a_block_says_when_and_how_densely():
    rows = [(account, key, 0, 7 + key % 3, 4.0) for account in range(600, 610) for key in range(1500, 1520)]
    (block,) = found_with(rows, 610)
    assert (block.first, block.last) == (7, 9)
    assert block.times == 20.0
    assert block.density == pytest.approx(200 / np.log(15) / 30)
    assert (block.closed, block.near, block.choices, block.placed) == (1.0, 0, 20, 0.0)
    assert block.agreement == pytest.approx(1.0)
    np.testing.assert_allclose(block.devotion, 80 / 85)


def test_a_crowd_has_no_blocks():
    assert [block for block in Lockstep().find(edges(crowd(), 600)) if block.surprise > 10] == []


def test_order_does_not_matter():
    given = edges([*crowd(), *farm(range(600, 620), range(1500, 1580), each=50, hits=20)], 620)
    first, again = Lockstep().find(given), Lockstep().find(shuffled(given))
    assert len(first) == len(again) > 0
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.accounts, other.accounts)
        np.testing.assert_array_equal(one.key, other.key)
        assert one.surprise == pytest.approx(other.surprise)
