"""Takes events in: each once, folded, judged, decided and on disk before anybody hears of it."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.arriving import Rows
from ghostnote.serving.engine.answers import Answers, told
from ghostnote.serving.state.content import Content, decode_content, encode_content, joined
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

    `late` of them were older than the latest of their keys. `places`: see `Answers`. `seconds`: of what, by stage.
    `owed`: whether the log lacks anything of it.
    """

    events: Events
    fresh: Events
    verdicts: Verdicts
    position: int
    places: Sequence[int] | None
    known: dict[str, Decided]
    late: int
    seconds: dict[str, float]
    owed: bool


@dataclass(frozen=True, slots=True)
class _Owed:
    """What is in the state, and not yet in the log."""

    content: Content
    hashes: NDArray[np.int64]


@dataclass(slots=True)
class Draft:
    """What is owed, as far as one record holds it: `content` are its bytes, `record` is there once they are on disk."""

    owed: list[_Owed]
    content: bytes
    count: int
    offsets: dict[str, int]
    record: Record | None = None


class Engine:
    """`state` follows `log`.

    `take` does all. Whoever wants to do something else while the disk is busy calls `fold`, as often as there is
    something to fold, and then, until nothing is owed, `draft`, `write` in another thread, and `written`; `decided`
    once what was folded is written. What is folded during a write makes the next draft together. After a failed write
    nothing may be folded until what is owed is on disk.
    """

    def __init__(self, state: State, log: Log, decider: Decider) -> None:
        self.state, self.log, self.decider = state, log, decider
        #: New events since the start.
        self.events = 0
        self.metrics: Metrics | None = None
        self._owed: list[_Owed] = []
        self._unwritten: set[str] = set()

    def take(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> Answers:
        """The decision on each event, in order; a known one gets what was decided when it came first.

        When this returns, all of them are on disk. Raises CannotWriteError if they are not.
        """
        self._write_all()
        taken = self.fold(events, now, offsets)
        self._write_all()
        return self.decided(taken)

    def _write_all(self) -> None:
        while self.owes:
            draft = self.draft()
            self.write(draft)
            self.written(draft)

    @property
    def owes(self) -> bool:
        """Whether something that was folded is not in the log."""
        return bool(self._owed)

    def is_owed(self, events: Events) -> bool:
        """Whether one of these is folded and not written: it cannot be folded again, nor its decision be told yet."""
        return bool(self._unwritten) and not self._unwritten.isdisjoint(events.ids)

    def fold(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> Taken:
        """Fold and decide about events that are new. None of them may be owed."""
        batch = Events.of(events)
        ids = batch.ids
        hashes = hashes_of(ids)
        known = self._known(ids, hashes)
        places, first = None, None
        if known or len(set(ids)) < len(ids):
            places, first = _new_among(ids, known)
        fresh = batch if first is None else batch.taken(first)
        late, position, seconds = self.state.fold.late, self._position, dict[str, float]()
        verdicts = Verdicts.of(())
        owed = bool(fresh or offsets)
        if owed:
            day = self.state.today(now)
            verdicts = self._decided(fresh, day, seconds)
            content = Content(day.toordinal(), fresh, verdicts, offsets or {})
            self._owed.append(_Owed(content, hashes if first is None else hashes[first]))
            self._unwritten.update(fresh.ids if fresh else ())
        return Taken(batch, fresh, verdicts, position, places, known, self.state.fold.late - late, seconds, owed)

    @property
    def _position(self) -> int:
        """That of the next event."""
        return self.state.position + sum(len(each.content.events) for each in self._owed)

    def draft(self) -> Draft:
        """What is owed, as one record: all of it that arrived on the same day. Something must be owed."""
        day = self._owed[0].content.day
        owed = list(takewhile(lambda each: each.content.day == day, self._owed))
        together = joined([each.content for each in owed])
        return Draft(owed, encode_content(together), len(together.events), together.offsets)

    def write(self, draft: Draft) -> None:
        """Write a draft to the log, and wait until it is on disk. Raises CannotWriteError; then it is still owed."""
        began = time.perf_counter()
        try:
            draft.record = self.log.append(draft.count, draft.content)
        except OSError as error:
            raise CannotWriteError(
                f"Events cannot be kept ({why_not(self.log.folder, error)}): make room, then send them again."
            ) from error
        if self.metrics is not None:
            self.metrics.stage("log", time.perf_counter() - began)

    def written(self, draft: Draft) -> None:
        """A draft is on disk: what is in it is known from now on."""
        record = draft.record
        assert record is not None
        for each in draft.owed:
            self._unwritten.difference_update(Events.of(each.content.events).ids if each.content.events else ())
        self.state.note(record, np.concatenate([each.hashes for each in draft.owed]), draft.offsets)
        del self._owed[: len(draft.owed)]

    def decided(self, taken: Taken) -> Answers:
        """The decision on each event, in order."""
        self._count(taken)
        return Answers(taken.events, taken.verdicts, taken.position, taken.places, taken.known)

    def _decided(self, fresh: Events, day: date, seconds: dict[str, float]) -> Verdicts:
        if not fresh:
            return Verdicts.of(())
        began = time.perf_counter()
        rows, values = self.state.follow(fresh, day)
        folded = time.perf_counter()
        verdicts = Verdicts.of(self.decider.decide(fresh, rows, values))
        seconds |= {"fold": folded - began, "decide": time.perf_counter() - folded}
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
        self.metrics.call(asked, taken.seconds)
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
