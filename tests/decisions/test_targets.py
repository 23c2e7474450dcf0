"""A target needs several accounts that agree; one odd listener never makes one."""

import polars as pl

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.targets import confirmed_targets, dedicated


def _plays(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    """account, artist, marked plays, other plays."""
    return pl.concat(
        pl.DataFrame({"account_id": who, "artist_id": artist, "marked": [True] * bad + [False] * good, "day": 1})
        for who, artist, bad, good in rows
    )


def _confirmed(*rows: tuple[str, str, int, int]) -> list[tuple[str, str]]:
    plays = _plays(*rows)
    played, active = (plays.group_by("account_id", by).len("plays") for by in ("artist_id", "day"))
    return sorted(confirmed_targets(plays.filter("marked"), played, active, "artist_id", Policy()).iter_rows())


def test_many_accounts_on_one_artist_confirm_it():
    found = _confirmed(*((f"v{n}", "farm", 40, 0) for n in range(5)), ("v0", "beloved", 0, 60))
    assert found == [(f"v{n}", "farm") for n in range(5)]


def test_who_listens_honestly_to_a_target_keeps_its_plays():
    found = _confirmed(*((f"v{n}", "farm", 38, 2) for n in range(9)), ("fan", "farm", 2, 50), ("guest", "farm", 1, 0))
    assert found == [(f"v{n}", "farm") for n in range(9)]


def test_the_audience_of_a_hit_plays_it_among_much_else():
    rows = ((f"fan{n}", artist, bad, good) for n in range(30) for artist, bad, good in (("hit", 4, 0), ("x", 0, 40)))
    assert _confirmed(*rows) == []


def test_one_odd_listener_is_left_alone():
    assert _confirmed(("odd", "noise", 900, 0), ("a", "noise", 0, 2), ("b", "noise", 0, 1)) == []


def test_a_few_odd_listeners_among_an_artists_few_make_no_target():
    few = ((f"odd{n}", "small", 50, 0) for n in range(3))
    assert _confirmed(*few, *((f"guest{n}", "small", n % 2, 1) for n in range(4))) == []


def test_whom_one_listener_plays_most_of_all_is_no_target():
    # Somebody sleeps to an album of noise: its few listeners' plays look as artificial as hers do.
    others = [(f"guest{n}", "noise", 6, 0) for n in range(9)]
    assert _confirmed(("sleeper", "noise", 900, 0), *others) == []
    assert _confirmed(("sleeper", "noise", 50, 0), *others) != []


def test_an_artist_with_an_audience_is_no_target_of_few():
    audience = ((f"fan{n}", "star", 0, 30) for n in range(40))
    assert _confirmed(*audience, *((f"bot{n}", "star", 200, 0) for n in range(8))) == []


def _week(account: str, aimed: list[int], other: list[int]) -> pl.DataFrame:
    """Plays of one account: so many for its target, and others, on each day."""
    plays = [a + o for a, o in zip(aimed, other, strict=True)]
    return pl.DataFrame({"account_id": account, "day": range(len(plays)), "plays": plays, "aimed": aimed})


def test_who_goes_to_work_every_day_is_dedicated_whatever_it_mixes_in():
    by_day = pl.concat(
        [
            _week("bot", [40] * 6, [50] * 6),
            _week("victim", [0, 60, 0, 60, 60, 0], [9] * 6),
            _week("new", [40] * 3, [0] * 3),
            _week("fan", [2] * 6, [40] * 6),
            _week("listener", [0] * 6, [1] * 6),
        ]
    )
    assert dedicated(by_day, Policy()).to_list() == ["bot"]
