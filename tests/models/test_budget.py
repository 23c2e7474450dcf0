"""Thresholds keep to what they promise, whatever the scores."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.models.budget import threshold_for_alerts, threshold_for_ceiling

_SCORES = st.lists(st.floats(0, 1), max_size=60).map(np.array)


@given(_SCORES, st.floats(0.001, 0.5))
def test_no_more_honest_rows_than_the_ceiling_reach_the_threshold(scores, ceiling):
    threshold = threshold_for_ceiling(scores, ceiling)
    assert (scores >= threshold).sum() <= ceiling * len(scores) + 1e-9


@given(_SCORES, st.integers(0, 70))
def test_no_more_alerts_than_the_budget(scores, alerts):
    assert (scores >= threshold_for_alerts(scores, alerts)).sum() <= alerts


def test_the_threshold_is_as_low_as_the_ceiling_allows():
    assert threshold_for_ceiling(np.arange(100) / 100, 0.05) == 0.95
    assert threshold_for_alerts(np.arange(100) / 100, 5) > 0.94


def test_rows_that_are_surely_fraud_do_not_count_as_honest():
    scores, honest = np.array([0.1] * 98 + [0.9, 0.9]), np.array([1.0] * 98 + [0.0, 0.0])
    assert threshold_for_ceiling(scores, 0.01, honest) == 0.9
