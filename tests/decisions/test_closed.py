"""A circle of suspicious accounts that alone listen to the same obscure artists; taste makes none."""

from datetime import date

import numpy as np
import polars as pl

from ghostnote.decisions.closed import closed_groups, leaning
from ghostnote.decisions.ties import shares

BOTS = [f"b{n:02}" for n in range(30)]
CROWD = [f"p{n:03}" for n in range(570)]
Row = tuple[str, str, str, int]


def _crowd() -> list[Row]:
    random = np.random.default_rng(1)
    return [(account, "artist_id", f"hit{n}", 3) for account in CROWD for n in random.choice(80, 20, replace=False)]


def _circle(accounts: list[str], artists: int = 24, each: int = 8, kind: str = "artist_id") -> list[Row]:
    """Each plays some of the same obscure artists once, and twenty hits four times."""
    random = np.random.default_rng(2)
    rows = [(one, kind, f"x{n}", 1) for one in accounts for n in random.choice(artists, each, replace=False)]
    return rows + [(one, "artist_id", f"hit{n}", 4) for one in accounts for n in random.choice(80, 20, replace=False)]


def _found(rows: list[Row], suspicious: list[str] = BOTS) -> list[tuple[str, ...]]:
    links = shares(pl.DataFrame(rows, schema=["account_id", "kind", "key", "events"], orient="row"))
    return [one.accounts for one in closed_groups(suspicious, links)]


def test_a_circle_is_found_although_it_plays_mostly_hits() -> None:
    assert _found([*_crowd(), *_circle(BOTS)]) == [tuple(BOTS)]


def test_the_order_of_links_does_not_matter() -> None:
    rows = [*_crowd(), *_circle(BOTS)]
    assert _found(rows[::-1]) == _found(rows)


def test_owners_do_where_each_artist_has_too_few_listeners() -> None:
    rows = [(bot, "artist_id", f"{bot}-{n}", 1) for bot in BOTS for n in range(8)]
    assert _found([*_crowd(), *rows, *_circle(BOTS, 4, 2, "owner_id")]) == [tuple(BOTS)]


def test_who_is_not_suspicious_joins() -> None:
    links = shares(
        pl.DataFrame([*_crowd(), *_circle(BOTS)], schema=["account_id", "kind", "key", "events"], orient="row")
    )
    (one,) = closed_groups(BOTS[:24], links)
    assert one.accounts == tuple(BOTS[:24])
    assert set(one.joined) <= set(BOTS[24:])
    assert one.in_lockstep
    assert one.lockstep is not None
    assert f"{len(one.everybody)} accounts play" in one.lockstep


def test_the_same_circle_of_people_whose_days_say_nothing_is_none() -> None:
    others = CROWD[:30]
    assert _found([*_crowd(), *_circle(BOTS)], others) == []
    assert _found([*_crowd(), *_circle(BOTS)], []) == []


def test_an_open_audience_is_none() -> None:
    # As many people as bots came by each artist once: half of its listeners are nobody's.
    random = np.random.default_rng(3)
    passing = [(one, "artist_id", f"x{n}", 1) for n in range(24) for one in random.choice(CROWD, 12, replace=False)]
    assert _found([*_crowd(), *_circle(BOTS), *passing]) == []


def test_a_few_artists_are_none() -> None:
    # Fans of one act and its friends: all of them know the same seven.
    assert _found([*_crowd(), *_circle(BOTS, artists=7, each=5)]) == []


def test_a_household_is_none() -> None:
    home = BOTS[:6]
    assert _found([*_crowd(), *_circle(home, each=20)], home) == []


def test_the_most_suspicious_are_at_most_a_twentieth_and_have_something_against_them() -> None:
    def days(ratios: list[float]) -> pl.DataFrame:
        named = [f"a{n:03}" for n in range(len(ratios))]
        rows = {"account_id": named * 2, "day": [date(2026, 3, 2)] * len(ratios) + [date(2026, 3, 3)] * len(ratios)}
        return pl.DataFrame(rows | {"ratio": pl.Series([-4.0] * len(ratios) + ratios, dtype=pl.Float64)})

    assert leaning(days([float(n) for n in range(100)])) == [f"a{n:03}" for n in range(95, 100)]
    assert leaning(days([-4.7] * 99 + [1.0])) == ["a099"]
    assert leaning(days([-4.7] * 100)) == []
    assert leaning(days([])) == []
