"""The unsupervised detector looks at suspicious tails only and explains itself."""

import numpy as np

from ghostnote.models.table import Table
from ghostnote.models.tails import Tails

_NAMES = ("high", "low", "either")


def _crowd(rows: int = 5000) -> Table:
    return Table(_NAMES, np.random.default_rng(0).normal(size=(rows, 3)).astype(np.float32))


def _detector() -> Tails:
    return Tails(directions={"high": 1, "low": -1}, keep=2).fit(_crowd())


def _row(*values: float) -> Table:
    return Table(_NAMES, np.array([values], np.float32))


def test_only_the_suspicious_tail_counts():
    detector = _detector()
    assert detector.score(_row(5, 0, 0))[0] > 3
    assert detector.score(_row(-5, 0, 0))[0] < 0.7
    assert detector.score(_row(0, -5, 0))[0] > 3
    assert detector.score(_row(0, 0, 9))[0] < 0.7


def test_parts_sum_to_the_score_and_missing_values_say_nothing():
    detector, rows = _detector(), _crowd(200)
    np.testing.assert_allclose(detector.explain(rows).sum(axis=1), detector.score(rows))
    assert detector.score(_row(np.nan, np.nan, np.nan))[0] == 0.0


def test_surprise_is_the_power_of_ten_of_the_share_that_lies_further_out():
    detector = Tails(directions={"high": 1}, keep=1).fit(_crowd(20_000))
    cut = np.quantile(_crowd(20_000).column("high"), 0.99)
    np.testing.assert_allclose(detector.score(_row(float(cut), 0, 0)), [2.0], atol=0.05)


def test_restored_detector_scores_the_same():
    detector, rows = _detector(), _crowd(100)
    np.testing.assert_array_equal(Tails.restore(detector.state()).score(rows), detector.score(rows))


def test_a_column_absent_when_fitted_is_not_used():
    detector = Tails(directions={"high": 1, "gone": 1}).fit(_crowd())
    assert detector.names == ("high",)
