"""Messages that are no events: set apart with where they came from, so that a mended one can be sent again."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

_LONGEST = 2_000


class Poison(msgspec.Struct, frozen=True):
    """A message that is no event: where it is, why, and its content: text, or base64 of what is none; cut at 2,000."""

    topic: str
    partition: int
    offset: int
    reason: str
    content: str
    encoding: str = "text"

    @classmethod
    def of(cls, message: Any, reason: str) -> "Poison":
        """From a message of the client's."""
        value: bytes = (message.value() or b"")[:_LONGEST]
        try:
            content, encoding = value.decode(), "text"
        except UnicodeDecodeError:
            content, encoding = base64.b64encode(value).decode(), "base64"
        return cls(message.topic(), message.partition(), message.offset(), reason, content, encoding)


def keeping(folder: Path, clock: Callable[[], datetime]) -> Callable[[Sequence[Poison]], None]:
    """Adds messages to `kafka-YYYY-MM-DD.jsonl` in a folder, one JSON document a line. Raises OSError."""

    def keep(found: Sequence[Poison]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        lines = b"".join(msgspec.json.encode(poison) + b"\n" for poison in found)
        with (folder / f"kafka-{clock():%Y-%m-%d}.jsonl").open("ab") as file:
            file.write(lines)

    return keep
