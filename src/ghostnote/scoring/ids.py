"""A stream's ids as Categorical: each text is handed to Polars once, which hashes texts in ten times the time."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.features.codes import TextCodes


class Ids:
    """Remembers the ids of all streams so far, column by column."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = defaultdict(_Known)

    def of(self, stream: pl.DataFrame, names: Iterable[str]) -> dict[str, pl.Series]:
        """Those of a stream's columns that it has, as Categorical."""
        return {name: self._known[name].categorical(stream[name]) for name in names if name in stream.columns}


class _Known:
    """The ids of one column, and the number that Polars has for each."""

    def __init__(self) -> None:
        self._codes = TextCodes()
        # As long as somebody holds the categories, their numbers mean the same.
        self._categories = pl.Series([], dtype=pl.Categorical)
        self._numbers: NDArray[np.uint32] = np.zeros(1, dtype=np.uint32)

    def categorical(self, ids: pl.Series) -> pl.Series:
        if ids.dtype == pl.Null:
            return ids.cast(pl.Categorical)
        codes = self._codes.encode(ids)
        if len(self._codes) > len(self._categories):
            self._categories = self._codes.texts().cast(pl.Categorical)
            # The last one stands for null.
            self._numbers = np.append(self._categories.to_physical().to_numpy(), np.uint32(0))
        found = pl.Series(ids.name, self._numbers[codes])
        if ids.null_count():
            found = found.set(pl.Series(codes < 0), None)
        return found.cat.to(pl.Categorical)
