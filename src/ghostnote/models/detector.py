"""The contract that every detector of the table view follows."""

from collections.abc import Mapping
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ghostnote.models.table import Table

Floats = NDArray[np.float64]


class Detector(Protocol):
    """Learns from rows, then says of each row how suspicious it is and why.

    `fit` refuses a target with NaN; `score` is float64 of shape (rows,), higher is more suspicious, and does not
    depend on the order of rows; `explain` is float64 of shape (rows, features) in the order of `names`, each row's
    sum plus `offset` being its score on the scale the detector documents. `state` and `restore` carry the fitted
    detector as plain text files: loading never runs code.
    """

    names: tuple[str, ...]
    offset: float

    def fit(self, table: Table, target: Floats | None = None, weight: Floats | None = None) -> Self: ...

    def score(self, table: Table) -> Floats: ...

    def explain(self, table: Table) -> Floats: ...

    def state(self) -> Mapping[str, str]: ...

    @classmethod
    def restore(cls, files: Mapping[str, str]) -> Self: ...


def checked_target(target: Floats | None, rows: int) -> Floats:
    """`target` as float64 of 0 and 1, one per row and both present; raises ValueError with the reason otherwise."""
    if target is None:
        raise ValueError("this detector learns from labels: give a target")
    values = np.asarray(target, dtype=np.float64)
    if values.shape != (rows,):
        raise ValueError(f"the target has shape {values.shape}, but there are {rows} rows")
    if np.isnan(values).any():
        raise ValueError("the target has missing values: leave those rows out")
    if not np.isin(values, (0.0, 1.0)).all():
        raise ValueError("the target must be 0 or 1")
    if values.min() == values.max():
        raise ValueError("the target has one class only: both fraud and honest rows are needed")
    return values
