"""Events on their way to a lake: kept as codes by day of arrival, until a day is whole and can be put in order.

Only so do honest people's and attackers' events end up in the same files, in the order of time. What is kept lies on
disk, and a day is kept in spans of time: memory holds one span's codes at a time, however large a world is.
"""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.randomness import Ints
from ghostnote.simulation.rows import DAY, Rows

R = TypeVar("R", bound=Rows)
#: A day since 1970, and a span of it.
Span = tuple[int, int]
_COUNT = 8


class Spool(Generic[R]):
    """Rows of one kind, by day and by one of `spans` equal parts of it. `folder` must exist, and is the spool's own.

    Several threads may add rows at once; a span's rows then come back in another order.
    """

    def __init__(self, kind: type[R], folder: Path, spans: int = 1) -> None:
        self._kind, self._folder, self._spans_a_day = kind, folder, spans
        self._kinds: list[np.dtype[Any]] = []
        self._spans: set[Span] = set()
        self._lock = Lock()

    def add(self, rows: R, arrival: Ints, time: Ints) -> None:
        """Keep rows that arrive at these times (microseconds), for when they happened; late ones come first."""
        if not len(rows):
            return
        day = np.asarray(arrival) // DAY
        earliest = int(day.min())
        part = np.clip((np.asarray(time) - day * DAY) // (DAY // self._spans_a_day), 0, self._spans_a_day - 1)
        # Small numbers are sorted in one pass.
        small = ((day - earliest) * self._spans_a_day + part).astype(np.uint16)
        order = np.argsort(small, kind="stable")
        columns = [np.ascontiguousarray(values)[order] for values in self._columns(rows)]
        ends = np.cumsum(np.bincount(small))
        with self._lock:
            self._kinds = [column.dtype for column in columns]
            for place in np.unique(small).tolist():
                begin, end = (int(ends[place - 1]) if place else 0), int(ends[place])
                self._append((earliest + place // self._spans_a_day, place % self._spans_a_day), columns, begin, end)

    def spans(self) -> tuple[Span, ...]:
        """Days since 1970 and parts of them in which anything is kept, in the order of time."""
        return tuple(sorted(self._spans))

    def take(self, span: Span) -> R:
        """The rows of one span, which the spool forgets."""
        path = self._file(span)
        packed = path.read_bytes()
        path.unlink()
        self._spans.discard(span)
        parts: list[list[npt.NDArray[Any]]] = [[] for _ in self._kinds]
        at = 0
        while at < len(packed):
            count = int.from_bytes(packed[at : at + _COUNT], "little")
            at += _COUNT
            for column, kind in zip(parts, self._kinds, strict=True):
                column.append(np.frombuffer(packed, kind, count, at))
                at += count * kind.itemsize
        names = (field.name for field in fields(self._kind))
        return self._kind(**{name: np.concatenate(column) for name, column in zip(names, parts, strict=True)})

    def _append(self, span: Span, columns: Sequence[npt.NDArray[Any]], begin: int, end: int) -> None:
        self._spans.add(span)
        with self._file(span).open("ab") as file:
            file.write((end - begin).to_bytes(_COUNT, "little"))
            file.writelines(column[begin:end].view(np.uint8).data for column in columns)

    def _columns(self, rows: R) -> list[npt.NDArray[Any]]:
        return [getattr(rows, field.name) for field in fields(self._kind)]

    def _file(self, span: Span) -> Path:
        day, part = span
        return self._folder / f"{self._kind.__name__}-{day}-{part}.bin"
