"""Accounts are grouped by what hardly anybody else shares; what is popular ties nobody."""

import polars as pl

from ghostnote.decisions.campaigns import evidence, group
from ghostnote.decisions.ties import shares


def _links(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    return shares(pl.DataFrame(rows, schema=["account_id", "kind", "key", "events"], orient="row"))


def test_groups_by_shared_targets_and_devices():
    bots = [f"b{n}" for n in range(4)]
    links = _links(
        *((bot, "artist_id", "farm", 50) for bot in bots),
        *((f"x{n}", "device_id", "d1", 9) for n in range(3)),
        *((f"fan{n}", "artist_id", "hit", 3) for n in range(40)),
        *((bot, "artist_id", "hit", 3) for bot in bots),
    )
    found = group([*bots, "x0", "x1", "x2"], links)
    assert [one.accounts for one in found] == [tuple(bots), ("x0", "x1", "x2")]
    assert "one artist" in " ".join(evidence(found[0], 200, 180))


def test_what_is_popular_ties_nobody():
    links = _links(*((f"a{n}", "artist_id", "hit", 3) for n in range(100)))
    assert group(["a1", "a2", "a3", "a4"], links) == []


def test_the_name_of_a_campaign_does_not_depend_on_order():
    rows = [(f"b{n}", "owner_id", "o", 5) for n in range(5)] + [(f"a{n}", "owner_id", "hit", 1) for n in range(60)]
    first = group([f"b{n}" for n in range(5)], _links(*rows))
    again = group([f"b{n}" for n in reversed(range(5))], _links(*reversed(rows)))
    assert first[0].campaign_id == again[0].campaign_id


def test_meeting_by_chance_ties_nobody():
    # 24 of 300 accounts are suspects; that three of them meet on one of a hundred small artists proves nothing.
    links = _links(*((f"a{n}", "artist_id", f"small{n % 100}", 1) for n in range(300)))
    assert group([f"a{n}" for n in range(300) if n % 100 < 8], links) == []


def test_where_every_fourth_is_a_suspect_half_of_an_audience_proves_nothing():
    playlist = [*(f"s{n}" for n in range(40)), *(f"h{n}" for n in range(40))]
    crowd = [*(f"s{n}" for n in range(50)), *(f"h{n}" for n in range(150))]
    links = _links(
        *((account, "playlist_id", "public", 9) for account in playlist),
        *((account, "artist_id", "hit", 1) for account in crowd),
    )
    suspects = [account for account in crowd if account.startswith("s")]
    assert group(suspects, links) == []
    rarer = _links(*((f"more{n}", "artist_id", "hit", 1) for n in range(2000)))
    (found,) = group(suspects, pl.concat([links, rarer]))
    assert found.accounts == tuple(sorted(suspects[:40]))


def test_a_passing_touch_ties_nobody():
    bots = [f"b{n}" for n in range(6)]
    links = _links(
        *((bot, "object_id", f"sold{n}", 1) for bot in bots for n in range(5)),
        *((f"a{n}", "object_id", "hit", 1) for n in range(100)),
        ("a7", "object_id", "sold1", 1),
        ("a7", "object_id", "other", 3),
    )
    (found,) = group([*bots, "a7"], links)
    assert found.everybody == tuple(bots)


def test_who_does_the_same_joins_without_being_a_suspect():
    bots = [f"b{n}" for n in range(6)]
    links = _links(
        *((bot, "artist_id", f"farm{n}", 5) for bot in [*bots, "quiet"] for n in range(5)),
        ("quiet", "artist_id", "hit", 20),
        *((f"a{n}", "artist_id", "hit", 9) for n in range(100)),
        ("a1", "artist_id", "farm1", 1),
    )
    (found,) = group(bots, links)
    assert found.accounts == tuple(bots)
    assert found.joined == ("quiet",)


def test_fans_of_one_small_artist_do_not_join_the_bots_on_it():
    bots = [f"b{n}" for n in range(6)]
    links = _links(
        *((bot, "track_id", "bought", 50) for bot in bots),
        *((bot, "artist_id", "small", 50) for bot in bots),
        *(("fan", "track_id", f"song{n}", 8) for n in range(9)),
        ("fan", "track_id", "bought", 8),
        ("fan", "artist_id", "small", 80),
        *((f"a{n}", "track_id", "hit", 9) for n in range(100)),
    )
    (found,) = group(bots, links)
    assert found.joined == ()


def _slow(*accounts: str) -> list[tuple[str, str, str, int]]:
    """A fifth of what they do goes to two owners whom nobody else plays, the rest to everybody's."""
    own = [(account, "owner_id", f"farm{n}", 10) for account in accounts for n in range(2)]
    return [*own, *((account, "owner_id", "major", 80) for account in accounts)]


def test_evident_accounts_are_tied_by_a_small_part_of_what_they_do():
    bots, crowd = [f"b{n}" for n in range(6)], [(f"h{n}", "owner_id", "major", 50) for n in range(300)]
    links = _links(*_slow(*bots), *crowd)
    assert group(bots, links) == []
    (found,) = group(bots, links, evident=bots, same=0.1)
    assert found.accounts == tuple(bots)


def test_suspects_join_the_keys_of_evident_accounts_and_make_none_themselves():
    bots, odd = [f"b{n}" for n in range(6)], [f"odd{n}" for n in range(6)]
    crowd = [(f"h{n}", "owner_id", "major", 50) for n in range(300)]
    theirs = [(account, "owner_id", f"village{n}", 10) for account in odd for n in range(2)]
    links = _links(*_slow(*bots, "quiet"), *theirs, *crowd)
    (found,) = group([*bots, *odd, "quiet"], links, evident=bots, same=0.1)
    assert found.accounts == (*bots, "quiet")


def test_no_suspects_no_campaigns():
    assert group([], _links(("a", "artist_id", "x", 1))) == []
