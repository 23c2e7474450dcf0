"""Delivers what a follower reads to one receiver, in a thread of its own."""

import threading
import time
from typing import Protocol

from ghostnote.serving.sinks.following import Batch, Follower
from ghostnote.serving.telemetry.logs import Log

_IDLE_S = 0.05
_AFTER_FAILURE_S = 1.0


class Deliver(Protocol):
    """Delivers a batch, however long it takes: True once it is, False if it gave up because `stopping` was set."""

    def __call__(self, batch: Batch, stopping: threading.Event) -> bool: ...

    def close(self) -> None:
        """Let connections go; nothing more is delivered."""


class Sink:
    """Delivers what a follower reads, in a thread of its own."""

    def __init__(self, name: str, follower: Follower, deliver: Deliver, log: Log) -> None:
        self.name, self.follower = name, follower
        self._deliver, self._log = deliver, log
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, *, drain: bool = False) -> None:
        """Deliver nothing more; with `drain`, first what is in the log, if the receiver takes it at once."""
        deadline = time.monotonic() + 5.0
        while drain and self._thread.is_alive() and self.follower.behind and time.monotonic() < deadline:
            time.sleep(_IDLE_S)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._follow()
        finally:
            self._deliver.close()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                batch = self.follower.next()
                if batch is None:
                    self._stopping.wait(_IDLE_S)
                elif self._deliver(batch, self._stopping):
                    self.follower.done()
            except Exception as error:
                # Whatever it was, the log has it still.
                self._log.error("A delivery failed and will be tried again.", error=error, sink=self.name)
                self._stopping.wait(_AFTER_FAILURE_S)
