"""Deliveries that nobody took: kept in a file, one a line, until somebody sends them again."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.serving.state.pages import write_whole

_TOGETHER = 20
_BLOCK = 1 << 16


class Letter(msgspec.Struct, frozen=True):
    """A delivery that failed: its name, when it was given up, after how many tries, why, and what was to be sent."""

    delivery: str
    given_up_at: datetime
    tries: int
    why: str
    body: str


class DeadLetters:
    """The letters in a file. A running service adds to it while another process sends them again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, letter: Letter) -> None:
        """Keep a letter; it is on disk afterwards. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone(), self.path.open("a+b") as file:
            file.truncate(_whole(file))
            file.write(msgspec.json.encode(letter) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def letters(self) -> list[Letter]:
        """All letters, the oldest first. Raises `GhostnoteError` if the file cannot be read."""
        if not self.path.exists():
            return []
        try:
            lines = self.path.read_bytes().split(b"\n")
            # A line that a crash cut off is the delivery that will be tried again anyway.
            whole = [line for line in lines[:-1] if line]
            return [msgspec.json.decode(line, type=Letter) for line in whole]
        except (OSError, msgspec.MsgspecError) as error:
            raise GhostnoteError(f"The dead letters {self.path} cannot be read: {error}.") from error

    def send_again(self, send: Callable[[Letter], bool]) -> tuple[int, int]:
        """Send each letter, the oldest first, and drop those for which `send` is true, up to the first that is not.

        Returns how many were sent and how many are left. They are dropped by twenties: killed, it leaves at most so
        many that were sent already. Raises `GhostnoteError` if the file cannot be read or written.
        """
        sent = dropped = 0
        try:
            for letter in self.letters():
                if not send(letter):
                    break
                sent += 1
                if sent - dropped == _TOGETHER:
                    self._drop(_TOGETHER)
                    dropped = sent
        finally:
            self._drop(sent - dropped)
        return sent, len(self.letters())

    def _drop(self, count: int) -> None:
        """Drop the first letters."""
        if not count:
            return
        with self._alone():
            rest = self.path.read_bytes().split(b"\n", count)[-1]
            try:
                write_whole(self.path, rest)
            except OSError as error:
                raise GhostnoteError(f"Could not write {self.path}: {why_not(self.path, error)}.") from error

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _whole(file: BinaryIO) -> int:
    """Where the file's last whole line ends: a crash may have left part of one."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BLOCK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
