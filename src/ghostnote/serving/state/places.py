"""Where a service keeps what: the folders of its state, and that only one service uses them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ghostnote.decisions.shadow import SHADOW_FILE
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.serving.state.pages import read_page, write_whole


class Filed(msgspec.Struct, frozen=True):
    """How far the log has been filed in the lake."""

    address: int = 0
    position: int = 0


@dataclass(frozen=True)
class Places:
    """The folders and files under a service's `root`."""

    root: Path
    _locks: list[int] = field(default_factory=list, compare=False, repr=False)

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def verdicts(self) -> Path:
        """What was decided inline, a Parquet file each time the log is filed."""
        return self.root / "verdicts"

    @property
    def decisions(self) -> Path:
        """What the latest run of scoring decided."""
        return self.root / "decisions"

    @property
    def bundles(self) -> Path:
        return self.root / "bundles"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    @property
    def keys(self) -> Path:
        return self.root / "keys.json"

    @property
    def positions(self) -> Path:
        """How far each sink has followed the log."""
        return self.root / "positions"

    @property
    def dead_letters(self) -> Path:
        """Deliveries of the webhook that nobody took."""
        return self.root / "dead" / "webhook.jsonl"

    @property
    def chosen(self) -> Path:
        """Which bundles decide."""
        return self.root / "models.json"

    @property
    def shadow(self) -> Path:
        """How the challenger decides otherwise."""
        return self.root / SHADOW_FILE

    @property
    def _filed(self) -> Path:
        return self.root / "filed.json"

    def filed(self) -> Filed:
        """How far the log has been filed. Raises GhostnoteError if its page cannot be read."""
        return read_page(self._filed, Filed, "restore it from a copy") or Filed()

    def note_filed(self, filed: Filed) -> None:
        """Remember how far the log has been filed."""
        write_whole(self._filed, msgspec.json.encode(filed))

    def claim(self) -> int:
        """Keep other services out until the process ends; returns the lock's file descriptor.

        Raises GhostnoteError if another service uses this state, or it cannot be made.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise GhostnoteError(f"Could not use the state {self.root}: {why_not(self.root, error)}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise GhostnoteError(
                f"Another service uses the state {self.root}: stop it first, or give this one another --state."
            ) from None
        self._locks.append(lock)
        return lock

    @contextmanager
    def upkeep(self) -> Iterator[None]:
        """Keep other upkeep out: of a service that was killed it may go on beside that of the next.

        Raises GhostnoteError if another process is at it.
        """
        lock = os.open(self.root / "upkeep.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise GhostnoteError(
                    f"Another process is doing the work beside the service on {self.root}: it is tried again later."
                ) from None
            yield
        finally:
            os.close(lock)

    def release(self) -> None:
        """Let others in before the process ends."""
        while self._locks:
            os.close(self._locks.pop())
