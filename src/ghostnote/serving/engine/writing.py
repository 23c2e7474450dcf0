"""What was folded is written while more is folded: all that gathers during one write is the next."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from ghostnote.serving.engine.answers import Answers
from ghostnote.serving.engine.engine import CannotWriteError, Engine, Taken

Asking = TypeVar("Asking")


class Writing(Generic[Asking]):
    """Writes what an engine owes, in a thread of its own, and has everybody told once it is on disk.

    `give` is called with who asks for some events and the answers, or why there are none; `failed` with what stopped
    it, but for a disk that takes nothing. All methods are for the event loop's thread.
    """

    def __init__(
        self,
        engine: Engine,
        give: Callable[[Sequence[Asking], Answers | CannotWriteError], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._engine, self._give, self._failed = engine, give, failed
        # One entry for each part of what the engine owes, in order; nobody asks any more where the disk was full.
        self._waiting: deque[tuple[Sequence[Asking], Taken]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._task: asyncio.Task[CannotWriteError | None] | None = None
        self._broken = False
        #: Whether the disk took nothing the last time: then nothing may be folded before `empty`.
        self.stuck = False

    def add(self, asking: Sequence[Asking], taken: Taken) -> None:
        """Write what was folded for these, and answer them; at once if there was nothing new."""
        if not taken.owed:
            self._give(asking, self._engine.decided(taken))
            return
        self._waiting.append((asking, taken))
        self._begin()

    async def empty(self) -> None:
        """Wait until nothing is owed. Raises CannotWriteError."""
        while self._engine.owes and not self._broken:
            error = await asyncio.shield(self._begin())
            if error is not None:
                raise error

    def given_up(self) -> list[Asking]:
        """Who still waits; nobody answers them any more."""
        left = [each for asking, _ in self._waiting for each in asking]
        self._waiting.clear()
        return left

    def close(self) -> None:
        """Nothing more is written."""
        self._thread.shutdown()

    def _begin(self) -> "asyncio.Task[CannotWriteError | None]":
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())
            self._task.add_done_callback(self._ended)
        return self._task

    def _ended(self, task: "asyncio.Task[CannotWriteError | None]") -> None:
        if task.cancelled() or task.exception() is None:
            return
        # Whether it is in the log nobody knows: it must not be written again.
        self._broken = True
        self._failed(task.exception() or RuntimeError())

    async def _write(self) -> CannotWriteError | None:
        loop, engine = asyncio.get_running_loop(), self._engine
        while engine.owes:
            page = engine.page()
            try:
                await loop.run_in_executor(self._thread, engine.write, page)
            except CannotWriteError as error:
                self._refuse(error)
                return error
            self.stuck = False
            engine.written(page)
            for _ in page.owed:
                asking, taken = self._waiting.popleft()
                self._give(asking, engine.decided(taken))
        return None

    def _refuse(self, error: CannotWriteError) -> None:
        """Nobody waits for a disk that is full; what is owed is written first when there is room."""
        self.stuck = True
        for place, (asking, taken) in enumerate(self._waiting):
            self._waiting[place] = ((), taken)
            self._give(asking, error)
