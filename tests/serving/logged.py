"""A log with plays and what was decided about them, for those that follow it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ghostnote.serving.state.content import Content, encode_content
from ghostnote.serving.state.log import Log
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import Event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Logged:
    """Writes records of plays; the numbers of events go on."""

    def __init__(self, root: Path, **given: Any) -> None:
        self.folder = root / "log"
        self.positions = root / "positions"
        self.log = Log(self.folder, **given)

    def end(self) -> int:
        """Up to where the log is on disk."""
        return self.log.end

    def write(self, verdicts: Sequence[str]) -> None:
        """One record: a play for each verdict."""
        first = self.log.position
        events = [
            Event("play", f"e{first + place}", NOON, f"a{(first + place) % 3}", track_id="t", ms_played=40_000)
            for place in range(len(verdicts))
        ]
        made = [Verdict(verdict, 0.5, False, "allow", (), None, "bundle", "policy") for verdict in verdicts]
        self.log.append(len(events), encode_content(Content(NOON.toordinal(), events, made)))
