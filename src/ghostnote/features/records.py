"""Where arrays are, written down for compiled code: one number to hand over instead of dozens of arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def address(array: Array) -> int:
    """Where an array's memory begins."""
    return int(array.__array_interface__["data"][0])


class Record:
    """Three numbers for each of some arrays: its address, rows and columns (1 if it has one dimension).

    `at` is the record's own address. The arrays are kept as long as the record; whoever replaces or resizes one puts it
    again. Arrays must be contiguous, row by row.
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        self.arrays = list(arrays)
        self.numbers = np.zeros(3 * len(arrays), dtype=np.int64)
        self.at = address(self.numbers)
        for field, array in enumerate(arrays):
            self.put(field, array)

    def put(self, field: int, array: Array) -> None:
        """Write down where an array is."""
        assert array.flags.c_contiguous
        self.arrays[field] = array
        columns = array.shape[1] if array.ndim == 2 else 1
        self.numbers[3 * field : 3 * field + 3] = address(array), array.shape[0], columns
