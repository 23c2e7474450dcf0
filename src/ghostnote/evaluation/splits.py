"""Ways to keep what a model is judged on apart from what it is fitted on."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

import numpy as np
from numpy.typing import NDArray

#: Share of the days that are trained on if nobody says until when.
_TRAINED = 4 / 7


def usual_as_of(days: Sequence[date]) -> datetime:
    """The end of the last of `days` (in order, one at least) that is trained on, where the others are judged.

    >>> usual_as_of([date(2026, 3, day) for day in range(2, 16)]).date()
    datetime.date(2026, 3, 9)
    """
    return end_of(days[max(1, round(len(days) * _TRAINED)) - 1])


def end_of(day: date) -> datetime:
    """The last moment (UTC) of a day."""
    return datetime.combine(day, time.max, tzinfo=UTC)


def fold_of(subjects: Iterable[str], folds: int, salt: str = "") -> NDArray[np.int64]:
    """The fold 0..folds-1 of each subject: a function of its id alone, so all its rows fall together, always.

    >>> fold_of(["ada", "bob", "ada"], 3).tolist()
    [2, 1, 2]
    """

    def number(subject: str) -> int:
        return int.from_bytes(hashlib.blake2b((salt + subject).encode(), digest_size=8).digest(), "big")

    return np.fromiter((number(subject) % folds for subject in subjects), dtype=np.int64)
