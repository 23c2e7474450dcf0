"""Rows of whole numbers, sorted by all of their columns."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_BITS = 64


def sort_rows(*columns: Array) -> tuple[Array, ...]:
    """`columns`, (n,) each and nowhere negative, with their rows sorted by the first, then the second, and so on.

    One sort of whole numbers that hold a row each, if 64 bits do: a tenth of what sorting places and looking rows up
    in every column takes.
    """
    widths = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(widths) > _BITS or not all(_whole(column) for column in columns):
        order = np.lexsort(columns[::-1])
        return tuple(column[order] for column in columns)
    packed = np.zeros(len(columns[0]), dtype=np.uint64)
    for column, width in zip(columns, widths, strict=True):
        packed <<= np.uint64(width)
        packed |= column.astype(np.uint64)
    packed.sort()
    parts = []
    for column, width in zip(columns[::-1], widths[::-1], strict=True):
        parts.append((packed & np.uint64((1 << width) - 1)).astype(column.dtype))
        packed >>= np.uint64(width)
    return tuple(parts[::-1])


def _whole(column: Array) -> bool:
    return column.dtype.kind in "iu" or np.array_equal(column, np.rint(column))
