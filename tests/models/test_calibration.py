"""Calibrated probabilities are monotone, and mean what they say on rows that were not used."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.evaluation.reliability import reliability
from ghostnote.models.calibration import calibrate


def test_probabilities_match_shares_on_new_rows():
    random = np.random.default_rng(0)
    raw = random.random(20_000)
    target = (random.random(20_000) < raw**3).astype(float)
    fitted = calibrate(raw[:10_000], target[:10_000])
    assert reliability(fitted(raw[10_000:]), target[10_000:] == 1).error < 0.02


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_never_decreasing_and_never_certain(rows):
    raw = np.array([score for score, _ in rows])
    fitted = calibrate(raw, np.array([float(bad) for _, bad in rows]))
    grid = fitted(np.linspace(-1, 2, 50))
    assert (np.diff(grid) >= 0).all()
    assert grid.min() >= 0.0
    assert grid.max() < 1.0


def test_weights_count_as_repeats():
    raw, target = np.array([0.2, 0.8, 0.8]), np.array([0.0, 1.0, 0.0])
    weighted = calibrate(raw, target, np.array([1.0, 3.0, 1.0]))
    repeated = calibrate(np.array([0.2, 0.8, 0.8, 0.8, 0.8]), np.array([0.0, 1.0, 1.0, 1.0, 0.0]))
    np.testing.assert_allclose(weighted(raw), repeated(raw))
