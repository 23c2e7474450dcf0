"""The contract that every detector follows, whatever view of the events it is given."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: What a detector looks at: rows of features (`models.table`), rows of plays (`models.tokens`) or who touched what
#: (`models.edges`).
ViewName = Literal["table", "tokens", "edges"]
#: What the parts of an explanation, with `offset`, sum to.
Scale = Literal["score", "log-odds"]
View_contra = TypeVar("View_contra", contravariant=True)


class Detector(Protocol[View_contra]):
    """Learns from rows, then says of each row how suspicious it is and why.

    `view` names what it looks at. `fit` learns from labels where it needs them (`learns_labels`) and then refuses a
    target with NaN or of one class; without need it does not look at them, or can do without. `score` is float64 of
    shape (rows,), higher is more suspicious, and does not depend on the order of rows. `explain` is float64 of shape
    (rows, len(names)), each row's sum plus `offset` being its score on the scale `explains`. What is missing, absent or
    was never met is no error. `state` and `restore` carry the fitted detector as text, or as bytes that are data alone:
    loading never runs code. A suite of tests finds every detector and holds it to this.
    """

    view: ClassVar[ViewName]
    explains: ClassVar[Scale]
    learns_labels: ClassVar[bool]

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def offset(self) -> float: ...

    def fit(self, rows: View_contra, target: Floats | None = None, weight: Floats | None = None) -> Self: ...

    def score(self, rows: View_contra) -> Floats: ...

    def explain(self, rows: View_contra) -> Floats: ...

    def state(self) -> Mapping[str, str | bytes]: ...

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
