"""Rankings at budgets and at other shares of fraud agree with slow and obvious definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from ghostnote.evaluation.ranking import at_share, average_precision_at, precision_recall, prevalence_weights

_ROWS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40)


def _both(rows):
    score, positive = np.array([s for s, _ in rows], float), np.array([p for _, p in rows])
    return score, positive


@given(_ROWS, st.floats(0.01, 1.0))
def test_a_budget_finds_what_a_random_pick_among_equal_scores_would(rows, alerts):
    score, positive = _both(rows)
    found = at_share(score, positive, alerts)
    if not positive.any():
        assert found is None
        return
    looked, hits = alerts * len(rows), 0.0
    for value in sorted(set(score), reverse=True):
        here = score == value
        part = min(1.0, max(0.0, looked / here.sum()))
        hits += part * positive[here].sum()
        looked -= here.sum()
        if looked <= 0:
            break
    assert found.recall == pytest.approx(hits / positive.sum())
    assert found.precision == pytest.approx(hits / (alerts * len(rows)))


@given(_ROWS, st.floats(0.01, 0.99))
def test_weights_make_the_share_of_fraud_what_is_asked_for(rows, prevalence):
    _, positive = _both(rows)
    if positive.all() or not positive.any():
        with pytest.raises(ValueError, match="both"):
            prevalence_weights(positive, prevalence)
        return
    weights = prevalence_weights(positive, prevalence)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[positive].sum() / weights.sum() == pytest.approx(prevalence)


@given(_ROWS, st.floats(0.01, 0.99))
def test_average_precision_at_a_prevalence_agrees_with_scikit_learn(rows, prevalence):
    score, positive = _both(rows)
    if positive.all() or not positive.any():
        return
    weights = prevalence_weights(positive, prevalence)
    expected = average_precision_score(positive, score, sample_weight=weights)
    assert average_precision_at(score, positive, prevalence) == pytest.approx(expected)


@given(_ROWS)
def test_the_curve_ends_where_everything_is_found(rows):
    score, positive = _both(rows)
    curve = precision_recall(score, positive)
    if not positive.any():
        assert curve == []
        return
    assert max(recall for recall, _ in curve) == 1.0
    for recall, precision in curve:
        chosen = [p for s, p in zip(score, positive, strict=True) if s >= min_score(score, positive, recall)]
        assert precision == pytest.approx(sum(chosen) / len(chosen))


def min_score(score, positive, recall):
    """The highest score at which at least `recall` is found."""
    wanted = recall * positive.sum() - 1e-9
    return max(value for value in set(score) if positive[score >= value].sum() >= wanted)
