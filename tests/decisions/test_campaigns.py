"""Accounts are grouped by what hardly anybody else shares; what is popular ties nobody."""

import polars as pl

from ghostnote.decisions.campaigns import evidence, group


def _links(*rows: tuple[str, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["account_id", "kind", "key", "events"], orient="row")


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
    # 30 of 100 accounts are suspects; three of them on one of many small artists prove nothing.
    links = _links(*((f"a{n}", "artist_id", f"small{n % 25}", 1) for n in range(100)))
    assert group([f"a{n}" for n in range(100) if n % 25 < 8 and n < 80], links) == []


def test_no_suspects_no_campaigns():
    assert group([], _links(("a", "artist_id", "x", 1))) == []
