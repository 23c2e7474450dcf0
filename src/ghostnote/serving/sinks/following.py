"""Decisions for others, read from the log from where each of them got to: nothing waits in memory, nothing is lost.

A position is kept in a file once what lies before it was delivered. After a crash the last delivery may come again: at
least once, in the log's order. Receivers know it by the decisions' `position`, which is never given twice.
"""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.engine import decided_in
from ghostnote.serving.state.log import Record, records
from ghostnote.serving.state.places import write_whole
from ghostnote.serving.telemetry.logs import Log
from ghostnote.serving.wire.bodies import Decided

_SUFFIX = ".position"
_IDLE_S = 0.05
#: With nothing to deliver, the position is written so often at most: each time is a sync.
_NOTE_EVERY_S = 1.0
_AFTER_FAILURE_S = 1.0


class Told(msgspec.Struct, frozen=True):
    """A decision as others get it: what `bodies.Decided` says, whose event it was, and when it happened."""

    position: int
    kind: str
    event_id: str
    account_id: str
    event_time: datetime
    verdict: str
    score: float | None
    marked: bool
    account: str
    reasons: tuple[str, ...]
    campaign_id: str | None
    bundle: str
    policy: str


@dataclass(frozen=True)
class Batch:
    """Decisions to be delivered together, in the log's order, and the events that they are about; never empty."""

    decisions: tuple[Told, ...]
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
        self._waiting: list[tuple[Any, Decided]] = []
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
        return Batch(tuple(_told(event, made) for event, made in chosen), tuple(event for event, _ in chosen))

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

    def _wanted(self, record: Record) -> list[tuple[Any, Decided]]:
        both = decided_in(record)
        return [(event, made) for event, made in both if not self._verdicts or made.verdict in self._verdicts]

    def _note(self) -> None:
        write_whole(self._path, str(self.address).encode())
        self._noted, self._noted_at = self.address, time.monotonic()


class Deliver(Protocol):
    """Delivers a batch, however long it takes: True once it is, False if it gave up because `stopping` was set."""

    def __call__(self, batch: Batch, stopping: threading.Event) -> bool: ...

    def close(self) -> None:
        """Let connections go; nothing more is delivered."""


class Sink:
    """Delivers what a follower reads, in a thread of its own."""

    def __init__(self, name: str, follower: Follower, deliver: Deliver, log: Log) -> None:
        self.name, self.follower = name, follower
        self._deliver, self._log = deliver, log
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, *, drain: bool = False) -> None:
        """Deliver nothing more; with `drain`, first what is in the log, if the receiver takes it at once."""
        deadline = time.monotonic() + 5.0
        while drain and self._thread.is_alive() and self.follower.behind and time.monotonic() < deadline:
            time.sleep(_IDLE_S)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._follow()
        finally:
            self._deliver.close()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                batch = self.follower.next()
                if batch is None:
                    self._stopping.wait(_IDLE_S)
                elif self._deliver(batch, self._stopping):
                    self.follower.done()
            except Exception as error:
                # Whatever it was, the log has it still.
                self._log.error("A delivery failed and will be tried again.", error=error, sink=self.name)
                self._stopping.wait(_AFTER_FAILURE_S)


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


def _told(event: Any, made: Decided) -> Told:
    return Told(
        made.position,
        made.kind,
        made.event_id,
        event.account_id,
        event.event_time,
        made.verdict,
        made.score,
        made.marked,
        made.account,
        made.reasons,
        made.campaign_id,
        made.bundle,
        made.policy,
    )
