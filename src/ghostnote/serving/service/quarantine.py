"""Rows that break the contract, kept with their reasons for people to look at."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from ghostnote.serving.wire.decisions import Rejected

#: What is kept of a day.
_BYTES = 256 << 20
_LONGEST_ROW = 2000


def set_apart(folder: Path, day: date, rejected: Sequence[Rejected], rows: Sequence[bytes]) -> None:
    """Add rejected ones among `rows` to the day's file, as long as it has room. Raises OSError."""
    path = folder / f"rejected-{day.isoformat()}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if file.tell() > _BYTES:
            return
        for each in rejected:
            content = rows[each.row - 1][:_LONGEST_ROW].decode("utf-8", "replace")
            file.write(msgspec.json.encode({"reason": each.reason, "content": content}) + b"\n")
