"""Events as columns are the events that they were made of."""

from datetime import UTC, datetime

from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.events import Event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAY = Event("play", "e1", NOON, "a1", track_id="t", ms_played=0, shuffle=False, source="")
LOGIN = Event("login", "e2", NOON.replace(microsecond=1), "a2", success=True, ip="192.0.2.1", track_id="stray")


def test_they_are_made_anew_with_what_their_kind_has() -> None:
    events = Events.of([PLAY, LOGIN])
    plain = Event("play", "e1", NOON, "a1", track_id="t", ms_played=0, shuffle=False)
    assert list(events) == [plain, Event("login", "e2", LOGIN.event_time, "a2", success=True, ip="192.0.2.1")]
    assert [events[0], events[-1]] == [*events]
    assert "source" not in events.columns


def test_parts_and_what_they_are_joined_to_are_the_same_events() -> None:
    events = Events.of([PLAY, LOGIN, PLAY])
    assert list(Events.joined([events[:1], events[1:2], events[2:]])) == list(events)
    assert list(events.taken([2, 1])) == [events[2], events[1]]
    assert "ip" not in events.taken([0]).columns
    assert len(Events.joined([])) == len(Events.of([])) == 0
