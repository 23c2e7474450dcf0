"""Evidence adds up over days; one day never decides, honest days wear it down."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.evidence import accumulate, log_ratio
from ghostnote.decisions.policy import Policy


def test_one_day_however_odd_never_reaches_the_bar():
    policy = Policy()
    ratio = log_ratio(np.array([1.0]), 0.02, policy.day_cap)
    assert not accumulate(np.array([0]), ratio, policy.account_bar).confirmed.any()


def test_two_surely_bad_days_do():
    policy = Policy()
    ratio = log_ratio(np.array([0.9999, 0.9999]), 0.02, policy.day_cap)
    sums = accumulate(np.array([0, 0]), ratio, policy.account_bar)
    assert sums.confirmed.tolist() == [True, True]
    assert sums.begin.tolist() == [0, 0]


def test_a_probability_at_the_prior_says_nothing():
    assert log_ratio(np.array([0.03]), 0.03, 5.0)[0] == 0.0


def test_honest_days_between_wear_suspicion_down():
    sums = accumulate(np.zeros(5, np.int64), np.array([4.0, -4.5, 4.0, -4.5, 4.0]), 7.0)
    assert not sums.confirmed.any()
    assert sums.begin.tolist() == [0, -1, 2, -1, 4]


def test_accounts_do_not_share_evidence():
    assert accumulate(np.array([0, 1]), np.array([4.0, 4.0]), 7.0).total.tolist() == [4.0, 4.0]


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-5, 5)), max_size=40), st.floats(1, 10))
def test_agrees_with_the_textbook_sum(rows, bar):
    rows.sort(key=lambda row: row[0])
    account, ratio = np.array([a for a, _ in rows], np.int64), np.array([r for _, r in rows])
    sums = accumulate(account, ratio, bar)
    expected = {}
    for place, (who, step) in enumerate(rows):
        expected[who] = max(0.0, expected.get(who, 0.0) + step)
        assert math.isclose(sums.total[place], expected[who], abs_tol=1e-12)
        assert (sums.begin[place] >= 0) == (sums.total[place] > 0)
        assert sums.confirmed[place] or sums.total[place] < bar
