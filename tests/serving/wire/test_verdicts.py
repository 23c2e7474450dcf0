"""Verdicts that are kept together are those that they were made of."""

from collections import Counter

from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.verdicts import Verdicts

COUNTED = Verdict("count", 0.25, False, "allow", (), None, "bundle", "policy")
MARKED = Verdict("count", 0.75, True, "allow", (), None, "bundle", "policy")
HELD = Verdict("hold", None, False, "review", ("It is odd.",), "c-1", "bundle", "policy", "exclude")
ALL = [COUNTED, HELD, MARKED, COUNTED]


def test_each_is_told_as_it_was() -> None:
    kept = Verdicts.of(ALL)
    assert list(kept) == ALL
    assert [kept[place] for place in range(-1, 3)] == [COUNTED, COUNTED, HELD, MARKED]
    assert len(kept.said) == 2


def test_parts_and_what_they_are_joined_to_are_the_same() -> None:
    kept = Verdicts.of(ALL)
    assert list(Verdicts.joined([kept[2:], kept[:2], Verdicts.of(())])) == [MARKED, COUNTED, COUNTED, HELD]


def test_they_are_counted_by_kind_and_verdict() -> None:
    kept = Verdicts.of(ALL)
    assert kept.counts(["play"] * 4) == Counter({("play", "count"): 3, ("play", "hold"): 1})
    assert kept.counts(["play", "play", "login", "play"])["login", "count"] == 1
    assert Verdicts.of(()).counts([]) == Counter()
