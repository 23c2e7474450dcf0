"""The sequence view says what is in it, and refuses what is no sequence."""

import numpy as np
import pytest

from ghostnote.models.tokens import TokenRows

CHANNELS = {"source": 4, "gap": 3}


def rows(*plays: list[tuple[int, int]]) -> TokenRows:
    """Rows of three places, each with these plays, padded in front."""
    values = np.zeros((len(plays), 3, 2), dtype=np.uint8)
    for row, own in enumerate(plays):
        if own:
            values[row, 3 - len(own) :] = own
    return TokenRows(CHANNELS, values)


def test_says_which_places_hold_a_play() -> None:
    view = rows([], [(1, 0), (0, 2)])
    assert (len(view), view.length) == (2, 3)
    assert view.known.tolist() == [[False, False, False], [False, True, True]]


def test_takes_rows_by_mask_and_by_index() -> None:
    view = rows([(1, 1)], [(2, 1)], [(3, 1)])
    assert view.take(np.array([True, False, True])).values[:, 2, 0].tolist() == [1, 3]
    assert view.take(np.array([2, 0])).values[:, 2, 0].tolist() == [3, 1]
    assert view.take(np.array([2])).channels == CHANNELS


def test_the_last_plays_are_cut_from_more_and_padded_from_fewer() -> None:
    view = rows([(1, 1), (2, 1), (3, 1)])
    assert view.last(2).values[0, :, 0].tolist() == [2, 3]
    assert view.last(5).values[0, :, 0].tolist() == [0, 0, 1, 2, 3]
    assert view.last(3).values.tolist() == view.values.tolist()


def test_channels_are_found_by_name_and_what_is_not_there_is_unknown() -> None:
    view = rows([(3, 1), (1, 2)]).aligned({"gap": 3, "hour": 25, "source": 2})
    assert view.values[0].tolist() == [[0, 0, 0], [1, 0, 0], [2, 0, 1]]
    same = rows([(1, 1)])
    assert same.aligned(CHANNELS) is same


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros((1, 3, 2), dtype=np.int64), "uint8"),
        (np.zeros((1, 3), dtype=np.uint8), "2 channels"),
        (np.zeros((1, 3, 3), dtype=np.uint8), "2 channels"),
        (np.full((1, 3, 2), 3, dtype=np.uint8), "channel gap has 3 values, but 3"),
    ],
)
def test_what_is_no_sequence_is_refused(values: np.ndarray, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TokenRows(CHANNELS, values)
