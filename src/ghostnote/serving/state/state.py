"""What the service remembers: the fold, which events it knows, and how far it has come. All of it follows the log."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.features.arriving import Arriving, Rows
from ghostnote.features.declaration import Feature
from ghostnote.features.fold import Fold
from ghostnote.serving.state.content import decode_content
from ghostnote.serving.state.log import Record
from ghostnote.serving.state.recent import Recent
from ghostnote.serving.state.seen import Seen, hashes_of
from ghostnote.serving.wire.columns import Events

#: Events that are folded together when the log is read again: any split gives the same.
_TOGETHER = 1 << 15


@dataclass
class State:
    """`address` and `position` are those of the next record of the log. `day` is the latest day of arrival."""

    fold: Fold
    arriving: Arriving
    recent: Recent
    seen: Seen = field(default_factory=Seen)
    address: int = 0
    position: int = 0
    day: date = date.min
    offsets: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls, features: Sequence[Feature], arriving: Callable[[frozenset[str]], Arriving], recent: int = 50_000
    ) -> "State":
        """Nothing remembered yet; `arriving` makes what turns events into rows with the given columns."""
        fold = Fold(features)
        state = cls(fold, Arriving(()), Recent(len(fold.features), recent))
        state.arriving = arriving(state.wanted)
        return state

    @property
    def wanted(self) -> frozenset[str]:
        """The columns that rows need."""
        return self.fold.columns | {"event_id", "account_id", "track_id", "artist_id"}

    @property
    def bytes(self) -> int:
        """Memory held, in bytes: the fold's state, known ids, recent accounts."""
        return self.fold.bytes + self.seen.bytes + self.recent.bytes

    def today(self, now: datetime) -> date:
        """The day of arrival: a clock that goes back does not bring a day back."""
        return max(self.day, now.astimezone(UTC).date())

    def follow(self, events: Sequence[Any], day: date) -> tuple[Rows, NDArray[np.float32]]:
        """Fold new events that arrived on `day`; returns their rows and features, (events, features)."""
        batch = Events.of(events)
        columns: dict[str, Any] = {**batch.columns, "event_time": batch.times}
        rows = self.arriving.rows(batch.kinds, columns, day)
        values = self.fold.update_rows(rows)
        self.recent.put(batch.accounts, batch.times, values)
        self.day = max(self.day, day)
        return rows, values

    def note(self, record: Record, hashes: NDArray[np.int64], offsets: dict[str, int]) -> None:
        """A record with events of these ids (see `seen.hashes_of`) was written."""
        self.seen.add(hashes, record.address)
        self.address, self.position = record.end, record.position + record.count
        self.offsets |= offsets

    def replay(self, found: Iterable[Record], until: Callable[[], bool] = lambda: False) -> int:
        """Follow the log again from where this state is; returns how many events that were."""
        waiting: list[Events] = []
        day, done, together = self.day, 0, 0
        for record in found:
            content = decode_content(record.content)
            arrived, events = date.fromordinal(content.day), Events.of(content.events)
            if waiting and (arrived != day or together >= _TOGETHER):
                self.follow(Events.joined(waiting), day)
                waiting, together = [], 0
            day = arrived
            if events:
                waiting.append(events)
            together, done = together + len(events), done + len(events)
            self.note(record, hashes_of(events.ids), content.offsets)
            if until():
                break
        if waiting:
            self.follow(Events.joined(waiting), day)
        return done
