"""Requests that wait at the same time are taken in together: one thread folds, judges and writes for all of them."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ghostnote.serving.bodies import Decided
from ghostnote.serving.engine import CannotWriteError, Engine


class BusyError(Exception):
    """More events wait than the service promises to hold."""


class StoppedError(Exception):
    """The service takes nothing more in."""


@dataclass(slots=True)
class _Waiting:
    events: Sequence[Any]
    future: "asyncio.Future[list[Decided]]"
    offsets: dict[str, int] | None


class Calls:
    """Hands events to an engine, as many at once as have gathered, at most `call_events` but for a larger request.

    `wait_ms` is how long the first of them waits for others. At most `most_waiting` events wait: then `submit` raises
    BusyError. `clock` says when events arrive. `failed` is called, from the thread, with what stopped the engine.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        call_events: int = 512,
        wait_ms: float = 0.5,
        most_waiting: int = 20_000,
        failed: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self.engine = engine
        self._clock, self._failed = clock, failed
        self._call_events, self._wait, self._most = call_events, wait_ms / 1000, most_waiting
        self._queue: deque[_Waiting | Callable[[], None]] = deque()
        self._there = threading.Semaphore(0)
        self.waiting = 0
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin; to be called in the event loop whose requests are answered."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def submit(self, events: Sequence[Any], offsets: dict[str, int] | None = None) -> list[Decided]:
        """The decisions, once all is on disk. Raises BusyError, StoppedError, CannotWriteError."""
        return await self.enqueue(events, offsets)

    def enqueue(self, events: Sequence[Any], offsets: dict[str, int] | None = None) -> "asyncio.Future[list[Decided]]":
        """The same as a future."""
        if self._stopped:
            raise StoppedError
        if self.waiting + len(events) > self._most and self.waiting:
            raise BusyError
        assert self._loop is not None
        future: asyncio.Future[list[Decided]] = self._loop.create_future()
        self.waiting += len(events)
        self._queue.append(_Waiting(events, future, offsets))
        self._there.release()
        return future

    async def between(self, work: Callable[[], Any]) -> Any:
        """Run `work` in the engine's thread between two calls: it may look at the state, and change it."""
        assert self._loop is not None
        loop, future = self._loop, self._loop.create_future()

        def run() -> None:
            try:
                result = work()
            except Exception as error:
                loop.call_soon_threadsafe(_fail, future, error)
            else:
                loop.call_soon_threadsafe(_answer, future, result)

        if self._stopped:
            raise StoppedError
        self._queue.append(run)
        self._there.release()
        return await future

    async def stop(self) -> None:
        """Take nothing more in; returns when all that waits is answered."""
        self._stopped = True
        self._queue.append(lambda: None)
        self._there.release()
        await asyncio.to_thread(self._thread.join)

    # --- in the engine's thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._there.acquire()
            first = self._queue.popleft()
            if not isinstance(first, _Waiting):
                first()
                if self._stopped and not self._queue:
                    return
                continue
            batch = self._gathered(first)
            try:
                self._answer_all(batch)
            except BaseException as error:  # What is in the memory of a state that failed halfway nobody knows.
                self._stopped = True
                self._give(batch, error)
                self._failed(error)
                return

    def _gathered(self, first: _Waiting) -> list[_Waiting]:
        """The first request and those that came meanwhile."""
        batch, count = [first], len(first.events)
        until = time.monotonic() + self._wait
        while count < self._call_events:
            if not self._there.acquire(timeout=max(0.0, until - time.monotonic()) if not self._queue else 0):
                break
            following = self._queue[0]
            if not isinstance(following, _Waiting) or count + len(following.events) > self._call_events:
                self._there.release()
                break
            self._queue.popleft()
            batch.append(following)
            count += len(following.events)
        return batch

    def _answer_all(self, batch: list[_Waiting]) -> None:
        events = batch[0].events if len(batch) == 1 else [event for each in batch for event in each.events]
        offsets: dict[str, int] = {}
        for each in batch:
            offsets |= each.offsets or {}
        try:
            decided = self.engine.take(events, self._clock(), offsets)
        except CannotWriteError as error:
            self._give(batch, error)
            return
        self._give(batch, decided)

    def _give(self, batch: list[_Waiting], result: list[Decided] | BaseException) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._resolve, batch, result)

    def _resolve(self, batch: list[_Waiting], result: list[Decided] | BaseException) -> None:
        start = 0
        for each in batch:
            size = len(each.events)
            self.waiting -= size
            if isinstance(result, BaseException):
                _fail(each.future, result if isinstance(result, CannotWriteError) else StoppedError())
            else:
                _answer(each.future, result[start : start + size])
            start += size


def _answer(future: "asyncio.Future[Any]", result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
