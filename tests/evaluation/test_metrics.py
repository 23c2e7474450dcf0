"""Metrics agree with slow and obvious definitions, and with scikit-learn where it says the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from ghostnote.evaluation.metrics import at_budget, average_precision, wilson

_ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40)


@given(_ROWS)
def test_average_precision_agrees_with_scikit_learn_ties_included(rows):
    score, positive = np.array([s for s, _ in rows], float), np.array([p for _, p in rows])
    found = average_precision(score, positive)
    if positive.any():
        assert found == pytest.approx(average_precision_score(positive, score))
    else:
        assert found is None


@given(_ROWS, st.integers(1, 50))
def test_budget_counts_what_is_looked_at(rows, budget):
    score, positive = np.array([s for s, _ in rows], float), np.array([p for _, p in rows])
    precision, recall = at_budget(score, positive, budget)
    looked = min(budget, len(rows))
    if recall is not None:
        assert precision * looked == pytest.approx(recall * positive.sum())


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_contains_the_share_and_stays_within_bounds(hits, total):
    hits = min(hits, total)
    low, high = wilson(hits, total)
    assert 0.0 <= low <= hits / total <= high <= 1.0


def test_wilson_of_nothing_is_everything():
    assert wilson(0, 0) == (0.0, 1.0)
