"""What the service takes for an event is what a lake takes for one, and nothing else gets further than a sentence."""

import json
import os
import random
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.events.schema import POSITION, TABLES
from ghostnote.events.validation import check, missing_columns
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.events import TABLE_OF, Event, columns_of, event_of, times_of
from ghostnote.serving.wire.lines import events_of_lines

INPUTS = int(os.environ.get("GHOSTNOTE_FUZZED_BODIES", "3000"))

WORDS = st.one_of(
    st.sampled_from(["", "x", "premium", "search", "ios", " ", "é", "💿", "0", "true"]), st.text(max_size=8)
)
TIMES = st.one_of(
    st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1)).map(datetime.isoformat),  # noqa: DTZ001
    st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1)).map(lambda t: t.isoformat() + "Z"),  # noqa: DTZ001
    st.datetimes(datetime(1999, 1, 1), datetime(2101, 1, 1)).map(lambda t: t.isoformat(" ") + "+05:30"),  # noqa: DTZ001
    st.sampled_from(["2026-03-02", "2026-03-02T12:00", "2026-03-02T12:00:00.123456789Z", "now", "", 1772452800000, 0]),
)
NUMBERS = st.one_of(st.integers(-5, 10**7), st.integers(), st.floats(), st.booleans())
VALUES = st.one_of(st.none(), WORDS, NUMBERS, TIMES, st.just([1]), st.just({"a": 1}))


def fitting(table: str, name: str) -> st.SearchStrategy[Any]:
    column = next(c for c in TABLES[table].columns if c.name == name)
    if name == "event_time":
        return TIMES
    if column.values:
        return st.sampled_from(column.values)
    if column.dtype == pl.String:
        return st.text("abc1", min_size=1, max_size=5)
    return st.booleans() if column.dtype == pl.Boolean else st.integers(column.low or 0, min(column.high or 9, 10**6))


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(TABLE_OF)))
    table, row = TABLE_OF[kind], {"kind": kind}
    for column in TABLES[table].columns:
        if column.name != POSITION and (column.required or draw(st.booleans())):
            row[column.name] = draw(fitting(table, column.name))
    for name in draw(st.lists(st.sampled_from(list(row)[1:]), max_size=2)):
        row[name] = draw(VALUES)
    return row


def in_a_lake(row: dict[str, Any]) -> Any:
    """The event if a lake takes the row; None if not."""
    table = TABLES[TABLE_OF[row["kind"]]]
    given = {name: value for name, value in row.items() if name != "kind" and value is not None}
    if missing_columns(table, list(given)) is not None:
        return None
    try:
        checked = check(table, pl.DataFrame({name: [value] for name, value in given.items()}, strict=False))
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return None
    return None if checked.rejected.height else Event(row["kind"], **checked.good.row(0, named=True))


@given(rows())
@settings(max_examples=300, deadline=None)
def test_takes_and_refuses_what_a_lake_does_with_the_same_values(row: dict[str, Any]) -> None:
    expected = in_a_lake(row)
    try:
        found = event_of(json.dumps(row).encode())
    except ValueError:
        found = None
    if found is None:
        assert expected is None
        return
    assert expected is not None, found
    assert list(Events.of([found])) == list(Events.of([expected]))


