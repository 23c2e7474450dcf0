"""A policy shown as TOML is the same policy when it is read again, and every key says what it means."""

from pathlib import Path

import msgspec
import pytest

from ghostnote.decisions.actions import Cost, Costs
from ghostnote.decisions.breaker import Breaker
from ghostnote.decisions.ceilings import Ceiling
from ghostnote.decisions.enforcement import Delay, Enforcement
from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.decisions.policy_text import meanings, toml

FULL = Policy(
    without_rules=("never_sleeps",),
    currency='"£"',
    costs=Costs(suspend=Cost(stops=0.9, honest_by_plan={"free": 1.5}), limit=Cost(stops=0.5), days=7),
    ceilings=(Ceiling(by="country", share=1e-5), Ceiling(by="age", share=0.5, least_accounts=7)),
    enforcement=Enforcement(limit=Delay(median_hours=3.5, spread=0.2, told=False)),
    breaker=Breaker(factor=2.0),
)


@pytest.mark.parametrize("policy", [Policy(), FULL], ids=["default", "full"])
def test_a_shown_policy_reads_back_as_itself(policy: Policy, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(toml(policy), encoding="utf-8")
    assert load_policy(file) == policy


@pytest.mark.parametrize("kind", [Policy, Costs, Cost, Ceiling, Enforcement, Delay, Breaker])
def test_every_key_says_what_it_means(kind: type[msgspec.Struct]) -> None:
    assert set(meanings(kind)) == {field.name for field in msgspec.structs.fields(kind)}
