"""What a record of the log holds, as bytes and as events with what was decided about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import Event
from ghostnote.serving.wire.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Content:
    """A record of the log. `day` (proleptic ordinal) is when its events arrived; `offsets` are how far their source was
    read, by source.
    """

    day: int
    events: Sequence[Any]
    decisions: Sequence[Verdict]
    offsets: dict[str, int] = field(default_factory=dict)


class _WrittenEvents(msgspec.Struct, frozen=True):
    """Events; `kinds` is one text if all are of one kind, `times` are its int64 as bytes."""

    kinds: str | list[str]
    times: bytes
    columns: dict[str, list[Any]]


class _WrittenDecisions(msgspec.Struct, frozen=True):
    """Verdicts; arrays as bytes."""

    said: list[Verdict]
    which: bytes
    scores: bytes
    marked: bytes


class _Written(msgspec.Struct, array_like=True, frozen=True):
    """A record as bytes. Segments of format 1 have every event and every verdict by itself."""

    day: int
    events: _WrittenEvents | list[Event]
    decisions: _WrittenDecisions | list[Verdict]
    offsets: dict[str, int] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Written).decode


def joined(parts: Sequence[Content]) -> Content:
    """Contents of the same day that follow one another, as one."""
    if len(parts) == 1:
        return parts[0]
    offsets: dict[str, int] = {}
    for part in parts:
        offsets |= part.offsets
    there = [part for part in parts if part.events]
    events = Events.joined([Events.of(part.events) for part in there])
    decisions = Verdicts.joined([Verdicts.of(part.decisions) for part in there])
    return Content(parts[0].day, events, decisions, offsets)


def encode_content(content: Content) -> bytes:
    """A record's bytes."""
    events, made = Events.of(content.events), Verdicts.of(content.decisions)
    kinds = list(events.kinds)
    one = bool(kinds) and kinds.count(kinds[0]) == len(kinds)
    columns = _WrittenEvents(kinds[0] if one else kinds, events.times.tobytes(), events.columns)
    decisions = _WrittenDecisions(list(made.said), made.which.tobytes(), made.scores.tobytes(), made.marked.tobytes())
    return _encode(_Written(content.day, columns, decisions, content.offsets))


def decode_content(data: bytes) -> Content:
    """What `encode_content` wrote, or an earlier version; events as `Events`, decisions as `Verdicts`."""
    written = _decode(data)
    return Content(written.day, _events(written.events), _decisions(written.decisions), written.offsets)


def _events(written: _WrittenEvents | list[Any]) -> Events:
    if not isinstance(written, _WrittenEvents):
        return Events.of(written)
    times = np.frombuffer(written.times, dtype=np.int64)
    kinds = [written.kinds] * len(times) if isinstance(written.kinds, str) else written.kinds
    return Events(kinds, times, written.columns)


def _decisions(written: _WrittenDecisions | list[Verdict]) -> Verdicts:
    if not isinstance(written, _WrittenDecisions):
        return Verdicts.of(written)
    return Verdicts(
        written.said,
        np.frombuffer(written.which, dtype=np.int32),
        np.frombuffer(written.scores, dtype=np.float64),
        np.frombuffer(written.marked, dtype=np.bool_),
    )
