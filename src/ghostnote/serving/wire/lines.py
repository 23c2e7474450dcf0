"""Events as JSON lines: all at once where they are as they should be, one by one where any is not."""

from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

from ghostnote.serving.wire.columns import Events, with_values
from ghostnote.serving.wire.decisions import Rejected
from ghostnote.serving.wire.events import END_TIME, FIRST_TIME, NEEDS, Sent, columns_of, event_of
from ghostnote.serving.wire.moments import moments

_decode = msgspec.json.Decoder(Sent).decode_lines
_BREAK, _OPENS, _CLOSES = b"\n{}"
_times, _kinds = attrgetter("event_time"), attrgetter("kind")


def events_of_lines(body: bytes) -> tuple[Events, list[Rejected]]:
    """Events from JSON lines, and the lines that break the contract. Blank lines are left out."""
    whole = _at_once(body.removesuffix(b"\n"))
    if whole is not None:
        return whole, []
    events, rejected = [], []
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line or line.isspace():
            continue
        try:
            events.append(event_of(line))
        except ValueError as error:
            rejected.append(Rejected(number, str(error)))
    return Events.of(events), rejected


def _at_once(body: bytes) -> Events | None:
    """All events if each stands on a line of its own, has the right types and all that its kind needs; else None."""
    try:
        events = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not events or not _one_a_line(body, len(events)):
        return None
    times = moments(list(map(_times, events)))
    if times is None or int(times.min()) < FIRST_TIME or int(times.max()) >= END_TIME:
        return None
    kinds = list(map(_kinds, events))
    columns = columns_of(events, kinds, empty=False)
    if not complete(kinds, columns):
        return None
    return Events(kinds, times, with_values(columns, len(kinds)))


def _one_a_line(body: bytes, events: int) -> bool:
    """Whether so many JSON objects stand one on a line.

    An object that ends where a line does, before one that begins where the next does, is not inside of another: there a
    comma would stand between them.
    """
    text = np.frombuffer(body, dtype=np.uint8)
    breaks = np.flatnonzero(text == _BREAK)
    if len(breaks) != events - 1 or text[0] != _OPENS or text[-1] != _CLOSES:
        return False
    return bool((text[breaks - 1] == _CLOSES).all() and (text[breaks + 1] == _OPENS).all())


def complete(kinds: list[str], columns: dict[str, list[Any]]) -> bool:
    """Whether every event has what its kind needs."""
    there = set(kinds)
    for kind in there:
        for name in NEEDS[kind]:
            values = columns[name]
            if None in values and (len(there) == 1 or (kind, None) in zip(kinds, values, strict=True)):
                return False
    return True
