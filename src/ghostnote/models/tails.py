"""An unsupervised detector: how far out in the tails of the crowd a row lies, feature by feature."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import msgspec
import numpy as np

from ghostnote.models.detector import Floats, Scale, ViewName
from ghostnote.models.table import Table

#: Grid on which a feature's distribution is kept: dense at both ends, where the evidence is.
_GRID = np.unique(
    np.concatenate([np.logspace(-5, -1, 33), np.linspace(0.1, 0.9, 33), 1 - np.logspace(-5, -1, 33), [0.0, 1.0]])
)


class _State(msgspec.Struct, forbid_unknown_fields=True):
    names: tuple[str, ...]
    directions: tuple[int, ...]
    quantiles: list[list[float]]
    shares: list[list[float]]
    keep: int


@dataclass
class Tails:
    """Sum of `-log10` tail probabilities over the `keep` most surprising features; needs no labels.

    Only tails that are suspicious by reason count: `directions` gives +1 (the upper), -1 (the lower) per feature;
    features without a direction are ignored. A missing value says nothing. After ECOD (Li et al., 2022), which sums
    over all features; summing the few largest keeps one honest oddity in many harmless features from adding up.
    """

    view: ClassVar[ViewName] = "table"
    explains: ClassVar[Scale] = "score"
    learns_labels: ClassVar[bool] = False

    directions: Mapping[str, int] = field(default_factory=dict)
    keep: int = 4
    names: tuple[str, ...] = ()
    offset: float = 0.0
    _quantiles: list[Floats] = field(default_factory=list)
    _shares: list[Floats] = field(default_factory=list)

    def fit(self, table: Table, target: Floats | None = None, weight: Floats | None = None) -> Self:
        """Learn each feature's distribution. The target, if given, is not looked at."""
        self.names = tuple(n for n in table.names if self.directions.get(n) and not np.isnan(table.column(n)).all())
        self._quantiles, self._shares = [], []
        for name in self.names:
            values = np.sort(table.column(name)[~np.isnan(table.column(name))].astype(np.float64))
            grid = np.unique(np.quantile(values, _GRID, method="nearest"))
            if self.directions[name] > 0:
                count = len(values) - np.searchsorted(values, grid, side="left")
            else:
                count = np.searchsorted(values, grid, side="right")
            self._quantiles.append(grid)
            self._shares.append(np.asarray((count + 1.0) / (len(values) + 1.0), dtype=np.float64))
        return self

    def score(self, table: Table) -> Floats:
        """Surprise, float64, shape (rows,): powers of ten, summed over the few features that are furthest out."""
        return np.asarray(self.explain(table).sum(axis=1), dtype=np.float64)

    def explain(self, table: Table) -> Floats:
        """Each feature's part of the score, shape (rows, features); they sum to it."""
        rows = table.aligned(self.names)
        parts = np.zeros((len(rows), len(self.names)))
        for column, (grid, share) in enumerate(zip(self._quantiles, self._shares, strict=True)):
            values = rows.values[:, column].astype(np.float64)
            parts[:, column] = -np.log10(np.interp(np.nan_to_num(values), grid, share))
            parts[np.isnan(values), column] = 0.0
        if self.keep < len(self.names):
            least = np.partition(parts, -self.keep, axis=1)[:, -self.keep]
            parts[parts < least[:, None]] = 0.0
        return parts

    def state(self) -> Mapping[str, str]:
        """The distributions as JSON."""
        state = _State(
            names=self.names,
            directions=tuple(self.directions[name] for name in self.names),
            quantiles=[grid.tolist() for grid in self._quantiles],
            shares=[share.tolist() for share in self._shares],
            keep=self.keep,
        )
        return {"tails.json": msgspec.json.encode(state).decode()}

    @classmethod
    def restore(cls, files: Mapping[str, str]) -> Self:
        """The inverse of `state`."""
        state = msgspec.json.decode(files["tails.json"], type=_State)
        return cls(
            directions=dict(zip(state.names, state.directions, strict=True)),
            keep=state.keep,
            names=state.names,
            _quantiles=[np.asarray(grid) for grid in state.quantiles],
            _shares=[np.asarray(share) for share in state.shares],
        )
