"""Boosted trees follow the detector contract and the directions given to them."""

import os
import subprocess
import sys

import numpy as np
import pytest

from ghostnote.evaluation.metrics import average_precision
from ghostnote.models.boosting import Boosting
from ghostnote.models.table import Table


def _data(rows: int = 600, seed: int = 0) -> tuple[Table, np.ndarray]:
    random = np.random.default_rng(seed)
    values = random.normal(size=(rows, 3)).astype(np.float32)
    values[random.random((rows, 3)) < 0.1] = np.nan
    target = (np.nan_to_num(values[:, 0]) + 0.3 * random.normal(size=rows) > 0.5).astype(np.float64)
    return Table(
        ("signal", "noise", "empty"), np.column_stack([values[:, :2], np.full(rows, np.nan, np.float32)])
    ), target


def test_finds_the_signal_on_rows_it_has_not_seen():
    model = Boosting(rounds=40).fit(*_data())
    table, target = _data(seed=1)
    score = model.score(table)
    assert score[target == 1].mean() > score[target == 0].mean() + 0.4


def test_score_does_not_depend_on_the_order_of_rows():
    table, target = _data()
    model = Boosting(rounds=20).fit(table, target)
    order = np.random.default_rng(2).permutation(len(table))
    np.testing.assert_array_equal(model.score(table)[order], model.score(table.take(order)))


def test_explanations_and_offset_sum_to_the_log_odds():
    table, target = _data()
    model = Boosting(rounds=20).fit(table, target)
    parts, score = model.explain(table), model.score(table)
    np.testing.assert_allclose(parts.sum(axis=1) + model.offset, np.log(score / (1 - score)), atol=1e-6)


def test_leaves_out_columns_that_are_missing_in_every_row_and_accepts_their_absence():
    table, target = _data()
    model = Boosting(rounds=20).fit(table, target)
    assert model.names == ("signal", "noise")
    np.testing.assert_array_equal(model.score(table), model.score(table.aligned(("noise", "signal"))))


def test_restored_model_scores_the_same():
    table, target = _data()
    model = Boosting(rounds=20).fit(table, target)
    np.testing.assert_array_equal(Boosting.restore(model.state()).score(table), model.score(table))


def test_a_direction_cannot_be_unlearnt():
    table, target = _data()
    model = Boosting(rounds=30, directions={"signal": -1}).fit(table, target)
    grid = np.zeros((50, 3), np.float32)
    grid[:, 0] = np.linspace(-3, 3, 50)
    assert (np.diff(model.score(Table(table.names, grid))) <= 1e-12).all()


def test_trees_stop_where_held_out_rows_are_ranked_best() -> None:
    (table, target), (judged, judged_target) = _data(), _data(seed=1)
    model, ones = Boosting(rounds=120), np.ones(len(target))
    rounds = model.fit_until(
        table, target, ones, judged=judged, judged_target=judged_target, judged_weight=ones, patience=10
    )
    assert 0 < rounds < 120
    as_long = Boosting(rounds=rounds).fit(table, target, ones)
    np.testing.assert_array_equal(model.score(judged), as_long.score(judged))
    longer = Boosting(rounds=rounds + 5).fit(table, target, ones)
    assert _precision(model, judged, judged_target) >= _precision(longer, judged, judged_target)


def _precision(model: Boosting, table: Table, target: np.ndarray) -> float:
    found = average_precision(model.score(table), target == 1.0)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (None, "labels"),
        (np.array([0.0, np.nan]), "missing"),
        (np.array([0.0, 0.0]), "one class"),
        (np.array([0.0, 2.0]), "0 or 1"),
        (np.array([1.0]), "shape"),
    ],
)
def test_refuses_targets_that_teach_nothing(target, reason):
    with pytest.raises(ValueError, match=reason):
        Boosting().fit(Table(("a",), np.zeros((2, 1), np.float32)), target)


def test_no_rows_give_no_scores():
    table, target = _data()
    model = Boosting(rounds=5).fit(table, target)
    assert model.score(table.take(np.zeros(len(table), bool))).shape == (0,)
    assert model.explain(table.take(np.zeros(len(table), bool))).shape == (0, 2)


def test_threads_wait_without_spinning() -> None:
    # Whoever else uses the machine would be waited for, again and again per tree.
    asked = "import os, ghostnote.models.boosting; print(os.environ['OMP_WAIT_POLICY'])"
    bare = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    called = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, env=bare)
    assert called.stdout == "passive\n"
