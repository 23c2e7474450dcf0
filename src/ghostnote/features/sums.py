"""Compiled sums of features by group, in one walk over the rows: missing values are left out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.compiling import lean

Array = np.ndarray[Any, Any]


@lean
def add_known(values: Array, rows: Array, groups: Array, columns: Array, sums: Array, counts: Array) -> None:
    """Add `values[row, columns]` to the row's group, and one to the counts of those that are no NaN.

    values: (n, features) float32. rows: (m,) int64, which of them, in the order in which they are added up. groups:
    (m,) int32, one for each of these rows; below 0: left out. columns: (c,) int64. sums, counts: (groups, c), float64
    and int64, changed in place.
    """
    for i in range(rows.size):
        group = groups[i]
        if group < 0:
            continue
        for j in range(columns.size):
            value = values[rows[i], columns[j]]
            if not np.isnan(value):
                sums[group, j] += np.float64(value)
                counts[group, j] += 1


def means(sums: Array, counts: Array) -> NDArray[np.float32]:
    """What was added up, divided by how much of it was known; NaN where nothing was. float32, of the same shape."""
    divided: NDArray[np.float64] = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return divided.astype(np.float32)
