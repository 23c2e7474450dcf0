"""Reliability counts what was observed beside what was predicted."""

import numpy as np
import pytest

from ghostnote.evaluation.reliability import reliability


def test_a_probability_that_means_what_it_says_has_no_error():
    rng = np.random.default_rng(1)
    probability = np.repeat([0.05, 0.25, 0.65, 0.95], 20_000)
    found = reliability(probability, rng.random(80_000) < probability)
    assert found.error < 0.01
    assert [one.rows for one in found.bins] == [20_000] * 4
    assert all(one.low <= one.observed <= one.high for one in found.bins)


def test_one_that_claims_too_much_is_off_by_how_much_it_claims():
    found = reliability(np.full(1000, 0.9), np.arange(1000) < 400)
    assert found.error == pytest.approx(0.5)
    assert found.bins[0].observed == pytest.approx(0.4)


def test_certainty_falls_into_the_last_bin_and_nothing_into_none():
    assert [one.rows for one in reliability(np.array([1.0, 0.0]), np.array([True, False])).bins] == [1, 1]
    assert reliability(np.zeros(0), np.zeros(0, np.bool_)).bins == ()
