"""One event without a frame: the same state and bits; what cannot be used is refused before anything is folded."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.test_splits import EVERYTHING
from tests.features.worlds import plays, same_bits, stream

from ghostnote.errors import GhostnoteError
from ghostnote.features.declaration import count, distinct, total
from ghostnote.features.fold import Fold

FEW = (count("account", "1h", "x"), total("ms_played", "account", "24h", "x"), distinct("track", "account", "24h", "x"))
EVENT = {
    "kind": "play",
    "event_time": datetime(2026, 1, 1, tzinfo=UTC),
    "account_id": "a",
    "track_id": "a track with a long name",
    "ms_played": 40_000,
}


def test_event_by_event_without_frames_changes_no_bit() -> None:
    events = stream(5, 80, late=0.3)
    fold, whole = Fold(EVERYTHING), Fold(EVERYTHING)
    rows = [fold.update_one(event) for event in events.iter_rows(named=True)]
    assert same_bits(np.stack(rows), whole.update(events))
    assert fold.late == whole.late


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 60), max_size=4), st.sampled_from([0.0, 0.4]))
def test_frames_and_single_events_take_turns_on_one_state(seed: int, cuts: list[int], late: float) -> None:
    events = stream(seed, 60, late=late)
    fold, parts, begin, single = Fold(FEW), [], 0, False
    for end in [*sorted(cuts), events.height]:
        part, begin = events[begin:end], end
        if single:
            parts += [fold.update_one(event)[None] for event in part.iter_rows(named=True)]
        else:
            parts.append(fold.update(part))
        single = not single
    assert same_bits(np.concatenate(parts), Fold(FEW).update(events))


def test_a_column_that_is_not_named_is_one_that_nobody_has() -> None:
    events = plays([0, 1]).drop("ms_played")
    fold = Fold(FEW)
    rows = [fold.update_one(event) for event in events.iter_rows(named=True)]
    assert same_bits(np.stack(rows), Fold(FEW).update(events))
    assert np.isnan(rows[0][1])


def test_a_time_without_a_zone_is_utc() -> None:
    fold = Fold(FEW)
    fold.update_one(EVENT)
    naive = EVENT | {"event_time": datetime(2026, 1, 1, 0, 59, 59, 999_999)}  # noqa: DTZ001 (that is what is tested)
    assert fold.update_one(naive)[0] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"event_time": None}, "no event_time"),
        ({"event_time": 5}, "no event_time"),
        ({"account_id": 7}, "account_id is 7: ids are texts"),
        ({"ms_played": "long"}, "ms_played is 'long': a whole number"),
        ({"ms_played": True}, "ms_played is True: a whole number"),
        ({"ms_played": 2**63}, "ms_played is 9223372036854775808: a whole number"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_folded(change: dict[str, object], message: str) -> None:
    fold = Fold(FEW)
    fold.update_one(EVENT)
    with pytest.raises(GhostnoteError, match=message):
        fold.update_one(EVENT | change)
    assert fold.update_one(EVENT).tolist() == Fold(FEW).update(pl.DataFrame([EVENT, EVENT]))[1].tolist()
