"""Takes events in: each once, folded, judged, decided and on disk before anybody hears of it."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.arriving import Rows
from ghostnote.serving.engine.answers import Answers, told
from ghostnote.serving.state.content import Content, decode_content, encode_content
from ghostnote.serving.state.log import Log, Record, record_at
from ghostnote.serving.state.seen import hashes_of
from ghostnote.serving.state.state import State
from ghostnote.serving.telemetry.metrics import Metrics
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Decided, Verdict
from ghostnote.serving.wire.verdicts import Verdicts


class CannotWriteError(GhostnoteError):
    """The log cannot be written: nothing more is taken in until it can."""


class Decider(Protocol):
    """Who decides about events, given their rows and features, (events, features)."""

    def decide(self, events: Events, rows: Rows, values: NDArray[np.float32]) -> Sequence[Verdict]:
        """One verdict an event."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Events that were folded: `fresh` are the new ones, with what was decided about each.

    `late` of them were older than the latest of their keys. `places`: see `Answers`.
    """

    events: Events
    fresh: Events
    verdicts: Verdicts
    position: int
    places: Sequence[int] | None
    known: dict[str, Decided]
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

    def take(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> Answers:
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
        batch = Events.of(events)
        ids = batch.ids
        hashes = hashes_of(ids)
        known = self._known(ids, hashes)
        places, first = None, None
        if known or len(set(ids)) < len(ids):
            places, first = _new_among(ids, known)
        fresh = batch if first is None else batch.taken(first)
        self._seconds = {}
        late, position = self.state.fold.late, self.state.position
        verdicts = Verdicts.of(())
        if fresh or offsets:
            day = self.state.today(now)
            verdicts = self._decided(fresh, day)
            content = Content(day.toordinal(), fresh, verdicts, offsets or {})
            self._owed = _Owed(content, hashes if first is None else hashes[first])
        return Taken(batch, fresh, verdicts, position, places, known, self.state.fold.late - late)

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

    def decided(self, taken: Taken) -> Answers:
        """The decision on each event, in order."""
        self._count(taken)
        return Answers(taken.events, taken.verdicts, taken.position, taken.places, taken.known)

    def _decided(self, fresh: Events, day: date) -> Verdicts:
        if not fresh:
            return Verdicts.of(())
        began = time.perf_counter()
        rows, values = self.state.follow(fresh, day)
        folded = time.perf_counter()
        verdicts = Verdicts.of(self.decider.decide(fresh, rows, values))
        self._seconds |= {"fold": folded - began, "decide": time.perf_counter() - folded}
        return verdicts

    def _known(self, ids: Sequence[str], hashes: NDArray[np.int64]) -> dict[str, Decided]:
        """What was decided about those ids that the log holds."""
        addresses = self.state.seen.find(hashes)
        found: dict[str, Decided] = {}
        if (addresses < 0).all():
            return found
        for address in np.unique(addresses[addresses >= 0]).tolist():
            asked = {ids[place] for place in np.flatnonzero(addresses == address).tolist()}
            found |= decisions_at(self.log.folder, address, asked)
        return found

    def _count(self, taken: Taken) -> None:
        fresh, asked = taken.fresh, len(taken.events)
        self.events += len(fresh)
        if self.metrics is None:
            return
        self.metrics.call(asked, self._seconds)
        self.metrics.events(len(fresh), late=taken.late, repeated=asked - len(fresh))
        self.metrics.decided(taken.verdicts.counts(fresh.kinds))


def decisions_at(folder: Path, address: int, ids: set[str] | None = None) -> dict[str, Decided]:
    """The decisions in one record of the log by event_id, all or those asked for; none if it was dropped."""
    record = record_at(folder, address)
    if record is None:
        return {}
    content = decode_content(record.content)
    events, verdicts = Events.of(content.events), content.decisions
    return {
        name: told(name, events.kinds[place], verdicts[place], record.position + place)
        for place, name in enumerate(events.ids)
        if ids is None or name in ids
    }


def _new_among(ids: Sequence[str], known: Collection[str]) -> tuple[list[int], list[int]]:
    """Where each id is among the new ones, -1 if it is not new; and where each new one stands first."""
    first: dict[str, int] = {}
    for place, name in enumerate(ids):
        if name not in known:
            first.setdefault(name, place)
    new = {name: place for place, name in enumerate(first)}
    return [new.get(name, -1) for name in ids], list(first.values())