VALID: dict[str, Any] = {
    "kind": "play", "event_id": "e1", "event_time": "2026-03-02T12:00:00Z", "account_id": "a", "track_id": "t",
    "ms_played": 31_000, "ip": "10.0.0.1",
}  # fmt: skip
NASTY: tuple[bytes, ...] = (
    b"", b"\0", b"\xff\xfe", b"[" * 5000, b'{"a":' * 5000, b"NaN", b'{"kind":NaN}', b'"\\ud800"', b"1e999", b"-", b"null",  # noqa: E501
    b'{"kind":"play","kind":"login"}', b'{"kind":"\\ud800"}', b"9" * 5000, b'{"kind":["play"]}', b"{}",
    b'{"kind":"play","event_id":"\xff","event_time":"2026-03-02T12:00:00Z","account_id":"a"}',
    json.dumps({**VALID, "ip": [[[[1]]]]}).encode(), json.dumps({**VALID, "ms_played": 10**40}).encode(),
    json.dumps({**VALID, "ms_played": -(2**63) - 1}).encode(), json.dumps({**VALID, "ms_played": 2**64}).encode(),
    json.dumps({**VALID, "ms_played": "9" * 400}).encode(), json.dumps({**VALID, "event_time": 10**30}).encode(),
    json.dumps({**VALID, "event_time": 1e308}).encode(), json.dumps({**VALID, "event_time": "9999-12-31T23:59:59-14:00"}).encode(),  # noqa: E501
    json.dumps({**VALID, "event_time": "0001-01-01T00:00:00+14:00"}).encode(), json.dumps({**VALID, "ip": {"a": {}}}).encode(),  # noqa: E501
    json.dumps({**VALID, "ip": [1, "a", None, {}]}).encode(), json.dumps({**VALID, "account_id": "\ud800"}).encode(),
    json.dumps({**VALID, "ms_played": float("nan")}).encode(), json.dumps({**VALID, "ip": {}}).encode(),
    json.dumps({**VALID, "ip": []}).encode(), b'{"kind":' + b"[" * 700 + b"1e400",
)  # fmt: skip


def is_event_or_sentence(body: bytes) -> None:
    try:
        found = event_of(body)
    except ValueError as error:
        said = str(error)
        assert said.endswith("."), said
        said.encode()
        assert len(said) < 2000, said
        return
    assert found.event_id
    assert found.account_id
    (micros,) = times_of([found])
    assert 946684800_000000 <= micros < 4102444800_000000


@pytest.mark.parametrize("body", NASTY)
def test_what_is_nasty_is_answered_with_a_sentence(body: bytes) -> None:
    is_event_or_sentence(body)


def test_whatever_bytes_come_they_are_an_event_or_a_sentence() -> None:
    drawn = random.Random(0)
    parts = [
        *NASTY[:14],
        b'"',
        b",",
        b":",
        b"}",
        b"\\u0000",
        b"1e400",
        b"true",
        b"null",
        b"\x80",
        b"12345678901234567890",
    ]
    whole = json.dumps(VALID).encode()
    for _ in range(INPUTS):
        body = bytearray(whole)
        for _ in range(drawn.randint(1, 3)):
            at = drawn.randrange(len(body))
            to = at + drawn.choice([0, 1, 1, 3])
            body[at:to] = drawn.choice([drawn.randbytes(1), drawn.randbytes(2), drawn.choice(parts), b""]) or b""
            body = body or bytearray(b"{")
        is_event_or_sentence(bytes(body))
        if drawn.random() < 0.1:
            is_event_or_sentence(drawn.randbytes(drawn.randrange(60)))
        if drawn.random() < 0.1:
            changed = {**VALID, drawn.choice(list(VALID)): drawn.choice([2**63, 1.5, -1, [], {}, "", "x" * 300, True])}
            is_event_or_sentence(json.dumps(changed).encode())


def test_lines_that_break_the_contract_are_named_and_the_others_taken() -> None:
    line = json.dumps(VALID).encode()
    events, rejected = events_of_lines(b"\n".join([line, b"", b"  \r", b"nonsense", line + b"\r", b"{}"]))
    assert [each.event_id for each in events] == ["e1", "e1"]
    assert [each.row for each in rejected] == [4, 6]


def test_a_time_without_a_zone_is_utc_and_what_another_kind_has_is_left_out() -> None:
    found = event_of(json.dumps({**VALID, "event_time": "2026-03-02T12:00:00", "success": True}).encode())
    assert found.event_time == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert "success" not in columns_of([found], ["play"])
