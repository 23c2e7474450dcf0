"""What compiled code reads of one call's events, and where a call's matrices are.

Few events use the same memory again and again, so that nothing need be made or written down anew for each call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ghostnote.features.columns import Columns, Rows
from ghostnote.features.grouping import CALL_COUNT, Room
from ghostnote.features.keys import Item
from ghostnote.features.plan import KindPlan
from ghostnote.features.records import Array, Record


@dataclass(frozen=True)
class Shape:
    """The rows of a call's matrices: `codes` are id columns, then pairs of them, then numbers of items.

    `words` is how many words of answers an event has (`facts`).
    """

    ids: tuple[str, ...]
    pairs: tuple[str, ...]
    numbers: tuple[Item, ...]
    values: tuple[str, ...]
    words: int

    def of_item(self, item: Item) -> int:
        """The row of codes that has an item."""
        if item.number is None:
            return self.ids.index(item.column)
        return len(self.ids) + len(self.pairs) + self.numbers.index(item)

    def of_key(self, plan: KindPlan) -> int:
        """The row of codes that has a kind's keys."""
        if len(plan.key.columns) == 1:
            return self.ids.index(plan.key.columns[0])
        return len(self.ids) + self.pairs.index(plan.key.name)

    def reads(self, plan: KindPlan, needs: Sequence[Sequence[int]]) -> Record:
        """The record of what a kind of key reads of a call; `needs` are the bits of words for each of its own."""
        return Record(
            (
                np.array([self.of_key(plan)], dtype=np.int64),
                np.array(needs, dtype=np.int64).reshape(len(needs), self.words),
                np.array([self.values.index(name) for name in plan.values], dtype=np.int64),
                np.array([self.of_item(item) for item in plan.items], dtype=np.int64),
            )
        )


class Call:
    """Matrices with a place for each event, and the record of them that `grouping.arrange` reads."""

    def __init__(self, shape: Shape, rows: int) -> None:
        self.shape = shape
        height = len(shape.ids) + len(shape.pairs) + len(shape.numbers)
        self.codes = np.empty((height, rows), dtype=np.int32)
        self.times = np.empty(rows, dtype=np.int64)
        self.words = np.zeros((shape.words, rows), dtype=np.int64)
        self.values = np.empty((len(shape.values), rows), dtype=np.int64)
        self.waters = np.empty(rows, dtype=np.int64)
        self.late = np.zeros(rows, dtype=np.uint8)
        self.height = rows
        # Of the first only the size is read: how many events there are.
        self.record = Record((self.times, self.codes, self.times, self.words, self.values))

    def begin(self, rows: int) -> None:
        """Take a call of so many events."""
        if self.height:
            self.words[:, : self.height] = 0
            self.late[: self.height] = 0
        self.height = rows
        self.record.numbers[3 * CALL_COUNT + 1] = rows

    def take(self, columns: Columns | Rows, waters: Array) -> None:
        """Take times, values and items that are numbers; codes of ids and pairs are there."""
        rows = self.height
        self.times[:rows] = columns.numbers("event_time")
        self.waters[:rows] = waters
        for row, name in enumerate(self.shape.values):
            self.values[row, :rows] = columns.numbers(name)
        first = len(self.shape.ids) + len(self.shape.pairs)
        for row, item in enumerate(self.shape.numbers, first):
            self.codes[row, :rows] = _numbers(columns, item)

    def ids(self) -> Mapping[str, Array]:
        """The codes of ids."""
        return {name: self.codes[row, : self.height] for row, name in enumerate(self.shape.ids)}

    def room(self, plan: KindPlan, out: Array) -> Room:
        """Room for all events of one kind of key; `out` is where features go."""
        return Room(len(plan.values), len(plan.items), self.waters, out, self.late)


def _numbers(columns: Columns | Rows, item: Item) -> Array | int:
    """An item's numbers, (n,), or that of the one event; -1 where it is unknown."""
    assert item.number is not None
    if columns.height == 1 and item.worked_out and isinstance(columns, Rows) and columns.whole(item.read):
        # NumPy takes longer for one number than Python does.
        number: int = item.worked_out(columns.numbers(item.read).item())
        return number if columns.value(item.read) is not None else -1
    if item.worked_out and (item.read == "event_time" or columns.whole(item.read)):
        known = columns.known(item.read)
        numbers: Array = item.worked_out(columns.numbers(item.read))
        return numbers if known is None else np.where(known, numbers, -1)
    asked = item.number.cast(pl.Int32).fill_null(-1).alias(item.name)
    return columns.completed.select(asked)[item.name].to_numpy()
