"""Who is left alone: as many as asked for, always the same, whatever else is so, and nobody can foresee it."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.decisions.policy_text import toml
from ghostnote.decisions.untouched import Untouched
from ghostnote.errors import GhostnoteError
from ghostnote.evaluation.metrics import wilson

SALT = "0123456789abcdef"
SALTS = st.text(min_size=16, max_size=100)


@given(st.floats(0.001, 0.1), SALTS, st.integers(0, 1000))
def test_the_share_is_as_asked_for(share: float, salt: str, first: int) -> None:
    untouched = Untouched(share=share, salt=salt)
    drawn = sum(untouched.includes(f"a{first + number}") for number in range(2000))
    # Nine standard deviations: a draw of another share is hardly ever so near, one of this share never so far.
    assert abs(drawn - 2000 * share) <= 9 * np.sqrt(2000 * share * (1 - share))


def test_a_large_crowd_has_the_share_within_its_interval() -> None:
    drawn = sum(Untouched(share=0.02, salt=SALT).includes(f"a{number}") for number in range(50_000))
    low, high = wilson(drawn, 50_000, z=4.0)
    assert low < 0.02 < high


@given(st.text(), SALTS, st.floats(0.0, 0.1), st.floats(0.0, 0.1))
def test_who_is_drawn_stays_drawn_when_the_share_grows(account: str, salt: str, one: float, other: float) -> None:
    fewer, more = (Untouched(share=share, salt=salt) for share in sorted((one, other)))
    assert fewer.includes(account) == fewer.includes(account)
    assert more.includes(account) >= fewer.includes(account)


def test_another_salt_draws_others() -> None:
    accounts = [f"a{number}" for number in range(20_000)]
    one, other = (Untouched(share=0.1, salt=salt) for salt in (SALT, SALT + "!"))
    both = sum(one.includes(account) and other.includes(account) for account in accounts)
    assert 100 < both < 300


def test_nobody_is_drawn_unless_asked_for() -> None:
    assert not any(Policy().untouched.includes(f"a{number}") for number in range(1000))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("share = 0.01", "needs a salt of at least 16 characters"),
        ('share = 0.01\nsalt = "short"', "needs a salt of at least 16 characters"),
        (f'share = 0.5\nsalt = "{SALT}"', "0.1"),
    ],
)
def test_a_hold_out_that_is_guessed_or_no_sample_is_refused(tmp_path: Path, written: str, sentence: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(f"[untouched]\n{written}\n")
    with pytest.raises(GhostnoteError, match=sentence):
        load_policy(path)


def test_it_is_written_and_read_as_any_part_of_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    policy = msgspec.structs.replace(Policy(), untouched=Untouched(share=0.005, salt=SALT))
    path.write_text(toml(policy))
    assert load_policy(path) == policy
