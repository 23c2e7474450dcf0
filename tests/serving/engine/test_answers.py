"""Every event of a call gets its own decision, however they are asked for."""

from datetime import UTC, datetime

import pytest

from ghostnote.serving.engine.answers import Answers, repeated, told
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import Event
from ghostnote.serving.wire.verdicts import Verdicts

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MADE = [Verdict("count", score, score > 0.4, "allow", (), None, "bundle", "policy") for score in (0.25, 0.5, 0.75)]


def events(*names: str) -> Events:
    return Events.of([Event("login", name, NOON, "a", success=True) for name in names])


@pytest.fixture
def answers() -> Answers:
    """The second and the last were there before: one in an earlier call, one in this."""
    known = {"old": told("old", "login", MADE[0], 3)}
    return Answers(events("one", "old", "two", "one"), Verdicts.of(MADE[:2]), 7, [0, -1, 1, 0], known)


def test_new_ones_get_theirs_and_others_what_was_decided_first(answers: Answers) -> None:
    found = [(each.event_id, each.position, each.score, each.repeated) for each in answers]
    assert found == [("one", 7, 0.25, False), ("old", 3, 0.25, True), ("two", 8, 0.5, False), ("one", 7, 0.25, True)]
    assert [answers[place] for place in range(-4, 0)] == list(answers)


def test_parts_are_those_of_the_whole(answers: Answers) -> None:
    for whole in (answers, Answers(events("a", "b", "c"), Verdicts.of(MADE), 5, None, {})):
        for start in range(len(whole)):
            for end in range(start, len(whole) + 1):
                part = whole[start:end]
                assert list(part) == list(whole)[start:end] == [part[place] for place in range(len(part))]
                assert list(part[1:]) == list(part)[1:]
                assert repeated(part) == sum(each.repeated for each in part)
