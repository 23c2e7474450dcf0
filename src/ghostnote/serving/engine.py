"""Takes events in: each once, folded, judged, decided and on disk before anybody hears of it. One thread calls it."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.arriving import Rows
from ghostnote.serving.bodies import Decided
from ghostnote.serving.log import Log, Record, record_at
from ghostnote.serving.metrics import Metrics
from ghostnote.serving.seen import hashes_of
from ghostnote.serving.state import Content, State, Verdict, decode_content, encode_content


class CannotWriteError(GhostnoteError):
    """The log cannot be written: nothing more is taken in until it can."""


class Decider(Protocol):
    """Who decides about events, given their rows and features, (events, features)."""

    def decide(self, events: Sequence[Any], rows: Rows, values: NDArray[np.float32]) -> list[Verdict]:
        """One verdict an event."""


class Engine:
    """`state` follows `log`. After a failed write nothing is taken in until what was folded is on disk."""

    def __init__(self, state: State, log: Log, decider: Decider) -> None:
        self.state, self.log, self.decider = state, log, decider
        #: New events since the start.
        self.events = 0
        self.metrics: Metrics | None = None
        self._seconds: dict[str, float] = {}
        #: What is in the state but not yet in the log: the disk was full.
        self._owed: tuple[Content, NDArray[np.int64]] | None = None

    def take(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> list[Decided]:
        """The decision on each event, in order; a known one gets what was decided when it came first.

        When this returns, all of them are on disk. Raises CannotWriteError if they are not.
        """
        self._pay()
        ids = [event.event_id for event in events]
        hashes = hashes_of(ids)
        known = self._known(ids, hashes)
        first: dict[str, int] = {}
        for place, name in enumerate(ids):
            if name not in known:
                first.setdefault(name, place)
        places = list(first.values())
        fresh = [events[place] for place in places] if len(places) < len(events) else list(events)
        position = self.state.position
        made: dict[str, Decided] = {}
        late, verdicts = self.state.fold.late, []
        self._seconds = {}
        if fresh or offsets:
            content = self._decided(fresh, now, offsets or {})
            verdicts = content.decisions
            both = zip(fresh, content.decisions, strict=True)
            made = {e.event_id: _told(e, verdict, position + place) for place, (e, verdict) in enumerate(both)}
            self._owed = content, hashes[places] if len(places) < len(events) else hashes
            self._pay()
        self._count(len(events), fresh, verdicts, self.state.fold.late - late)
        if len(fresh) == len(events):
            return list(made.values())
        return [
            made[name] if first.get(name) == place else _repeated(known.get(name) or made[name])
            for place, name in enumerate(ids)
        ]

    def _decided(self, fresh: Sequence[Any], now: datetime, offsets: dict[str, int]) -> Content:
        day = self.state.today(now)
        verdicts: list[Verdict] = []
        if fresh:
            began = time.perf_counter()
            rows, values = self.state.follow(fresh, day)
            folded = time.perf_counter()
            verdicts = self.decider.decide(fresh, rows, values)
            self._seconds |= {"fold": folded - began, "decide": time.perf_counter() - folded}
        return Content(day.toordinal(), list(fresh), verdicts, offsets)

    def _pay(self) -> None:
        """Write what is owed to the log."""
        if self._owed is None:
            return
        content, hashes = self._owed
        began = time.perf_counter()
        try:
            record = self.log.append(len(content.events), encode_content(content))
        except OSError as error:
            raise CannotWriteError(
                f"Events cannot be kept ({why_not(self.log.folder, error)}): make room, then send them again."
            ) from error
        self._owed = None
        self._seconds["log"] = time.perf_counter() - began
        self.state.note(record, hashes, content.offsets)

    def _known(self, ids: Sequence[str], hashes: NDArray[np.int64]) -> dict[str, Decided]:
        """What was decided about those ids that the log holds."""
        addresses = self.state.seen.find(hashes)
        found: dict[str, Decided] = {}
        for address in np.unique(addresses[addresses >= 0]).tolist():
            asked = {ids[place] for place in np.flatnonzero(addresses == address).tolist()}
            found |= decisions_at(self.log.folder, address, asked)
        return found

    def _count(self, asked: int, fresh: Sequence[Any], made: Sequence[Verdict], late: int) -> None:
        self.events += len(fresh)
        if self.metrics is None:
            return
        self.metrics.call(asked, self._seconds)
        self.metrics.events("http", len(fresh), late=late, repeated=asked - len(fresh))
        self.metrics.decided(Counter((e.kind, verdict.verdict) for e, verdict in zip(fresh, made, strict=True)))


def decisions_at(folder: Path, address: int, ids: set[str] | None = None) -> dict[str, Decided]:
    """The decisions in one record of the log by event_id, all or those asked for; none if it was dropped."""
    record = record_at(folder, address)
    if record is None:
        return {}
    return {event.event_id: made for event, made in decided_in(record) if ids is None or event.event_id in ids}


def decided_in(record: Record) -> list[tuple[Any, Decided]]:
    """The events of a record of the log, each with what was decided about it."""
    content = decode_content(record.content)
    both = zip(content.events, content.decisions, strict=True)
    return [(event, _told(event, verdict, record.position + place)) for place, (event, verdict) in enumerate(both)]


def _told(event: Any, made: Verdict, position: int) -> Decided:
    return Decided(
        event.event_id,
        event.kind,
        made.verdict,
        position,
        made.score,
        made.marked,
        made.account,
        made.reasons,
        made.campaign_id,
        made.bundle,
        made.policy,
    )


def _repeated(decided: Decided) -> Decided:
    return msgspec.structs.replace(decided, repeated=True)
