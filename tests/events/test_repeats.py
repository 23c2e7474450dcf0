"""Ids seen before."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.events.repeats import SeenIds


@given(st.lists(st.lists(st.integers(0, 60).map(str), max_size=30), max_size=12))
def test_an_id_is_new_once_however_the_ids_are_divided(batches: list[list[str]]) -> None:
    seen, known = SeenIds(), set[str]()
    for batch in batches:
        expected = []
        for name in batch:
            expected.append(name not in known)
            known.add(name)
        assert seen.first_times(pl.Series(batch, dtype=pl.String)).to_list() == expected


def test_memory_stays_in_few_runs() -> None:
    seen = SeenIds()
    for start in range(0, 20_000, 100):
        seen.first_times(pl.int_range(start, start + 100, eager=True).cast(pl.String))
    assert len(seen._runs) < 12
    assert sum(map(len, seen._runs)) == 20_000
