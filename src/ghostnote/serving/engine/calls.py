"""Requests that wait at the same time are taken in together: folded, judged and written for all of them at once.

All of it happens in the event loop's own thread, but for the write: a second thread that computes would wait for
Python's lock, and make the loop wait for it, at every turn. While a record is written, the loop reads and folds what
comes next.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ghostnote.serving.engine.engine import CannotWriteError, Engine
from ghostnote.serving.engine.writing import Writing
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Decided


class BusyError(Exception):
    """More events wait than the service promises to hold."""


class StoppedError(Exception):
    """The service takes nothing more in."""


#: Called with the decisions, or why there are none.
Tell = Callable[[Sequence[Decided] | Exception], None]


@dataclass(slots=True)
class _Waiting:
    events: Sequence[Any]
    tell: Tell
    offsets: dict[str, int] | None
    since: float


@dataclass(slots=True)
class _Work:
    work: Callable[[], Any]
    future: "asyncio.Future[Any]"


class Calls:
    """Hands events to an engine, as many at once as have gathered, at most `call_events` but for a larger request.

    `wait_ms` is how long the first of them waits for others; with 0 only for those that came at the same time. At most
    `most_waiting` events wait: then `enqueue` raises BusyError. `clock` says when events arrive. `failed` is called
    with what stopped the engine. All methods are for the event loop's thread.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        call_events: int = 2048,
        wait_ms: float = 0.0,
        most_waiting: int = 20_000,
        failed: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self._clock, self._failed = clock, failed
        self._call_events, self._wait, self._most = call_events, wait_ms / 1000, most_waiting
        self._queue: deque[_Waiting | _Work] = deque()
        self._there = asyncio.Event()
        self.waiting = 0
        self._stopped = False
        self._writing = Writing[_Waiting](engine, self._give, self._break)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; to be called in the event loop whose requests are answered."""
        self._task = asyncio.create_task(self._run())

    async def submit(self, events: Sequence[Any], offsets: dict[str, int] | None = None) -> Sequence[Decided]:
        """The decisions, once all is on disk. Raises BusyError, StoppedError, CannotWriteError."""
        return await self.enqueue(events, offsets)

    def enqueue(
        self, events: Sequence[Any], offsets: dict[str, int] | None = None
    ) -> "asyncio.Future[Sequence[Decided]]":
        """The same as a future."""
        future: asyncio.Future[Sequence[Decided]] = asyncio.get_running_loop().create_future()
        self.put(events, partial(_settle, future), offsets)
        return future

    def put(self, events: Sequence[Any], tell: Tell, offsets: dict[str, int] | None = None) -> None:
        """The same for whoever is to be called, and must not raise. Raises BusyError, StoppedError."""
        if self._stopped:
            raise StoppedError
        if self.waiting + len(events) > self._most and self.waiting:
            raise BusyError
        self.waiting += len(events)
        self._queue.append(_Waiting(events, tell, offsets, time.monotonic()))
        self._there.set()

    async def between(self, work: Callable[[], Any]) -> Any:
        """Run `work` between two calls: it may look at the state, and change it."""
        if self._stopped:
            raise StoppedError
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(_Work(work, future))
        self._there.set()
        return await future

    async def stop(self) -> None:
        """Take nothing more in; returns when all that waits is answered."""
        self._stopped = True
        self._there.set()
        if self._task is not None:
            await self._task
        self._writing.close()

    async def _run(self) -> None:
        batch: Sequence[_Waiting] = ()
        try:
            while True:
                if not self._queue:
                    if self._stopped:
                        break
                    self._there.clear()
                    await self._there.wait()
                    # Who came at the same time is read before anything is computed.
                    await asyncio.sleep(self._wait)
                    continue
                first = self._queue.popleft()
                if isinstance(first, _Work):
                    _do(first)
                    continue
                batch = self._gathered(first)
                await self._fold(batch)
                batch = ()
                # What was written is answered, and who came meanwhile is read.
                await asyncio.sleep(0)
        except BaseException as error:  # What is in the memory of a state that failed halfway nobody knows.
            self._break(error)
        with suppress(Exception):  # Said already, to those who asked.
            await self._writing.empty()
        self._turn_away([*self._writing.given_up(), *batch])

    def _break(self, error: BaseException) -> None:
        """Nothing more can be taken in."""
        self._stopped = True
        self._turn_away(())
        self._there.set()
        self._failed(error)

    def _turn_away(self, others: Sequence[_Waiting]) -> None:
        """Tell these, and all that still wait to be folded, that the service has stopped."""
        asked = [each.future for each in self._queue if isinstance(each, _Work)]
        waiting = [each for each in self._queue if isinstance(each, _Waiting)]
        self._queue.clear()
        for future in asked:
            if not future.done():
                future.set_exception(StoppedError())
        self._give([*others, *waiting], StoppedError())

    def _gathered(self, first: _Waiting) -> list[_Waiting]:
        """The first request and those that wait behind it."""
        batch, count = [first], len(first.events)
        while self._queue:
            following = self._queue[0]
            if not isinstance(following, _Waiting) or count + len(following.events) > self._call_events:
                break
            self._queue.popleft()
            batch.append(following)
            count += len(following.events)
        return batch

    async def _fold(self, batch: list[_Waiting]) -> None:
        # Who is on disk by now need not wait until more is folded.
        self._writing.go_on()
        events = Events.of(_together([each.events for each in batch]))
        offsets: dict[str, int] = {}
        for each in batch:
            if each.offsets:
                offsets |= each.offsets
        if self._writing.stuck or self.engine.is_owed(events):
            try:
                await self._writing.empty()
            except CannotWriteError as error:
                self._give(batch, error)
                return
        if self.engine.metrics is not None:
            self.engine.metrics.stage("wait", time.monotonic() - batch[0].since)
        self._writing.add(batch, self.engine.fold(events, self._clock(), offsets))

    def _give(self, batch: Sequence[_Waiting], result: Sequence[Decided] | Exception) -> None:
        start = 0
        for each in batch:
            size = len(each.events)
            self.waiting -= size
            each.tell(result if isinstance(result, Exception) else result[start : start + size])
            start += size


def _settle(future: "asyncio.Future[Sequence[Decided]]", result: Sequence[Decided] | Exception) -> None:
    if future.done():  # Who asked has gone away.
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


def _together(parts: list[Sequence[Any]]) -> Sequence[Any]:
    """All events of some requests."""
    if len(parts) == 1:
        return parts[0]
    if any(isinstance(part, Events) for part in parts):
        return Events.joined([Events.of(part) for part in parts])
    return [event for part in parts for event in part]


def _do(asked: _Work) -> None:
    if asked.future.done():
        return
    try:
        asked.future.set_result(asked.work())
    except Exception as error:
        asked.future.set_exception(error)
