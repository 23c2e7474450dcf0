"""Online equals offline: any split, any restart, any grouping into partitions gives the same bits."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.test_meaning import OTHERS
from tests.features.worlds import plays, same_bits, stream

from ghostnote.features import fold as folding
from ghostnote.features import threads
from ghostnote.features.catalog import CATALOG
from ghostnote.features.fold import Fold
from ghostnote.features.keys import KEYS

EVERYTHING = (*CATALOG, *OTHERS)
_streams = st.builds(
    stream,
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 120),
    days=st.sampled_from([0.05, 0.5, 3, 12, 40]),
    late=st.sampled_from([0.0, 0.1, 0.5]),
    missing=st.sampled_from([0.0, 0.1, 0.6]),
)
_cuts = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=6)


@settings(max_examples=40, deadline=None)
@given(_streams, _cuts)
def test_splits_and_restarts_change_no_bit(events: pl.DataFrame, cuts: list[tuple[float, bool]]) -> None:
    whole = Fold(EVERYTHING)
    expected = whole.update(events)
    fold, parts, begin = Fold(EVERYTHING), [], 0
    with TemporaryDirectory() as folder:
        for place, restart in sorted(cuts):
            end = round(place * events.height)
            parts.append(fold.update(events[begin:end]))
            begin = end
            if restart:
                fold.snapshot(Path(folder, "snapshot"))
                fold = Fold(EVERYTHING)
                fold.restore(Path(folder, "snapshot"))
        parts.append(fold.update(events[begin:]))
    assert same_bits(np.concatenate(parts), expected)
    assert fold.late == whole.late


def test_event_by_event_changes_no_bit() -> None:
    events = stream(5, 150, late=0.3)
    fold = Fold(EVERYTHING)
    one_by_one = np.concatenate([fold.update(events[i]) for i in range(events.height)])
    assert same_bits(one_by_one, Fold(EVERYTHING).update(events))


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_the_size_of_a_pass_changes_no_bit(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    events = stream(6, 150, late=0.3)
    expected = Fold(EVERYTHING).update(events)
    monkeypatch.setattr(folding, "ROWS_PER_PASS", rows)
    assert same_bits(Fold(EVERYTHING).update(events), expected)


@settings(max_examples=15, deadline=None)
@given(_streams, st.integers(1, 4))
def test_partitions_by_account_change_no_bit(events: pl.DataFrame, partitions: int) -> None:
    features = [f for f in EVERYTHING if KEYS[f.by].columns[0] == "account_id"]
    expected = Fold(features).update(events)
    partition = events["account_id"].str.slice(1).cast(pl.Int64) % partitions
    for number in range(partitions):
        mask = partition == number
        assert same_bits(Fold(features).update(events.filter(mask)), expected[mask.to_numpy()])


def test_memory_grows_without_changing_a_bit() -> None:
    # Thousands of keys and one that is busy: heads, logs, tables and tallies all grow, and shrink as windows move on.
    rng = np.random.default_rng(7)
    n = 6000
    events = plays(
        np.sort(rng.random(n) * 3 * 24 * 60).tolist(),
        account_id=[f"a{i}" if i else "busy" for i in rng.integers(0, 2, n) * rng.integers(1, 3000, n)],
        track_id=[f"t{i}" for i in rng.integers(0, 1500, n)],
        ip=[f"10.0.{i % 7}.{i % 250}" for i in rng.integers(0, 5000, n)],
        ms_played=rng.integers(0, 400_000, n).tolist(),
    )
    fold = Fold(EVERYTHING)
    parts = [fold.update(part) for part in events.iter_slices(997)]
    assert same_bits(np.concatenate(parts), Fold(EVERYTHING).update(events))
    assert fold.bytes > 0


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    events = stream(8, 300, late=0.2)
    expected = Fold(EVERYTHING).update(events)
    monkeypatch.setattr(threads, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    for _ in range(3):
        assert same_bits(Fold(EVERYTHING).update(events), expected)
