"""Events as clients send them, checked against the contract."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.events.schema import EVENT_TABLES, MAX_ID_LENGTH, POSITION, TABLES, Column
from ghostnote.events.validation import AGREED_RANGE, check, missing_columns
from ghostnote.features.stream import KINDS

#: Each table's name by the kind of its events.
TABLE_OF = {kind: table for table, kind in KINDS.items()}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_LONGEST = 200
#: The first time that an event may have, and the first that none may have, us since 1970.
FIRST_TIME, END_TIME = ((bound - EPOCH) // _US for bound in (AGREED_RANGE.start, AGREED_RANGE.end))


def _type(column: Column, shortest: int) -> Any:
    """A column's type for JSON; whether it may be left out depends on the kind of event."""
    if column.dtype == pl.Boolean:
        return bool
    if column.values:
        return Literal[column.values]
    if column.dtype == pl.String:
        return Annotated[str, msgspec.Meta(min_length=shortest, max_length=MAX_ID_LENGTH)]
    return Annotated[int, msgspec.Meta(ge=column.low, le=column.high)]


_COLUMNS = {
    column.name: column
    for table in EVENT_TABLES
    for column in TABLES[table].columns
    if column.name not in ("event_id", "event_time", "account_id", POSITION)
}
#: The columns of all kinds of event, in the contract's order.
COLUMNS = ("event_id", "event_time", "account_id", *_COLUMNS)
_ID = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_LENGTH)]


def _struct(name: str, time: type, shortest: int) -> Any:
    return msgspec.defstruct(
        name,
        [
            ("kind", Literal[tuple(KINDS.values())]),
            ("event_id", _ID),
            ("event_time", time),
            ("account_id", _ID),
            *((name, _type(column, shortest) | None, None) for name, column in _COLUMNS.items()),
        ],
        module=__name__,
        omit_defaults=True,
        gc=False,
    )


#: One event of any kind: the contract's columns, `kind` beside them. A column that its kind does not have is ignored.
Event: Any = _struct("Event", datetime, 0)
#: The same with its time as it was written, and no text that is empty.
Sent: Any = _struct("Sent", str, 1)
#: What an event of a kind needs besides what all kinds need.
NEEDS = {
    kind: tuple(
        c.name for c in TABLES[table].columns if c.required and c.name not in ("event_id", "event_time", "account_id")
    )
    for kind, table in TABLE_OF.items()
}


#: Times finer than the contract's are cut, as a lake's are; the decoder would round them.
_FINER = re.compile(rb'("event_time"\s*:\s*"[^"]*\.\d{6})\d+')
_decode = msgspec.json.Decoder(Event).decode
_decode_any = msgspec.json.Decoder().decode


def event_of(body: bytes | bytearray | memoryview) -> Any:
    """One event from JSON. Raises ValueError with a sentence if it breaks the contract."""
    if _FINER.search(body):
        body = _FINER.sub(rb"\1", body)
    try:
        event = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _patiently(body)
    return event if _plain(event) else _patiently(body)


def _plain(event: Any) -> bool:
    """Whether an event whose values have the right types has all that its kind needs."""
    for name in NEEDS[event.kind]:
        if getattr(event, name) in (None, ""):
            return False
    time = event.event_time
    if time.tzinfo is None:
        time = event.event_time = time.replace(tzinfo=UTC)
    return bool(AGREED_RANGE.start <= time < AGREED_RANGE.end)


def _patiently(body: bytes | bytearray | memoryview) -> Any:
    """By the contract's own checks, which convert what can be converted, and say in the lake's words what cannot."""
    try:
        row = _decode_any(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # The decoder's own words hold the way to where it gave up, which is as long as the body is deep.
        raise ValueError(f"This is no JSON ({str(error)[:_LONGEST]}): send one event as an object.") from None
    if not isinstance(row, dict):
        raise ValueError("This is no JSON object: send one event as an object.")
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in TABLE_OF:
        raise ValueError(f"kind is {str(kind)[:40]!r}: one of {', '.join(TABLE_OF)}.")
    table = TABLES[TABLE_OF[kind]]
    given = {name: row[name] for name in table.names if row.get(name) is not None and name != POSITION}
    reason = missing_columns(table, list(given))
    if reason is not None:
        lacking = [name for name in table.required if name not in given]
        raise ValueError(f"A {kind} needs {', '.join(lacking)}.")
    try:
        checked = check(table, pl.DataFrame({name: [value] for name, value in given.items()}, strict=False))
    except (TypeError, OverflowError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        raise ValueError("A value of this event is of no type that the contract knows.") from None
    if checked.rejected.height:
        raise ValueError(checked.rejected["reason"][0] + ".")
    return Event(kind=kind, **checked.good.row(0, named=True))


def times_of(events: Sequence[Any]) -> NDArray[np.int64]:
    """The events' times, (events,) int64, us since 1970."""
    # NumPy takes three times as long for differences of times.
    return np.array([(event.event_time - EPOCH) // _US for event in events], dtype=np.int64)


def columns_of(events: Sequence[Any], kinds: Sequence[str], *, empty: bool = True) -> dict[str, list[Any]]:
    """The events' columns but their times as lists; `kinds` are theirs. An `empty` text, if there may be one, is none.

    Those that no kind among the events has are left out. What a client sent with a kind of event that does not have the
    column says nothing.
    """
    if not kinds:
        return {}
    there = set(kinds)
    names = [name for name, having in _HAVING.items() if not there.isdisjoint(having)]
    every = zip(*map(attrgetter(*names), events), strict=True)
    found: dict[str, list[Any]] = {}
    for name, values in zip(names, every, strict=True):
        having = _HAVING[name]
        if not there <= having:
            found[name] = [value if kind in having and value != "" else None for value, kind in zip(values, kinds)]  # noqa: B905
        elif empty and "" in values:
            found[name] = [None if value == "" else value for value in values]
        else:
            found[name] = list(values)
    return found


_HAVING = {
    name: {kind for kind, table in TABLE_OF.items() if name in TABLES[table].names}
    for name in COLUMNS
    if name != "event_time"
}
