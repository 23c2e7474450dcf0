"""The table view: rows of named float features, what every table detector is given."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """`values` is float32 of shape (rows, len(names)); NaN means missing. Row order carries no meaning."""

    names: tuple[str, ...]
    values: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ValueError(f"values has shape {self.values.shape}, but there are {len(self.names)} names")
        if len(set(self.names)) != len(self.names):
            raise ValueError("two columns have the same name")

    def __len__(self) -> int:
        return int(self.values.shape[0])

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature's values, shape (rows,)."""
        return self.values[:, self.names.index(name)]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> "Table":
        """The chosen rows, by mask or by index."""
        return Table(self.names, self.values[rows])

    def aligned(self, names: Sequence[str]) -> "Table":
        """The columns `names`, in that order; a column that is not here is missing in every row."""
        if tuple(names) == self.names:
            return self
        place = {name: column for column, name in enumerate(self.names)}
        values = np.full((len(self), len(names)), np.nan, dtype=np.float32)
        for target, name in enumerate(names):
            if name in place:
                values[:, target] = self.values[:, place[name]]
        return Table(tuple(names), values)
