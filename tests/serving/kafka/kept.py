"""The end of a source in tests: the service's own log, without models, in which every event and offset can be seen."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ghostnote.serving.state.content import Content, decode_content, encode_content
from ghostnote.serving.state.log import Log, records
from ghostnote.serving.wire.decisions import Decided, Verdict

DAY = datetime(2026, 3, 2, tzinfo=UTC).toordinal()
_COUNTS = Verdict("count", 0.01, False, "allow", (), None, "bundle", "policy")


class Kept:
    """Takes events in as the engine does: each once, with its offsets, on disk before the future is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = Log(folder)
        self.calls: list[tuple[list[str], dict[str, int]]] = []
        #: Raised by the next calls, one each.
        self.refusals: list[BaseException] = []
        #: While it is cleared, events wait.
        self.open = threading.Event()
        self.open.set()
        self.offsets: dict[str, int] = {}
        self._known: set[str] = set()
        for content in self.contents():
            self._known |= {event.event_id for event in content.events}
            self.offsets |= content.offsets

    def contents(self) -> list[Content]:
        """What the log holds."""
        return [decode_content(record.content) for record in records(self.folder)]

    def ids(self) -> list[str]:
        """All events of the log, in order."""
        return [event.event_id for content in self.contents() for event in content.events]

    def submit(self, events: Sequence[Any], offsets: dict[str, int]) -> "Future[Sequence[Decided]]":
        """See `source.Submit`."""
        future: Future[Sequence[Decided]] = Future()
        threading.Thread(target=self._take, args=(list(events), dict(offsets), future), daemon=True).start()
        return future

    def _take(self, events: list[Any], offsets: dict[str, int], future: "Future[Sequence[Decided]]") -> None:
        self.open.wait()
        self.calls.append(([event.event_id for event in events], offsets))
        if self.refusals:
            future.set_exception(self.refusals.pop(0))
            return
        fresh = [event for event in events if event.event_id not in self._known]
        self._known |= {event.event_id for event in fresh}
        content = Content(DAY, fresh, [_COUNTS] * len(fresh), offsets)
        self.log.append(len(fresh), encode_content(content))
        self.offsets |= offsets
        names = {event.event_id for event in fresh}
        future.set_result(
            [
                Decided(
                    *_COUNTS.parts(), event_id=e.event_id, kind=e.kind, position=0, repeated=e.event_id not in names
                )
                for e in events
            ]
        )
