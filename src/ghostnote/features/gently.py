"""Large files written so that whoever waits for the same disk hardly notices."""

import os
import time
from collections.abc import Callable
from typing import BinaryIO

#: Bytes that are written together: what stands in a disk's queue before anybody's next small write.
_PART = 1 << 20


class Gently:
    """Writes to `file` a megabyte at a time: each is on the disk before the next, after a pause as long as that took.

    A large file that is synced once fills the disk's queue for as long as it takes, and a log beside it waits hundreds
    of milliseconds for the few kilobytes that somebody waits for. Writing takes twice as long.
    """

    def __init__(
        self,
        file: BinaryIO,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file, self._clock, self._pause = file, clock, pause
        self._written = 0

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._file.tell()

    def write(self, content: bytes | memoryview) -> int:
        """Write all of `content`; how many bytes that were. Raises OSError."""
        for start in range(0, len(content), _PART):
            self._written += self._file.write(content[start : start + _PART])
            if self._written >= _PART:
                self._written = 0
                began = self._clock()
                self._file.flush()
                os.fdatasync(self._file.fileno())
                self._pause(self._clock() - began)
        return len(content)

    def flush(self) -> None:
        """Hand over what is in the process's memory."""
        self._file.flush()
