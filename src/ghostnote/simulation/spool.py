"""Events on their way to a lake: kept as codes by day of arrival, until a day is whole and can be put in order.

Only so do honest people's and attackers' events end up in the same files, in the order of time. What is kept lies on
disk, so memory holds one day's codes at a time, however long a world lasts.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.rows import DAY, Rows

R = TypeVar("R", bound=Rows)


class Spool(Generic[R]):
    """Rows of one kind, by day. `folder` must exist, and is the spool's own."""

    def __init__(self, kind: type[R], folder: Path) -> None:
        self._kind, self._folder = kind, folder
        self._dtype: np.dtype[Any] | None = None
        self._days: set[int] = set()

    def add(self, rows: R, arrival: Ints) -> None:
        """Keep rows that arrive at these times (microseconds), after those kept before."""
        if not len(rows):
            return
        packed = self._pack(rows)
        day = np.asarray(arrival) // DAY
        earliest = int(day.min())
        # Small numbers are sorted in one pass.
        small = (day - earliest).astype(np.uint16)
        order = np.argsort(small, kind="stable")
        counts = np.bincount(small)
        parts = np.split(_moved(packed, order), np.cumsum(counts)[:-1])
        for number, part in enumerate(parts, start=earliest):
            if not part.size:
                continue
            self._days.add(number)
            with self._file(number).open("ab") as file:
                part.tofile(file)

    def days(self) -> tuple[int, ...]:
        """Days since 1970 on which anything arrived."""
        return tuple(sorted(self._days))

    def take(self, day: int) -> npt.NDArray[Any]:
        """The rows of one day as records, in the order in which they were added; the spool forgets them."""
        assert self._dtype is not None
        path = self._file(day)
        packed = np.fromfile(path, dtype=self._dtype)
        path.unlink()
        self._days.discard(day)
        return packed

    def rows(self, packed: npt.NDArray[Any], places: npt.NDArray[np.int64]) -> R:
        """The records at some places as rows."""
        moved = _moved(packed, places).view(packed.dtype).reshape(places.size)
        return self._kind(**{name: np.ascontiguousarray(moved[name]) for name in self._names()})

    def _pack(self, rows: R) -> npt.NDArray[Any]:
        if self._dtype is None:
            self._dtype = np.dtype([(name, getattr(rows, name).dtype) for name in self._names()])
        packed = np.empty(len(rows), dtype=self._dtype)
        for name in self._names():
            packed[name] = getattr(rows, name)
        return packed

    def _names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self._kind))

    def _file(self, day: int) -> Path:
        return self._folder / f"{self._kind.__name__}-{day}.bin"


def _moved(packed: npt.NDArray[Any], places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Records at some places, as bytes: numpy moves fields one by one otherwise, ten times slower."""
    return np.take(packed.view(np.uint8).reshape(packed.size, -1), places, axis=0)


def slices(order: npt.NDArray[np.int64], most: int) -> Iterator[npt.NDArray[np.int64]]:
    """`order` in equal parts of at most `most`."""
    parts = max(1, -(-order.size // most))
    yield from np.array_split(order, parts)
