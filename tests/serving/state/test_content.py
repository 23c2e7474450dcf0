"""A record's content is what was taken in and decided, also if an earlier version wrote it."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ghostnote.serving.state.content import Content, decode_content, encode_content
from ghostnote.serving.state.log import Log, records, segments
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import Event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENTS = [
    Event("play", "e1", NOON, "a1", track_id="t", ms_played=0, shuffle=False),
    Event("login", "e2", NOON, "a2", success=True, ip="192.0.2.1"),
]
VERDICTS = [
    Verdict("hold", 0.5, True, "review", ("It is odd.",), "c-1", "bundle", "policy", "exclude"),
    Verdict("allow", None, False, "allow", (), None, "bundle", "policy"),
]


def test_it_comes_back_as_it_was() -> None:
    for count in (0, 1, 2):
        content = Content(NOON.toordinal(), EVENTS[:count], VERDICTS[:count], {"plays:0": 7})
        found = decode_content(encode_content(content))
        assert (found.day, list(found.events), list(found.decisions), found.offsets) == (
            content.day,
            EVENTS[:count],
            VERDICTS[:count],
            {"plays:0": 7},
        )


def test_a_log_of_an_earlier_version_is_read_and_goes_on_in_a_segment_of_its_own(tmp_path: Path) -> None:
    log = Log(tmp_path)
    log.append(2, msgspec.msgpack.encode([NOON.toordinal(), EVENTS, VERDICTS, {}]))
    log.close()
    (old,) = segments(tmp_path)
    with old.open("r+b") as file:
        file.seek(8)
        file.write((1).to_bytes(4, "little"))
    log = Log(tmp_path)
    log.append(2, encode_content(Content(NOON.toordinal(), EVENTS, VERDICTS)))
    log.close()
    assert len(segments(tmp_path)) == 2
    found = [decode_content(record.content) for record in records(tmp_path)]
    assert [list(content.events) for content in found] == [EVENTS, EVENTS]
    assert [list(content.decisions) for content in found] == [VERDICTS, VERDICTS]
    assert [record.position for record in records(tmp_path)] == [0, 2]
