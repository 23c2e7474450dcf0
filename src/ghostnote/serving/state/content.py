"""What a record of the log holds, as bytes and as events with what was decided about them."""

from typing import Any

import msgspec

from ghostnote.serving.state.log import Record
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import Event


class Content(msgspec.Struct, array_like=True, frozen=True):
    """A record of the log. `day` (proleptic ordinal) is when its events arrived; `offsets` are how far their source was
    read, by source.
    """

    day: int
    events: list[Event]
    decisions: list[Verdict]
    offsets: dict[str, int] = {}


encode_content = msgspec.msgpack.Encoder().encode
decode_content = msgspec.msgpack.Decoder(Content).decode


def numbered(record: Record, content: Content) -> list[tuple[int, Any, Verdict]]:
    """A record's events in order, each with its position and what was decided about it."""
    both = zip(content.events, content.decisions, strict=True)
    return [(record.position + place, event, made) for place, (event, made) in enumerate(both)]
