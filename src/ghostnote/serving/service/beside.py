"""Has the work beside the service done when it is due, in a process of its own, and goes on whatever goes wrong."""

import asyncio
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable

import msgspec

from ghostnote.serving.engine.calls import Calls, StoppedError
from ghostnote.serving.engine.rollout import Rollout
from ghostnote.serving.engine.shadowing import Shadowing
from ghostnote.serving.settings.settings import Settings
from ghostnote.serving.state.log import segments, start_of
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.room import Room
from ghostnote.serving.upkeep.work import Work

#: How often it is looked whether something is due, in seconds.
_LOOK_S = 2.0
#: How long after it failed it is tried again.
_AGAIN_S = 60.0


class Beside:
    """Looks after the log, snapshots, memory and scoring. `failures` is told what went wrong, in sentences.

    `refreshed` is called in a thread once the last days were scored; `shadowing` keeps how a challenger differs. Times
    are in seconds of a clock that never goes back.
    """

    def __init__(
        self,
        settings: Settings,
        places: Places,
        rollout: Rollout,
        calls: Calls,
        failures: deque[str],
        refreshed: Callable[[], None],
        shadowing: Shadowing,
    ) -> None:
        self._settings, self._places, self._rollout, self._calls = settings, places, rollout, calls
        self._failures, self._refreshed, self._shadowing = failures, refreshed, shadowing
        self._running = False
        self._failed_at: float | None = None
        self._task: asyncio.Task[None] | None = None
        self.room = Room(settings.memory_bytes)
        self.kept_at = self.refreshed_at = time.monotonic()
        self.kept_events = self.refreshes = 0

    def start(self) -> None:
        """Begin to look; in the event loop."""
        self._task = asyncio.create_task(self._look_after())

    async def stop(self) -> None:
        """Nothing more is begun; what is being done is given up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def started(self) -> bool:
        """Whether it looks, or has looked."""
        return self._task is not None

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                await self._look()
            except StoppedError:
                return
            except Exception as error:  # Whatever it is, the log must go on being filed.
                self._failures.append(f"The work beside the service failed: {error!r}.")
                self._failed_at = time.monotonic()

    async def _look(self) -> None:
        state = self._calls.engine.state
        if self.room.wanted(state.bytes):
            told = await self._calls.between(lambda: self.room.make(state))
            self._failures.append(told)
        await self._shadowing.keep(due=True)
        wanted = self._due()
        if wanted is not None:
            await self.work(refresh=wanted)

    def _due(self) -> bool | None:
        """Whether work is to be done, with scoring or without; None for nothing."""
        settings, now = self._settings, time.monotonic()
        if self._failed_at is not None and now - self._failed_at < _AGAIN_S:
            return None
        new = self._calls.engine.events - self.kept_events
        if settings.refresh_minutes and now - self.refreshed_at >= 60 * settings.refresh_minutes and new:
            return True
        late = now - self.kept_at >= 60 * settings.snapshot_minutes
        return False if new and (new >= settings.snapshot_events or late) else None

    async def work(self, *, refresh: bool) -> str | None:
        """File the log and make a snapshot, and score if asked; why it failed, None if it did not.

        Only one such work runs at a time.
        """
        if self._running:
            return "This work is already being done: try again when it is."
        self._running = True
        counted = self._calls.engine.events
        try:
            reason = await self._run(refresh=refresh)
            self._failed_at = None if reason is None else time.monotonic()
            if reason is None:
                await self._done(counted, refresh=refresh)
            else:
                self._failures.append(reason)
            if refresh:
                self.refreshed_at = time.monotonic()
        finally:
            self._running = False
        return reason

    async def _done(self, counted: int, *, refresh: bool) -> None:
        self.kept_at, self.kept_events = time.monotonic(), counted
        there = segments(self._places.log)
        begins = start_of(there[0]) if there else 0
        await self._calls.between(lambda: self._calls.engine.state.seen.forget_before(begins))
        if refresh:
            self.refreshes += 1
            await asyncio.to_thread(self._refreshed)

    async def _run(self, *, refresh: bool) -> str | None:
        work = Work(
            state=str(self._places.root),
            bundles=[model.path for model in self._rollout.models],
            log_bytes=self._settings.log_bytes,
            refresh=refresh,
            policy=self._settings.policy or None,
            days=self._settings.refresh_days,
        )
        # Not by the event loop, which copies the process first: with a state of 2 GB that holds all requests for 0.2 s.
        process = subprocess.Popen(
            [sys.executable, "-m", "ghostnote.serving.upkeep", msgspec.json.encode(work).decode()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        ended = asyncio.ensure_future(asyncio.to_thread(process.communicate))
        try:
            _, said = await asyncio.shield(ended)
        except asyncio.CancelledError:
            process.kill()
            await ended
            raise
        if process.returncode == 0:
            return None
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"The work beside the service ended with {process.returncode}."
