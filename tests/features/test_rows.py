"""Few events as sequences instead of a frame: the same state and bits, and the same refusals."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.test_splits import EVERYTHING
from tests.features.worlds import plays, same_bits, stream

from ghostnote.errors import GhostnoteError
from ghostnote.features import fold as folding
from ghostnote.features.declaration import count, distinct, total
from ghostnote.features.few import FEW as MOST
from ghostnote.features.fold import Fold
from ghostnote.features.own import Asked, Declared, Own

FEW = (count("account", "1h", "x"), total("ms_played", "account", "24h", "x"), distinct("track", "account", "24h", "x"))
TIME = datetime(2026, 1, 1, tzinfo=UTC)


def columns(frame: pl.DataFrame) -> dict[str, list[Any]]:
    """What somebody would hand over who has these columns: those that nobody knows are not there."""
    return {name: frame[name].to_list() for name in frame.columns if frame.schema[name] != pl.Null}


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["rows", "frame", "columns", "one"])), max_size=8),
    st.sampled_from([0.0, 0.4]),
    st.sampled_from([0.0, 0.5]),
)
def test_every_way_of_handing_over_events_gives_the_same_bits(
    seed: int, cuts: list[tuple[int, str]], late: float, missing: float
) -> None:
    events = stream(seed, 90, late=late, missing=missing)
    fold, whole = Fold(EVERYTHING), Fold(EVERYTHING)
    expected, parts, begin = whole.update(events), [], 0
    for end, way in sorted([*cuts, (events.height, "rows")]):
        part, begin = events[begin:end], max(begin, end)
        if way == "rows":
            parts.append(fold.update_rows(columns(part)))
        elif way == "one":
            parts += [fold.update_one(event)[None] for event in part.iter_rows(named=True)]
        else:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(folding, "_AS_LISTS", 0 if way == "columns" else 128)
                parts.append(fold.update(part))
    assert same_bits(np.concatenate(parts), expected)
    assert fold.late == whole.late


def test_calls_too_large_for_the_room_of_small_ones_change_no_bit() -> None:
    rng = np.random.default_rng(3)
    n = MOST + 77
    events = plays(
        np.sort(rng.random(n) * 3000).tolist(),
        account_id=[f"a{i}" for i in rng.integers(0, 40, n)],
        track_id=[f"t{i}" for i in rng.integers(0, 90, n)],
    )
    expected = Fold(EVERYTHING).update(events)
    assert same_bits(Fold(EVERYTHING).update_rows(columns(events)), expected)
    fold = Fold(EVERYTHING)
    parts = [fold.update_rows(columns(events[:MOST])), fold.update(events[MOST:])]
    assert same_bits(np.concatenate(parts), expected)


def test_times_may_be_an_array_of_microseconds() -> None:
    events = stream(2, 40)
    times = events["event_time"].to_physical().to_numpy()
    given_times = columns(events) | {"event_time": times}
    assert same_bits(Fold(FEW).update_rows(given_times), Fold(FEW).update(events))


def test_columns_that_are_not_named_are_absent_and_others_may_be_more() -> None:
    events = plays([0, 1, 2]).drop("ms_played")
    values = Fold(FEW).update_rows(columns(events) | {"no column of ours": [1.5, None, "x"]})
    assert same_bits(values, Fold(FEW).update(events))
    assert np.isnan(values[:, 1]).all()


def test_a_teams_own_question_about_numbers_is_asked_without_a_frame() -> None:
    between = Asked(name="middling", plural="middling_plays", column="ms_played", at_least=30_000, below=60_000)
    least = Asked(name="long", plural="long_plays", column="duration_ms", at_least=180_000)
    most = Asked(name="brief", plural="brief_plays", column="ms_played", below=1_000)
    features = Own(
        base="none",
        predicate=[between, least, most],
        feature=[Declared(what="share", of=p.name, by="account", over="7d", why="x") for p in (between, least, most)],
    ).features()
    events = stream(9, 100, missing=0.4)
    expected = Fold(features).update(events.with_columns(pl.col("ms_played", "duration_ms").cast(pl.Float64)))
    assert same_bits(Fold(features).update_rows(columns(events)), expected)
    assert np.isfinite(expected).any(axis=0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event_time": [TIME, None]}, "no event_time"),
        ({"event_time": [TIME, 5]}, "no event_time"),
        ({"event_time": [TIME]}, r"Columns have \[1, 2\] events"),
        ({"account_id": ["a", 7]}, "account_id is 7: ids are texts"),
        ({"kind": [None, 7]}, "kind is 7"),
        ({"ms_played": [1, "long"]}, "ms_played is 'long': a whole number"),
        ({"ms_played": [True, 1]}, "ms_played is True: a whole number"),
        ({"ms_played": [1, -(2**63) - 1]}, "ms_played is -9223372036854775809: a whole number"),
        ({"offline": [None, "no"]}, "offline is 'no': it must be of Polars' type Boolean"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_folded(change: dict[str, object], message: str) -> None:
    good = columns(plays([0, 1])) | {"offline": [None, True]}
    fold, fresh = Fold(EVERYTHING), Fold(EVERYTHING)
    with pytest.raises(GhostnoteError, match=message):
        fold.update_rows(good | change)  # type: ignore[arg-type]
    assert same_bits(fold.update_rows(good), fresh.update_rows(good))


def test_no_events_at_all() -> None:
    assert Fold(FEW).update_rows({}).shape == (0, 3)
    assert Fold(FEW).update_rows({"event_time": []}).shape == (0, 3)
