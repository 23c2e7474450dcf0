"""Sequences of plays as tokens: what each says, and the same however the stream is split."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.worlds import plays, stream

from ghostnote.errors import GhostnoteError
from ghostnote.features.fold import Fold
from ghostnote.features.sequences import CHANNELS, GAPS_S, LENGTHS_MS, TOKEN_FEATURES, Sequences, tokens


def told(events: pl.DataFrame) -> dict[str, list[int]]:
    _, found = tokens(events, Fold(TOKEN_FEATURES).update(events))
    return {name: found[:, place].tolist() for place, name in enumerate(CHANNELS)}


def test_what_tokens_say() -> None:
    events = plays(
        [0, 1, 4, 100],
        track_id=["t", "t", "u", "t"],
        owner_id=["o", "o", "o", None],
        ms_played=[30_000, None, 180_000, 500],
        duration_ms=[60_000, 60_000, 180_000, 60_000],
        source=["playlist", "search", None, "unheard of"],
        end_reason=["trackdone", "fwdbtn", None, "logout"],
    )
    found = told(events)
    assert found["popularity"] == [1, 2, 1, 2]
    assert found["novelty"] == [1, 2, 1, 2]
    assert found["owner"] == [1, 2, 2, 0]
    assert found["source"] == [1, 4, 0, 0]
    assert found["gap"] == [0, GAPS_S.index(60) + 1, GAPS_S.index(180) + 1, GAPS_S.index(3600) + 1]
    assert found["length"] == [LENGTHS_MS.index(30_000) + 1, 0, LENGTHS_MS.index(180_000) + 1, 1]
    assert found["completion"] == [6, 0, 11, 1]
    assert found["end"] == [1, 2, 0, 3]
    assert found["hour"] == [1, 1, 1, 2]


def test_no_token_is_outside_its_channel_and_only_plays_have_one() -> None:
    events = stream(3, 300)
    rows, found = tokens(events, Fold(TOKEN_FEATURES).update(events))
    assert (found < np.array(list(CHANNELS.values()))).all()
    assert set(events["kind"].gather(rows)) == {"play"}
    assert found.any(axis=0).all()


def test_columns_that_nobody_has_are_unknown() -> None:
    found = told(plays([0, 1]).drop("ms_played", "source", "end_reason", "duration_ms"))
    assert found["length"] == found["source"] == found["end"] == found["completion"] == [0, 0]
    assert found["novelty"] == [1, 2]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.lists(st.floats(0, 1), max_size=5), st.integers(1, 9))
def test_splits_and_restarts_change_nothing(seed: int, cuts: list[float], length: int) -> None:
    events = stream(seed, 120, late=0.2)
    whole = Sequences(length)
    whole.update(events, Fold(TOKEN_FEATURES).update(events))
    fold, parts, begin = Fold(TOKEN_FEATURES), Sequences(length), 0
    for end in [*sorted(round(cut * events.height) for cut in cuts), events.height]:
        part = events[begin:end]
        parts.update(part, fold.update(part))
        parts = Sequences.from_arrays(parts.to_arrays())
        begin = end
    accounts = pl.Series(["a0", "a1", "a2", "a3", "nobody"])
    for ours, theirs in ((parts.last(accounts), whole.last(accounts)),):
        assert np.array_equal(ours.tokens, theirs.tokens)
        assert np.array_equal(ours.known, theirs.known)
        assert np.array_equal(ours.seen, theirs.seen)
    assert whole.last(accounts).seen[4] == 0


def test_the_last_plays_are_kept_oldest_first() -> None:
    events = plays(list(range(5)), account_id=["a", "a", "b", "a", "a"], track_id=["t", "u", "t", "t", "v"])
    values = Fold(TOKEN_FEATURES).update(events)
    _, every = tokens(events, values)
    sequences = Sequences(3)
    sequences.update(events, values)
    last = sequences.last(pl.Series(["b", "a", "c"]))
    assert last.known.tolist() == [1, 3, 0]
    assert last.seen.tolist() == [1, 4, 0]
    assert np.array_equal(last.tokens[1], every[[1, 3, 4]])
    assert np.array_equal(last.tokens[0], np.vstack([np.zeros((2, len(CHANNELS))), every[[2]]]))
    assert not last.tokens[2].any()


def test_other_values_are_refused() -> None:
    with pytest.raises(GhostnoteError, match="TOKEN_FEATURES"):
        tokens(plays([0]), np.zeros((1, 3), dtype=np.float32))
    with pytest.raises(ValueError, match="at least one"):
        Sequences(0)
