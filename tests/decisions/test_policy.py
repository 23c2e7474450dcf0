"""A policy file changes what it names; anything else in it is refused with the nearest name."""

import math

import pytest

from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.decisions.rules import RULES
from ghostnote.errors import GhostnoteError


def test_without_a_file_the_defaults_hold():
    assert load_policy(None) == Policy()


def test_a_file_changes_what_it_names(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text("honest_account_ceiling = 0.001\nreviews_per_day = 7\n")
    policy = load_policy(file)
    assert policy.reviews_per_day == 7
    assert policy.account_bar == pytest.approx(math.log(1000))
    assert policy.payout_per_play == Policy().payout_per_play


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("review_per_day = 3", "did you mean 'reviews_per_day'"),
        ("zzz = 3", "it is one of"),
        ("honest_mark_ceiling = 2.0", "impossible"),
        ("reviews_per_day = 'many'", "impossible"),
        ("= 3", "not valid TOML"),
        ('without_rules = ["never_sleep"]', "unknown rule 'never_sleep': did you mean 'never_sleeps'"),
        ('without_rules = ["zzz"]', "it is one of more_than_two_days, "),
        ('without_rules = "never_sleeps"', "impossible"),
        ("[costs.limit]\neach = 1", "missing required field `stops`"),
        ("[costs.limit]\nstop = 1", r"unknown key 'stop' in \[limit\]: did you mean 'stops'"),
        ("[costs.suspend]\nstops = 0.5\n[costs.limit]\nstops = 0.7", "'limit' cannot stop more than 'suspend' does"),
        ("[costs.suspend]\nstops = 1\nhonest_by_plan = { fre = 3 }", "there is no plan 'fre', only free, trial"),
        ("[costs.suspend]\nstops = 1\nhonest = inf", "impossible"),
        ('[[ceilings]]\nby = "contry"\nshare = 0.1', "impossible: Invalid enum value 'contry'"),
        ('[[ceilings]]\nby = "country"\nshare = 0', "impossible"),
        ("[enforcement.suspnd]", "did you mean 'suspend'"),
        ("[enforcement.suspend]\nmedian_hours = 72\nlongest_hours = 24", "nobody waits longer than 24"),
        ("[breaker]\nleast_runs = 50", "50 earlier runs cannot be among the latest 30"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, text, reason):
    file = tmp_path / "p.toml"
    file.write_text(text)
    with pytest.raises(GhostnoteError, match=reason):
        load_policy(file)


def test_rules_are_switched_off_by_name(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text('without_rules = ["never_sleeps"]\n')
    left = load_policy(file).rules
    assert "never_sleeps" not in {rule.name for rule in left}
    assert len(left) == len(RULES) - 1
    assert load_policy(None).rules == RULES


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(GhostnoteError, match="cannot be read"):
        load_policy(tmp_path / "none.toml")
