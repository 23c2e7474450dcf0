"""Gradient-boosted trees over table rows (LightGBM). The only file that imports the boosting library."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghostnote.models.detector import Floats, Scale, ViewName, checked_target
from ghostnote.models.forest import Forest
from ghostnote.models.table import Table

# The library's threads wait for each other many times per tree. Spinning meanwhile, as they would, takes the processor
# from the one waited for wherever anything else runs: minutes instead of seconds. To be said before it is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

if TYPE_CHECKING:
    import lightgbm as lgb


@dataclass
class Boosting:
    """Boosted trees; `score` is the raw probability, `explain` is TreeSHAP on the log-odds scale.

    `directions` says of features whose effect is known by reason which way they push (+1: more is more suspicious):
    the trees cannot then learn the opposite from the accidents of one data set. `columns_share` and `rows_share` are
    what a tree sees of columns and rows, `bins` how many values of a column are told apart. Source: Ke et al.,
    LightGBM, 2017; Lundberg et al., TreeSHAP, 2018.
    """

    view: ClassVar[ViewName] = "table"
    explains: ClassVar[Scale] = "log-odds"
    learns_labels: ClassVar[bool] = True

    # Found by `benchmarks/tuning.py`: docs/adr/0017.
    rounds: int = 60
    leaves: int = 15
    rate: float = 0.05
    smallest_leaf: int = 40
    columns_share: float = 0.4
    rows_share: float = 0.5
    l2: float = 0.5
    bins: int = 31
    directions: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    threads: int = 2
    names: tuple[str, ...] = ()
    offset: float = 0.0
    _booster: "lgb.Booster | None" = None
    _text: str | None = None
    _forest: Forest | None = None
    _asked: tuple[tuple[str, ...], NDArray[np.int64]] | None = None

    def fit(self, table: Table, target: Floats | None = None, weight: Floats | None = None) -> Self:
        """Grow the trees. Columns that are missing in every row are left out."""
        import lightgbm as lgb

        data = self._data(table, target, weight)
        self._booster = lgb.train(self._parameters(), data, num_boost_round=self.rounds)
        self._forest = None
        return self

    def fit_until(
        self,
        table: Table,
        target: Floats,
        weight: Floats,
        *,
        judged: Table,
        judged_target: Floats,
        judged_weight: Floats,
        patience: int,
    ) -> int:
        """Grow trees, at most `rounds`, until `judged` has not been ranked better for `patience` of them.

        Ranked better is a higher average precision. Returns the number of trees with which it was highest (the smallest
        such number); the detector then scores with that many. Targets and weights have shape (rows,), of their table.
        """
        import lightgbm as lgb

        data = self._data(table, target, weight)
        rows = judged.aligned(self.names).values
        held_out = data.create_valid(rows, checked_target(judged_target, len(judged)), weight=judged_weight)
        parameters = {**self._parameters(), "metric": "average_precision"}
        stop = lgb.early_stopping(patience, first_metric_only=True, verbose=False)
        self._booster = lgb.train(parameters, data, self.rounds, valid_sets=[held_out], callbacks=[stop])
        return int(self._booster.best_iteration)

    def score(self, table: Table) -> Floats:
        """Probability of fraud by the trees, uncalibrated; float64, shape (rows,)."""
        if len(table) == 0:
            return np.zeros(0)
        if self._forest is None:
            self._forest = Forest.parsed(self._trees)
        if self._forest is None:
            rows = table.aligned(self.names)
            return np.asarray(self._fitted.predict(rows.values, num_threads=self.threads), dtype=np.float64)
        asked = self._asked
        if asked is None or asked[0] is not table.names:  # A service asks for the same columns all day.
            place = {name: column for column, name in enumerate(table.names)}
            columns = np.array([place.get(name, -1) for name in self.names], dtype=np.int64)
            asked = self._asked = (table.names, columns)
        return np.asarray(1.0 / (1.0 + np.exp(-self._forest.sums(table.values, asked[1], self.threads))))

    def explain(self, table: Table) -> Floats:
        """Contributions in log-odds, shape (rows, features); `offset` is then the log-odds of an average row."""
        rows = table.aligned(self.names)
        if len(rows) == 0:
            return np.zeros((0, len(self.names)))
        parts = np.asarray(self._fitted.predict(rows.values, pred_contrib=True, num_threads=self.threads))
        self.offset = float(parts[0, -1])
        return np.asarray(parts[:, :-1], dtype=np.float64)

    @property
    def importance(self) -> dict[str, float]:
        """Total gain by feature."""
        gains = self._fitted.feature_importance("gain")
        return dict(zip(self.names, map(float, gains), strict=True))

    def state(self) -> Mapping[str, str]:
        """The library's own text format, beside the names in order."""
        return {
            "trees.txt": self._trees,
            "trees.json": msgspec.json.encode({"names": self.names, "threads": self.threads}).decode(),
        }

    @classmethod
    def restore(cls, files: Mapping[str, str]) -> Self:
        """The inverse of `state`."""
        about = msgspec.json.decode(files["trees.json"], type=dict[str, Any])
        fitted = cls(names=tuple(about["names"]), threads=int(about["threads"]))
        fitted._text = files["trees.txt"]
        return fitted

    @property
    def _fitted(self) -> "lgb.Booster":
        if self._booster is None:
            if self._text is None:
                raise ValueError("fit the detector before asking it anything")
            # Whoever only scores need not wait a second for the library.
            import lightgbm as lgb

            self._booster = lgb.Booster(model_str=self._text)
        return self._booster

    @property
    def _trees(self) -> str:
        """The library's own text."""
        return self._fitted.model_to_string() if self._text is None else self._text

    def _data(self, table: Table, target: Floats | None, weight: Floats | None) -> "lgb.Dataset":
        import lightgbm as lgb

        self._text = self._asked = None
        labels = checked_target(target, len(table))
        kept = [name for name in table.names if not np.isnan(table.column(name)).all()]
        rows = table.aligned(kept)
        self.names = rows.names
        about = {"verbosity": -1, "max_bin": self.bins}
        return lgb.Dataset(rows.values, labels, weight=weight, feature_name=list(self.names), params=about)

    def _parameters(self) -> dict[str, Any]:
        return {
            "objective": "binary",
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": self.smallest_leaf,
            "feature_fraction": self.columns_share,
            "bagging_fraction": self.rows_share,
            "bagging_freq": 1,
            "lambda_l2": self.l2,
            "max_bin": self.bins,
            "monotone_constraints": [self.directions.get(name, 0) for name in self.names],
            "monotone_constraints_method": "intermediate",
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.threads,
            "seed": self.seed,
            "verbosity": -1,
        }
