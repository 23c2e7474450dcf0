"""Accounts beyond doubt by their own days are tied by one target and shared devices, and by neither alone."""

import polars as pl

from ghostnote.decisions.campaigns import Group, named
from ghostnote.decisions.evident import evident_groups, with_evident
from ghostnote.decisions.ties import shares

BOTS = [f"b{n}" for n in range(6)]
#: Listeners of the same artist who do nothing else than listen, so that suspects are a small part of its users.
FANS = [(f"fan{n}", "artist_id", "star", 4) for n in range(60)]


def _links(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    return shares(pl.DataFrame(rows, schema=["account_id", "kind", "key", "events"], orient="row"))


def _aimed(each: int = 80) -> list[tuple[str, str, str, int]]:
    return [(bot, "artist_id", "star", each) for bot in BOTS]


def _devices() -> list[tuple[str, str, str, int]]:
    """Two bots to a device."""
    return [(bot, "device_id", f"d{n // 2}", 100) for n, bot in enumerate(BOTS)]


def test_a_target_with_many_honest_listeners_ties_them():
    (found,) = evident_groups(BOTS, BOTS, _links(*_aimed(), *_devices(), *FANS), 5)
    assert found.accounts == tuple(BOTS)
    assert found.ties.rows() == [("artist_id", "star", 66, 6)]


def test_without_a_shared_place_nothing_does():
    alone = [(bot, "device_id", bot, 100) for bot in BOTS]
    assert evident_groups(BOTS, BOTS, _links(*_aimed(), *alone, *FANS), 5) == []


def test_a_target_that_mostly_others_play_is_none():
    assert evident_groups(BOTS, BOTS, _links(*_aimed(each=12), *_devices(), *FANS), 5) == []


def test_fewer_than_it_takes_are_no_group():
    assert evident_groups(BOTS[:4], BOTS[:4], _links(*_aimed(), *_devices(), *FANS), 5) == []


def test_who_also_plays_on_a_device_of_its_own_joins_only():
    own = [("b5", "device_id", "home", 40)]
    (found,) = evident_groups(BOTS, BOTS, _links(*_aimed(), *_devices(), *own, *FANS), 5)
    assert found.accounts == tuple(BOTS[:5])
    assert found.joined == ("b5",)


def test_who_is_near_the_bar_is_with_them_only_if_it_shares_a_place():
    links = [*_aimed(), *_devices(), *FANS]
    near = [("mate", "device_id", "d1", 50), ("mate", "artist_id", "star", 40)]
    alone = [("fan", "device_id", "home", 50), ("fan", "artist_id", "star", 40)]
    (found,) = evident_groups(BOTS, ["mate", "fan"], _links(*links, *near, *alone), 5)
    assert found.everybody == (*BOTS, "mate")


def test_groups_that_lie_in_it_are_taken_in_and_others_keep_their_accounts():
    (found,) = evident_groups(BOTS, BOTS, _links(*_aimed(), *_devices(), *FANS), 5)
    inside = _group("b1", "b2", "c1")
    apart = _group("b5", "x1", "x2", "x3")
    result = with_evident([inside, apart], [found])
    assert {one.accounts for one in result} == {("b0", "b1", "b2", "b3", "b4", "c1"), apart.accounts}


def _group(*accounts: str) -> Group:
    ties = pl.DataFrame({"kind": ["owner_id"], "key": [accounts[0]], "members": [3], "users": [3]})
    return named(accounts, ties)
