"""Takes events in: each once, folded, judged, decided and on disk before anybody hears of it. One thread calls it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.inline import decide_inline
from ghostnote.decisions.standing import Standing
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.arriving import Rows
from ghostnote.scoring.live import Live
from ghostnote.serving.bodies import Decided
from ghostnote.serving.log import Log, Record, record_at
from ghostnote.serving.state import Content, State, Verdict, decode_content, encode_content


class CannotWriteError(GhostnoteError):
    """The log cannot be written: nothing more is taken in until it can."""


@dataclass
class Deciding:
    """Who decides: detectors, a policy, and how accounts stand; replaced as one."""

    live: Live
    bundle: str
    policy: str
    standing: Standing = field(default_factory=Standing)

    def decide(self, events: Sequence[Any], rows: Rows, values: NDArray[np.float32]) -> list[Verdict]:
        """One verdict an event; see `inline.decide_inline`."""
        opinions = self.live.opinions([event.kind for event in events], values)
        artists = rows.get("artist_id") or [None] * len(events)
        found = []
        for event, artist, opinion in zip(events, artists, opinions, strict=True):
            made = decide_inline(event.kind, event.account_id, event.track_id, artist, opinion, self.standing)
            score = None if opinion.score is None else round(opinion.score, 6)
            found.append(Verdict(made.verdict, score, opinion.marked, made.account, made.reasons, made.campaign_id))
        return found


@dataclass
class Counters:
    """What happened since the start, for `/metrics`."""

    events: int = 0
    repeated: int = 0
    calls: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)


class Engine:
    """`state` follows `log`. After a failed write nothing is taken in until what was folded is on disk."""

    def __init__(self, state: State, log: Log, deciding: Deciding) -> None:
        self.state, self.log, self.deciding = state, log, deciding
        self.counters = Counters()
        #: What is in the state but not yet in the log: the disk was full.
        self._owed: tuple[Content, list[Any]] | None = None

    def take(self, events: Sequence[Any], now: datetime, offsets: dict[str, int] | None = None) -> list[Decided]:
        """The decision on each event, in order; a known one gets what was decided when it came first.

        When this returns, all of them are on disk. Raises CannotWriteError if they are not.
        """
        self._pay()
        ids = pl.Series([event.event_id for event in events], dtype=pl.String)
        known = self._known(ids)
        first: dict[str, int] = {}
        fresh = []
        for place, event in enumerate(events):
            if event.event_id not in known and event.event_id not in first:
                first[event.event_id] = place
                fresh.append(event)
        position = self.state.position
        made: dict[str, Decided] = {}
        if fresh or offsets:
            verdicts, content = self._decided(fresh, now, offsets or {})
            made = {
                event.event_id: _told(event, verdict, position + place, content)
                for place, (event, verdict) in enumerate(zip(fresh, verdicts, strict=True))
            }
            self._owed = content, fresh
            self._pay()
        self._count(events, fresh, made)
        return [
            made[event.event_id]
            if first.get(event.event_id) == place
            else _repeated(known.get(event.event_id) or made[event.event_id])
            for place, event in enumerate(events)
        ]

    def _decided(self, fresh: Sequence[Any], now: datetime, offsets: dict[str, int]) -> tuple[list[Verdict], Content]:
        day = self.state.today(now)
        verdicts: list[Verdict] = []
        if fresh:
            rows, values = self.state.follow(fresh, day)
            verdicts = self.deciding.decide(fresh, rows, values)
        made = self.deciding
        return verdicts, Content(day.toordinal(), list(fresh), verdicts, made.bundle, made.policy, offsets)

    def _pay(self) -> None:
        """Write what is owed to the log."""
        if self._owed is None:
            return
        content, fresh = self._owed
        try:
            record = self.log.append(len(fresh), encode_content(content))
        except OSError as error:
            raise CannotWriteError(
                f"Events cannot be kept ({why_not(self.log.folder, error)}): make room, then send them again."
            ) from error
        self._owed = None
        self._note(record, fresh, content.offsets)

    def _note(self, record: Record, fresh: Sequence[Any], offsets: dict[str, int]) -> None:
        ids = pl.Series([event.event_id for event in fresh], dtype=pl.String)
        self.state.note(record, ids, offsets)

    def _known(self, ids: pl.Series) -> dict[str, Decided]:
        """What was decided about those ids that the log holds."""
        addresses = self.state.seen.find(ids)
        found: dict[str, Decided] = {}
        for address in np.unique(addresses[addresses >= 0]).tolist():
            asked = set(ids.filter(pl.Series(addresses == address)))
            found |= decisions_at(self.log.folder, address, asked)
        return found

    def _count(self, events: Sequence[Any], fresh: Sequence[Any], made: dict[str, Decided]) -> None:
        counters = self.counters
        counters.calls += 1
        counters.events += len(fresh)
        counters.repeated += len(events) - len(fresh)
        for decided in made.values():
            counters.verdicts[decided.verdict] = counters.verdicts.get(decided.verdict, 0) + 1


def decisions_at(folder: Path, address: int, ids: set[str] | None = None) -> dict[str, Decided]:
    """The decisions in one record of the log by event_id, all or those asked for; none if it was dropped."""
    record = record_at(folder, address)
    if record is None:
        return {}
    content = decode_content(record.content)
    both = zip(content.events, content.decisions, strict=True)
    return {
        event.event_id: _told(event, verdict, record.position + place, content)
        for place, (event, verdict) in enumerate(both)
        if ids is None or event.event_id in ids
    }


def _told(event: Any, made: Verdict, position: int, content: Content) -> Decided:
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
        content.bundle,
        content.policy,
    )


def _repeated(decided: Decided) -> Decided:
    return msgspec.structs.replace(decided, repeated=True)
