"""A body of JSON lines says what its lines say one by one."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.serving.wire.test_events import VALID, rows

from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.events import event_of
from ghostnote.serving.wire.lines import events_of_lines

LINE = json.dumps(VALID).encode()


def one_by_one(body: bytes) -> tuple[list[Any], list[tuple[int, str]]]:
    found, wrong = [], []
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            try:
                found.append(event_of(line))
            except ValueError as error:
                wrong.append((number, str(error)))
    return list(Events.of(found)), wrong


def told(body: bytes) -> tuple[list[Any], list[tuple[int, str]]]:
    events, rejected = events_of_lines(body)
    return list(events), [(each.row, each.reason) for each in rejected]


@given(st.lists(rows() | st.just(VALID), max_size=6))
@settings(max_examples=200, deadline=None)
def test_lines_are_read_as_each_alone_would_be(sent: list[dict[str, Any]]) -> None:
    body = b"\n".join(json.dumps(row).encode() for row in sent)
    assert told(body) == one_by_one(body)


@pytest.mark.parametrize(
    "body",
    [
        LINE + b"\n" + LINE + b"\n",
        LINE + b"\r\n" + LINE,
        LINE + b"\n\n" + LINE,
        LINE + LINE + b"\n",
        LINE + LINE + b"\n" + LINE.replace(b", ", b",\n", 1),
        LINE.replace(b", ", b",\n", 1) + b"\n" + LINE,
        b"[" + LINE + b"]",
        b"\n",
        LINE.replace(b"Z", b".123456789Z").replace(b"+00:00", b".123456789+00:00"),
        LINE + b"\n" + LINE[:-1],
    ],
)
def test_a_line_is_an_event_however_lines_are_broken(body: bytes) -> None:
    assert told(body) == one_by_one(body)
