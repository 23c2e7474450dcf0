"""What was folded is written while more is folded: all that gathers during one write is the next."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Generic, TypeVar

from ghostnote.serving.engine.answers import Answers
from ghostnote.serving.engine.engine import CannotWriteError, Draft, Engine, Taken

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
        self._drafts: SimpleQueue[tuple[Draft, asyncio.AbstractEventLoop] | None] = SimpleQueue()
        self._done: deque[tuple[Draft, BaseException | None]] = deque()
        self._emptied: list[asyncio.Future[None]] = []
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._busy = self._broken = False
        #: Whether the disk took nothing the last time: then nothing may be folded before `empty`.
        self.stuck = False

    def add(self, asking: Sequence[Asking], taken: Taken) -> None:
        """Write what was folded for these, and answer them; at once if there was nothing new."""
        if not taken.owed:
            self._give(asking, self._engine.decided(taken))
            return
        self._waiting.append((asking, taken))
        self.go_on()

    def go_on(self) -> None:
        """Answer what is on disk by now, and write what gathered meanwhile."""
        while self._done:
            self._busy = False
            self._ended(*self._done.popleft())
        if self._engine.owes and not (self._busy or self._broken or self.stuck):
            self._begin()

    async def empty(self) -> None:
        """Wait until nothing is owed. Raises CannotWriteError."""
        self.go_on()
        if not self._engine.owes or self._broken:
            return
        if not self._busy:
            self._begin()
        self._emptied.append(asyncio.get_running_loop().create_future())
        await self._emptied[-1]

    def given_up(self) -> list[Asking]:
        """Who still waits; nobody answers them any more."""
        left = [each for asking, _ in self._waiting for each in asking]
        self._waiting.clear()
        return left

    def close(self) -> None:
        """Nothing more is written."""
        if self._thread.is_alive():
            self._drafts.put(None)
            self._thread.join()

    def _begin(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self._busy = True
        self._drafts.put((self._engine.draft(), asyncio.get_running_loop()))

    def _write(self) -> None:
        """The thread: one draft after the other."""
        while (given := self._drafts.get()) is not None:
            draft, loop = given
            error: BaseException | None = None
            try:
                self._engine.write(draft)
            except BaseException as raised:
                error = raised
            self._done.append((draft, error))
            loop.call_soon_threadsafe(self.go_on)

    def _ended(self, draft: Draft, error: BaseException | None) -> None:
        if error is None:
            try:
                self._told(draft)
            except BaseException as raised:
                error = raised
        if isinstance(error, CannotWriteError):
            self._refuse(error)
        elif error is not None:
            # Whether it is in the log nobody knows: it must not be written again.
            self._broken = True
            self._failed(error)
        if error is not None or not self._engine.owes:
            self._tell_emptied(error)

    def _told(self, draft: Draft) -> None:
        self.stuck = False
        self._engine.written(draft)
        for _ in draft.owed:
            asking, taken = self._waiting.popleft()
            self._give(asking, self._engine.decided(taken))

    def _refuse(self, error: CannotWriteError) -> None:
        """Nobody waits for a disk that is full; what is owed is written first when there is room."""
        self.stuck = True
        for place, (asking, taken) in enumerate(self._waiting):
            self._waiting[place] = ((), taken)
            self._give(asking, error)

    def _tell_emptied(self, error: BaseException | None) -> None:
        emptied, self._emptied = self._emptied, []
        for future in emptied:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(error)
