"""Trees asked level by level say what the library says, to the last bit."""

import lightgbm as lgb
import numpy as np
import pytest

from ghostnote.models.forest import Forest


def _trees(values: np.ndarray, target: np.ndarray, rounds: int = 30, **changes: object) -> lgb.Booster:
    parameters = {"objective": "binary", "verbosity": -1, "num_leaves": 15, "min_data_in_leaf": 5, "seed": 1}
    return lgb.train(parameters | changes, lgb.Dataset(values, target), rounds)


def _rows(count: int, seed: int, missing: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    # Few different values, so that rows lie on thresholds and not only beside them.
    values = np.round(random.normal(size=(count, 6)), 1).astype(np.float32)
    target = (values[:, 0] * values[:, 1] - values[:, 2] > 0.2).astype(np.float64)
    values[random.random(values.shape) < missing] = np.nan
    return values, target


@pytest.mark.parametrize("missing", [0.0, 0.2, 0.9])
def test_sums_are_the_librarys_to_the_last_bit(missing: float) -> None:
    booster = _trees(*_rows(3000, 1, missing))
    forest = Forest.parsed(booster.model_to_string())
    assert forest is not None
    # Rows with missing values come also to trees that have seen none.
    for count, share in ((1, 0.2), (129, 0.0), (20_000, 0.3)):
        rows, _ = _rows(count, 2, share)
        asked = forest.sums(rows, np.arange(6))
        np.testing.assert_array_equal(asked, booster.predict(rows, raw_score=True))
        np.testing.assert_array_equal(asked, forest.sums(rows, np.arange(6), threads=2))


def test_a_threshold_between_two_float32_parts_them() -> None:
    one = np.float32(0.1)
    other = np.nextafter(one, np.float32(1))
    rows = np.repeat(np.array([[one], [other]]), 50, axis=0)
    booster = _trees(rows, np.repeat([0.0, 1.0], 50), rounds=3)
    forest = Forest.parsed(booster.model_to_string())
    assert forest is not None
    found = forest.sums(rows, np.arange(1))
    assert found[0] < found[-1]
    np.testing.assert_array_equal(found, booster.predict(rows, raw_score=True))


def test_columns_may_lie_elsewhere_or_be_missing() -> None:
    rows, target = _rows(2000, 3)
    booster = _trees(rows, target)
    forest = Forest.parsed(booster.model_to_string())
    assert forest is not None
    turned = np.ascontiguousarray(rows[:, ::-1])
    np.testing.assert_array_equal(forest.sums(turned, np.arange(6)[::-1].copy()), forest.sums(rows, np.arange(6)))
    without = rows.copy()
    without[:, 2] = np.nan
    columns = np.array([0, 1, -1, 3, 4, 5])
    np.testing.assert_array_equal(forest.sums(rows, columns), booster.predict(without, raw_score=True))


def test_trees_of_one_leaf_and_of_two() -> None:
    rows, target = _rows(200, 4)
    for changes in ({"num_leaves": 2}, {"min_gain_to_split": 1e9}):
        booster = _trees(rows, target, rounds=4, **changes)
        forest = Forest.parsed(booster.model_to_string())
        assert forest is not None
        np.testing.assert_array_equal(forest.sums(rows, np.arange(6)), booster.predict(rows, raw_score=True))


def test_trees_that_ask_for_categories_or_take_zero_for_missing_are_left_to_the_library() -> None:
    rows, target = _rows(400, 5, missing=0.0)
    rows[:, 0] = np.arange(400) % 5
    categories = lgb.Dataset(rows, (rows[:, 0] % 2), categorical_feature=[0])
    asks = lgb.train({"objective": "binary", "verbosity": -1, "min_data_per_group": 5}, categories, 5)
    assert Forest.parsed(asks.model_to_string()) is None
    assert Forest.parsed(_trees(rows, target, zero_as_missing=True).model_to_string()) is None
