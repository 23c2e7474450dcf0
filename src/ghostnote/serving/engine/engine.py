"""Takes events in: each once, folded, judged, decided and on disk before anybody hears of it."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.arriving import Rows
from ghostnote.serving.state.content import Content, decode_content, encode_content, numbered
from ghostnote.serving.state.log import Log, Record, record_at
from ghostnote.serving.state.seen import hashes_of
from ghostnote.serving.state.state import State
from ghostnote.serving.telemetry.metrics import Metrics
from ghostnote.serving.wire.decisions import Decided, Verdict


class CannotWriteError(GhostnoteError):
    """The log cannot be written: nothing more is taken in until it can."""


class Decider(Protocol):
    """Who decides about events, given their rows and features, (events, features)."""

    def decide(self, events: Sequence[Any], rows: Rows, values: NDArray[np.float32]) -> list[Verdict]:
        """One verdict an event."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Events that were folded: what was decided about new ones, by event_id, and what was known of the others.

    `first`: where each new one stands. `late` of them were older than the latest of their keys.
    """

    ids: Sequence[str]
    fresh: Sequence[Any]
    made: dict[str, Decided]
    first: dict[str, int]
    known: dict[str, Decided]
    verdicts: Sequence[Verdict]
    late: int


@dataclass(slots=True)
class _Owed:
    """What is in the state, and not yet in the log; `record` once it is."""

    content: Content
    hashes: NDArray[np.int64]
    record: Record | None = None


class Engine:
    """`state` follows `log`. After a failed write nothing is taken in until what was folded is on disk.

    `take` does all. Whoever wants to do something else while the disk is busy calls `fold`, `write` in another thread,
    `written`, `decided`, in this order, and one after the other.
    """

    def __init__(self, state: State, log: Log, decider: Decider) -> None:
        self.state, self.log, self.decider = state, log, decider
        #: New events since the start.
        self.events = 0
        self.metrics: Metrics | None = None
        self._seconds: dict[str, float] = {}
        self._owed: _Owed | None = None

    def take(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> list[Decided]:
        """The decision on each event, in order; a known one gets what was decided when it came first.

        When this returns, all of them are on disk. Raises CannotWriteError if they are not.
        """
        if self.owes:
            self.write()
            self.written()
        taken = self.fold(events, now, offsets)
        if self.owes:
            self.write()
            self.written()
        return self.decided(taken)

    @property
    def owes(self) -> bool:
        """Whether something that was folded is not in the log."""
        return self._owed is not None

    def fold(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> Taken:
        """Fold and decide about events that are new. Nothing may be owed."""
        ids = [event.event_id for event in events]
        hashes = hashes_of(ids)
        known = self._known(ids, hashes)
        first: dict[str, int] = {}
        for place, name in enumerate(ids):
            if name not in known:
                first.setdefault(name, place)
        places = list(first.values())
        fresh = [events[place] for place in places] if len(places) < len(events) else list(events)
        self._seconds = {}
        if not fresh and not offsets:
            return Taken(ids, (), {}, first, known, (), 0)
        late, position = self.state.fold.late, self.state.position
        content = self._content(fresh, now, offsets or {})
        both = zip(fresh, content.decisions, strict=True)
        made = {e.event_id: _told(e, verdict, position + place) for place, (e, verdict) in enumerate(both)}
        self._owed = _Owed(content, hashes[places] if len(places) < len(events) else hashes)
        return Taken(ids, fresh, made, first, known, content.decisions, self.state.fold.late - late)

    def write(self) -> None:
        """Write what is owed to the log, and wait until it is on disk. Raises CannotWriteError."""
        owed = self._owed
        assert owed is not None
        began = time.perf_counter()
        try:
            owed.record = self.log.append(len(owed.content.events), encode_content(owed.content))
        except OSError as error:
            raise CannotWriteError(
                f"Events cannot be kept ({why_not(self.log.folder, error)}): make room, then send them again."
            ) from error
        self._seconds["log"] = time.perf_counter() - began

    def written(self) -> None:
        """What was owed is on disk: it is known from now on."""
        owed = self._owed
        assert owed is not None
        assert owed.record is not None
        self.state.note(owed.record, owed.hashes, owed.content.offsets)
        self._owed = None

    def decided(self, taken: Taken) -> list[Decided]:
        """The decision on each event, in order."""
        self._count(taken)
        made, first, known = taken.made, taken.first, taken.known
        if len(taken.fresh) == len(taken.ids):
            return list(made.values())
        return [
            made[name] if first.get(name) == place else _repeated(known.get(name) or made[name])
            for place, name in enumerate(taken.ids)
        ]

    def _content(self, fresh: Sequence[Any], now: datetime, offsets: dict[str, int]) -> Content:
        day = self.state.today(now)
        verdicts: list[Verdict] = []
        if fresh:
            began = time.perf_counter()
            rows, values = self.state.follow(fresh, day)
            folded = time.perf_counter()
            verdicts = self.decider.decide(fresh, rows, values)
            self._seconds |= {"fold": folded - began, "decide": time.perf_counter() - folded}
        return Content(day.toordinal(), list(fresh), verdicts, offsets)

    def _known(self, ids: Sequence[str], hashes: NDArray[np.int64]) -> dict[str, Decided]:
        """What was decided about those ids that the log holds."""
        addresses = self.state.seen.find(hashes)
        found: dict[str, Decided] = {}
        for address in np.unique(addresses[addresses >= 0]).tolist():
            asked = {ids[place] for place in np.flatnonzero(addresses == address).tolist()}
            found |= decisions_at(self.log.folder, address, asked)
        return found

    def _count(self, taken: Taken) -> None:
        fresh, asked = taken.fresh, len(taken.ids)
        self.events += len(fresh)
        if self.metrics is None:
            return
        self.metrics.call(asked, self._seconds)
        self.metrics.events(len(fresh), late=taken.late, repeated=asked - len(fresh))
        self.metrics.decided(Counter((e.kind, made.verdict) for e, made in zip(fresh, taken.verdicts, strict=True)))


def decisions_at(folder: Path, address: int, ids: set[str] | None = None) -> dict[str, Decided]:
    """The decisions in one record of the log by event_id, all or those asked for; none if it was dropped."""
    record = record_at(folder, address)
    if record is None:
        return {}
    return {
        event.event_id: _told(event, made, position)
        for position, event, made in numbered(record, decode_content(record.content))
        if ids is None or event.event_id in ids
    }


def _told(event: Any, made: Verdict, position: int) -> Decided:
    return Decided(*made.parts(), event_id=event.event_id, kind=event.kind, position=position)


def _repeated(decided: Decided) -> Decided:
    return replace(decided, repeated=True)
