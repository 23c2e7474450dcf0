"""Decisions for others, read from the log from where each of them got to: nothing waits in memory, nothing is lost.

A position is kept in a file once what lies before it was delivered. After a crash the last delivery may come again: at
least once, in the log's order. Receivers know it by the decisions' `position`, which is never given twice.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ghostnote.errors import GhostnoteError
from ghostnote.serving.state.content import decode_content
from ghostnote.serving.state.log import Record, records
from ghostnote.serving.state.pages import write_whole
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.verdicts import Verdicts

_SUFFIX = ".position"
#: With nothing to deliver, the position is written so often at most: each time is a sync.
_NOTE_EVERY_S = 1.0


class Delivered(Verdict, array_like=False, frozen=True, kw_only=True):
    """A decision as others get it: what was decided, about which event, whose, and when it happened."""

    position: int
    kind: str
    event_id: str
    account_id: str
    event_time: datetime


@dataclass(frozen=True)
class Batch:
    """Decisions to be delivered together, in the log's order, and the events that they are about; never empty."""

    decisions: tuple[Delivered, ...]
    events: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Positions of the first and the last decision."""
        return f"{self.decisions[0].position}-{self.decisions[-1].position}"


class Follower:
    """Reads the log of a running service for one receiver.

    `end` says up to which address the log is on disk: what lies beyond could still be lost, and nobody is told of it.
    """

    def __init__(
        self,
        log: Path,
        positions: Path,
        name: str,
        end: Callable[[], int],
        *,
        most: int,
        verdicts: Collection[str] = (),
    ) -> None:
        """Go on where this receiver got to; a new one begins at the end.

        most: decisions in a batch. verdicts: those that the receiver wants, none for all. Raises `GhostnoteError` if
        the position cannot be read or written.
        """
        self._log, self._path, self._end = log, positions / f"{name}{_SUFFIX}", end
        self._most, self._verdicts = most, frozenset(verdicts)
        self._waiting: list[tuple[int, Any, Verdict]] = []
        self._given = 0
        self._noted_at = 0.0
        try:
            positions.mkdir(parents=True, exist_ok=True)
            self._noted = int(self._path.read_text()) if self._path.exists() else -1
            #: The log ends before what was delivered from it: it was put back from a copy. What comes next is new.
            self.put_back = self._noted > end()
            self.address = self._after = end() if self._noted < 0 or self.put_back else self._noted
            if self.address != self._noted:
                self._note()
        except (OSError, ValueError) as error:
            raise GhostnoteError(f"The position {self._path} cannot be used ({error}): remove or mend it.") from error

    @property
    def behind(self) -> int:
        """Bytes of the log that were not delivered yet."""
        return max(0, self._end() - self.address)

    def next(self) -> Batch | None:
        """What comes next, again if it was not done; None for nothing. Raises `GhostnoteError` if the log lost it."""
        if not self._waiting:
            self._fill()
        chosen = self._waiting[: self._most]
        self._given = len(chosen)
        if not chosen:
            return None
        return Batch(tuple(_delivered(*each) for each in chosen), tuple(event for _, event, _ in chosen))

    def done(self) -> None:
        """The batch was delivered. Raises OSError if that cannot be noted: then it will be delivered again."""
        del self._waiting[: self._given]
        self._given = 0
        if not self._waiting:
            self.address = self._after
            self._note()

    def _fill(self) -> None:
        end = self._end()
        if self.address >= end:
            return
        for record in records(self._log, self.address or None):
            if record.end > end:
                break
            self._waiting += self._wanted(record)
            self._after = record.end
            if len(self._waiting) >= self._most:
                break
        if not self._waiting:
            self.address = self._after
            if self._noted != self.address and time.monotonic() - self._noted_at > _NOTE_EVERY_S:
                self._note()

    def _wanted(self, record: Record) -> list[tuple[int, Any, Verdict]]:
        content = decode_content(record.content)
        events, verdicts = Events.of(content.events), Verdicts.of(content.decisions)
        wanted = np.array([not self._verdicts or made.verdict in self._verdicts for made in verdicts.said], dtype=bool)
        places = np.flatnonzero(wanted[verdicts.which]).tolist()
        chosen = zip(events.taken(places), places, strict=True)
        return [(record.position + place, event, verdicts[place]) for event, place in chosen]

    def _note(self) -> None:
        write_whole(self._path, str(self.address).encode())
        self._noted, self._noted_at = self.address, time.monotonic()


def forget_others(positions: Path, names: Collection[str]) -> list[str]:
    """Remove the positions of receivers that are not among `names`: they would keep the log from ever getting shorter.

    Returns whose they were.
    """
    gone = []
    for path in sorted(positions.glob(f"*{_SUFFIX}")):
        if path.stem not in names:
            path.unlink(missing_ok=True)
            gone.append(path.stem)
    return gone


def _delivered(position: int, event: Any, made: Verdict) -> Delivered:
    return Delivered(
        *made.parts(),
        position=position,
        kind=event.kind,
        event_id=event.event_id,
        account_id=event.account_id,
        event_time=event.event_time,
    )
