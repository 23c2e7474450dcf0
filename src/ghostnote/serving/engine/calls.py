"""Requests that wait at the same time are taken in together: folded, judged and written for all of them at once.

All of it happens in the event loop's own thread, but for the write: a second thread that computes would wait for
Python's lock, and make the loop wait for it, at every turn. While a record is written, the loop reads what comes next.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ghostnote.serving.engine.engine import CannotWriteError, Engine
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Decided


class BusyError(Exception):
    """More events wait than the service promises to hold."""


class StoppedError(Exception):
    """The service takes nothing more in."""


@dataclass(slots=True)
class _Waiting:
    events: Sequence[Any]
    future: "asyncio.Future[Sequence[Decided]]"
    offsets: dict[str, int] | None


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
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="log")
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
        if self._stopped:
            raise StoppedError
        if self.waiting + len(events) > self._most and self.waiting:
            raise BusyError
        future: asyncio.Future[Sequence[Decided]] = asyncio.get_running_loop().create_future()
        self.waiting += len(events)
        self._queue.append(_Waiting(events, future, offsets))
        self._there.set()
        return future

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
        self._writer.shutdown()

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._stopped:
                    return
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
            try:
                await self._answer(batch)
            except BaseException as error:  # What is in the memory of a state that failed halfway nobody knows.
                self._stopped = True
                waiting = [each for each in self._queue if isinstance(each, _Waiting)]
                asked = [each.future for each in self._queue if isinstance(each, _Work)]
                self._queue.clear()
                for future in asked:
                    if not future.done():
                        future.set_exception(StoppedError())
                self._give([*batch, *waiting], StoppedError())
                self._failed(error)
                return

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

    async def _answer(self, batch: list[_Waiting]) -> None:
        events = _together([each.events for each in batch])
        offsets: dict[str, int] = {}
        for each in batch:
            if each.offsets:
                offsets |= each.offsets
        loop, engine = asyncio.get_running_loop(), self.engine
        try:
            if engine.owes:
                await loop.run_in_executor(self._writer, engine.write)
                engine.written()
            taken = engine.fold(events, self._clock(), offsets)
            if engine.owes:
                await loop.run_in_executor(self._writer, engine.write)
                engine.written()
        except CannotWriteError as error:
            self._give(batch, error)
            return
        self._give(batch, engine.decided(taken))

    def _give(self, batch: list[_Waiting], result: Sequence[Decided] | Exception) -> None:
        start = 0
        for each in batch:
            size = len(each.events)
            self.waiting -= size
            if each.future.done():  # Who asked has gone away.
                pass
            elif isinstance(result, Exception):
                each.future.set_exception(result)
            else:
                each.future.set_result(result[start : start + size])
            start += size


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
