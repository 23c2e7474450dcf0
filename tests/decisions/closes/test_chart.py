"""Ranks, and what held streams could still change of them."""

from itertools import product

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.decisions.closes.chart import WORLD, chart, unsettled
from ghostnote.decisions.closes.counting import COUNTS


def counts(rows: list[tuple[str, str | None, int, int, int]]) -> pl.DataFrame:
    """Rows of track, country, streams in all, of them held, of them excluded."""
    return pl.DataFrame(
        [
            {
                "track_id": track,
                "country": country,
                "plays": streams,
                "held": held,
                "excluded": excluded,
                "streams": streams,
                "streams_held": held,
                "streams_excluded": excluded,
            }
            for track, country, streams, held, excluded in rows
        ],
        schema=COUNTS,
    )


def test_streams_that_do_not_count_are_not_ranked() -> None:
    table = chart(counts([("a", "SE", 100, 0, 90), ("b", "SE", 50, 0, 0)]), 10).filter(country=WORLD)
    assert table.select("rank", "track_id", "streams").rows() == [(1, "b", 50), (2, "a", 10)]


def test_a_country_has_a_chart_of_its_own_and_unknown_ones_count_for_the_world() -> None:
    table = chart(counts([("a", "SE", 10, 0, 0), ("b", None, 30, 0, 0), ("b", "NO", 1, 0, 0)]), 10)
    found = table.select("country", "track_id", "streams").rows()
    assert found == [(WORLD, "b", 31), (WORLD, "a", 10), ("NO", "b", 1), ("SE", "a", 10)]


def test_held_streams_that_could_change_the_order_are_watched() -> None:
    table = chart(counts([("a", "SE", 10, 0, 0), ("b", "SE", 12, 5, 0), ("c", "SE", 3, 1, 0)]), 2)
    world = table.filter(country=WORLD)
    assert world.select("track_id", "rank", "rank_best", "rank_worst", "under_watch").rows() == [
        ("a", 1, 1, 2, True),
        ("b", 2, 1, 2, True),
    ]
    assert unsettled(table, 2).filter(country=WORLD).height == 2


def test_held_streams_that_could_not_change_it_are_not() -> None:
    table = chart(counts([("a", "SE", 10, 1, 0), ("b", "SE", 5, 1, 0)]), 2)
    assert not table["under_watch"].any()


@given(rows=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=5))
@settings(max_examples=60)
def test_ranks_are_bounded_by_all_ways_in_which_held_streams_can_be_decided(rows: list[tuple[int, int, int]]) -> None:
    made = [(f"t{place}", "SE", streams + held + out, held, out) for place, (streams, held, out) in enumerate(rows)]
    table = chart(counts(made), 10).filter(country="SE")
    held = [row[3] for row in made]
    clean = [row[2] - row[3] - row[4] for row in made]
    seen: dict[str, set[int]] = {}
    for counted in product(*({0, some} for some in held)):
        totals = [streams + more for streams, more in zip(clean, counted, strict=True)]
        for place, mine in enumerate(totals):
            seen.setdefault(f"t{place}", set()).add(1 + sum(other > mine for other in totals))
    for row in table.iter_rows(named=True):
        assert row["rank_best"] == min(seen[row["track_id"]])
        assert row["rank_worst"] == max(seen[row["track_id"]])
        assert row["rank"] in seen[row["track_id"]]
