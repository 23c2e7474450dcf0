"""How long an account waits cannot be foreseen, is the same again, and is as the policy says."""

import numpy as np
import pytest

from ghostnote.decisions.enforcement import Delay, Enforcement, waiting_hours

DAY = Delay(median_hours=24.0, spread=0.8, longest_hours=96.0)
KEY = bytes(range(32))


def waits(delay: Delay, key: bytes = KEY) -> np.ndarray:
    return np.array([waiting_hours(f"a{n}", "suspend", delay, key) for n in range(4000)])


def test_without_a_delay_nobody_waits() -> None:
    assert not waits(Delay()).any()
    assert set(waits(Delay(median_hours=5.0))) == {5.0}


def test_the_same_account_waits_as_long_again_and_longer_or_shorter_under_another_key() -> None:
    assert (waits(DAY) == waits(DAY)).all()
    other = waits(DAY, key=b"another")
    assert abs(np.corrcoef(waits(DAY), other)[0, 1]) < 0.06  # 4,000 pairs: 0.06 is four standard errors


def test_an_action_is_drawn_for_itself() -> None:
    assert waiting_hours("a", "limit", DAY, KEY) != waiting_hours("a", "suspend", DAY, KEY)


def test_waiting_times_are_log_normal_up_to_the_longest() -> None:
    found = waits(Delay(median_hours=24.0, spread=0.5, longest_hours=8000.0))
    assert np.median(found) == pytest.approx(24.0, rel=0.05)
    assert np.log(found).std() == pytest.approx(0.5, rel=0.05)
    cut = waits(DAY)
    assert cut.min() > 0
    assert cut.max() <= 96.0
    assert (cut > 95.9).mean() < 0.02  # cut off, not heaped up at the end


def test_only_what_a_holder_notices_is_enforced() -> None:
    assert [Enforcement().of(action) is None for action in ("allow", "review", "challenge", "limit", "suspend")] == [
        True,
        True,
        False,
        False,
        False,
    ]
