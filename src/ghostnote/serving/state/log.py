"""The write-ahead log: what was taken in and decided, on disk before anybody is told, in files that end one day.

A segment is a file named after the address of its first byte: a head, then records one after the other. A record is a
head (length and checksum of all that follows it, position of its first event, number of events) and its content. One
record is one write and one sync, so that a crash can only leave the last record of the last segment unfinished.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not

#: Raised by one whenever an older reader would misunderstand what is written.
FORMAT = 2
#: Formats that are read: 1 had every event and every verdict by itself.
READ = (1, FORMAT)
_MAGIC = b"GHOSTLOG"
_SEGMENT = struct.Struct("<8sIIQ")
_RECORD = struct.Struct("<IIQI")
_MOST = 1 << 30


@dataclass(frozen=True, slots=True)
class Record:
    """`address`: of its first byte in the log. `position`: of its first event. `count`: events. `content`: bytes."""

    address: int
    position: int
    count: int
    content: bytes

    @property
    def end(self) -> int:
        """The address after it."""
        return self.address + _RECORD.size + len(self.content)


class Log:
    """Appends records, and reads them again. One process writes; any may read what is complete.

    Addresses count bytes over all segments there ever were, and only grow.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = 64 << 20) -> None:
        """Open the log in `folder` for writing, made if it is not there; an unfinished last record is cut off.

        Raises GhostnoteError if a record before the last is damaged, or the format is another one.
        """
        self.folder, self._segment_bytes = folder, segment_bytes
        #: Bytes of an unfinished record that were cut off.
        self.cut = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open()
        except OSError as error:
            raise GhostnoteError(f"Could not open the log {folder}: {why_not(folder, error)}.") from error

    def _open(self) -> None:
        there = segments(self.folder)
        self.position = 0
        if not there:
            self._begin(0)
            return
        last = there[-1]
        good, position = _checked_end(last)
        self.cut = last.stat().st_size - good
        if good < _SEGMENT.size:  # Its head was never finished, so nothing in it was acknowledged.
            start = start_of(last)
            last.unlink()
            self.position = _position_after(there[:-1])
            self._begin(start)
            return
        self.position = position if position is not None else _position_after(there)
        self._file = os.open(last, os.O_WRONLY)
        os.ftruncate(self._file, good)
        os.fdatasync(self._file)
        self._start, self._size = start_of(last), good
        if _format_of(last) != FORMAT:  # An earlier version that reads it must not meet what it cannot understand.
            self._begin(self.end)

    @property
    def end(self) -> int:
        """The address of the next record."""
        return self._start + self._size

    def append(self, count: int, content: bytes) -> Record:
        """Write one record of `count` events and wait until it is on disk. Raises OSError; then nothing is appended."""
        record = Record(self.end, self.position, count, content)
        body = _RECORD.pack(len(content), 0, record.position, count)[8:] + content
        data = struct.pack("<II", len(content), zlib.crc32(body)) + body
        try:
            # At its place, wherever an earlier failure left the file.
            _write_synced(self._file, data, self._size)
        except OSError:
            with suppress(OSError):  # Then the next record is written over what is left.
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)
        self.position += count
        if self._size >= self._segment_bytes:
            self._roll()
        return record

    def _roll(self) -> None:
        # A disk without room for another segment goes on with this one.
        try:
            self._begin(self.end)
        except OSError:
            return

    def _begin(self, start: int) -> None:
        path = self.folder / f"{start:020d}.log"
        temporary = path.with_suffix(".tmp")
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(file, _SEGMENT.pack(_MAGIC, FORMAT, 0, self.position))
            os.fsync(file)
            temporary.rename(path)
            _sync_folder(self.folder)
        except OSError:
            os.close(file)
            raise
        # A segment's own head takes no addresses away from records: they begin with it.
        old, self._file = getattr(self, "_file", None), file
        self._start, self._size = start, _SEGMENT.size
        if old is not None:
            os.close(old)

    def close(self) -> None:
        """Nothing more is written."""
        os.close(self._file)


def segments(folder: Path) -> list[Path]:
    """The log's files, in order."""
    return sorted(folder.glob("*.log"))


def start_of(segment: Path) -> int:
    """The address of a segment's first byte."""
    return int(segment.stem)


def bytes_held(folder: Path) -> int:
    """What the log takes on disk, in bytes."""
    return sum(path.stat().st_size for path in segments(folder))


def records(folder: Path, address: int | None = None) -> Iterator[Record]:
    """All complete records from `address` on (that of a record, or of a segment; None: wherever the log begins now), to
    the end as it is when reached.

    Raises GhostnoteError if one before the last is damaged, a segment lacks, or `address` was dropped already or lies
    beyond the end.
    """
    there = segments(folder)
    if address is None:
        address = start_of(there[0]) if there else 0
    if address > (start_of(there[-1]) + there[-1].stat().st_size if there else 0):
        raise GhostnoteError(
            f"The log {folder} ends before {address}, which was asked for: restore its last part from a copy."
        )
    if there and address < start_of(there[0]):
        raise GhostnoteError(
            f"The log {folder} begins at {start_of(there[0])}, and {address} was asked for: older records were dropped."
        )
    for place, path in enumerate(there):
        if place + 1 < len(there) and start_of(there[place + 1]) <= address:
            continue
        last = place + 1 == len(there)
        if not last and start_of(path) + path.stat().st_size < start_of(there[place + 1]):
            raise GhostnoteError(
                f"The log {folder} has no segment that begins at {start_of(path) + path.stat().st_size}: restore it "
                "from a copy, or move the state away and begin a new one from its lake."
            )
        yield from _records_in(path, max(address, start_of(path)), last=last)


def begun(found: Iterator[Record]) -> Iterator[Record]:
    """The same records; what is wrong before the first of them is raised here."""
    first = next(found, None)
    return iter(()) if first is None else chain((first,), found)


def record_at(folder: Path, address: int) -> Record | None:
    """The record at an address; None if it was dropped."""
    chosen = [path for path in segments(folder) if start_of(path) <= address]
    if not chosen:
        return None
    try:
        return next(_records_in(chosen[-1], address, last=True), None)
    except FileNotFoundError:  # Dropped this moment.
        return None


def drop_before(folder: Path, address: int) -> int:
    """Remove segments that end at or before `address`; returns the address where the log begins now."""
    there = segments(folder)
    for path, following in pairwise(there):
        if start_of(following) > address:
            return start_of(path)
        path.unlink()
    return start_of(there[-1]) if there else 0


def _records_in(path: Path, address: int, *, last: bool) -> Iterator[Record]:
    start = start_of(path)
    with path.open("rb") as file:
        _check_head(path, file.read(_SEGMENT.size))
        file.seek(max(address - start, _SEGMENT.size))
        at = file.tell()
        while True:
            record = _read(file.read(_RECORD.size), file, start + at)
            if record is None:
                break
            at += _RECORD.size + len(record.content)
            yield record
        if not last and at != os.fstat(file.fileno()).st_size:
            raise _damaged(path, at)


def _read(head: bytes, file: object, address: int) -> Record | None:
    """The record that begins with `head`; None if it is unfinished or damaged."""
    if len(head) < _RECORD.size:
        return None
    size, checksum, position, count = _RECORD.unpack(head)
    if size > _MOST:
        return None
    content: bytes = file.read(size)  # type: ignore[attr-defined]
    if len(content) < size or zlib.crc32(head[8:] + content) != checksum:
        return None
    return Record(address, position, count, content)


def _checked_end(path: Path) -> tuple[int, int | None]:
    """Where the last segment's complete records end, and the position after them; None if it has none.

    What follows must be one record that was not finished: nothing else can be left by a crash.
    """
    size = path.stat().st_size
    if size < _SEGMENT.size:
        return 0, None
    end, position = _SEGMENT.size, None
    for record in _records_in(path, start_of(path), last=True):
        end = record.end - start_of(path)
        position = record.position + record.count
    if end < size:
        with path.open("rb") as file:
            file.seek(end)
            rest = file.read()
        if _goes_on(rest, _first_position(path) if position is None else position):
            raise _damaged(path, end)
    return end, position


def _format_of(path: Path) -> int:
    with path.open("rb") as file:
        return int(_SEGMENT.unpack(file.read(_SEGMENT.size))[1])


def _first_position(path: Path) -> int:
    with path.open("rb") as file:
        return int(_SEGMENT.unpack(file.read(_SEGMENT.size))[3])


def _goes_on(rest: bytes, position: int) -> bool:
    """Whether what follows the complete records is more than one that was not finished: any whole record behind it, or
    bytes beyond its end.

    A damaged length says nothing of where the next record begins, so that all places are looked at.
    """
    if len(rest) >= _RECORD.size and rest.strip(b"\0"):
        following = _RECORD.size + _RECORD.unpack_from(rest)[0]
        if following < len(rest) and rest[following:].strip(b"\0"):
            return True
    # Positions that can follow share their upper half with this one, or with the next upper half.
    uppers = {(position >> 32).to_bytes(4, "little"), ((position >> 32) + 1).to_bytes(4, "little")}
    for upper in uppers:
        at = rest.find(upper, 13)
        while at >= 0:
            if _whole(rest, at - 12, position):
                return True
            at = rest.find(upper, at + 1)
    return False


def _whole(rest: bytes, start: int, position: int) -> bool:
    """Whether a complete record begins at `start`."""
    if start + _RECORD.size > len(rest):
        return False
    size, checksum, first, _ = _RECORD.unpack_from(rest, start)
    end = start + _RECORD.size + size
    return bool(end <= len(rest) and first >= position and zlib.crc32(memoryview(rest)[start + 8 : end]) == checksum)


def _position_after(there: list[Path]) -> int:
    """The position after all records of these segments."""
    if not there:
        return 0
    with there[-1].open("rb") as file:
        head = file.read(_SEGMENT.size)
    _check_head(there[-1], head)
    position = int(_SEGMENT.unpack(head)[3])
    for record in _records_in(there[-1], start_of(there[-1]), last=True):
        position = record.position + record.count
    return position


def _check_head(path: Path, head: bytes) -> None:
    if len(head) < _SEGMENT.size or head[:8] != _MAGIC:
        raise GhostnoteError(f"{path} is no segment of a log, or its head is damaged: restore it from a copy.")
    number = _SEGMENT.unpack(head)[1]
    if number not in READ:
        raise GhostnoteError(
            f"{path} has format {number}, this version reads up to {FORMAT}: use the version that wrote it."
        )


def _damaged(path: Path, at: int) -> GhostnoteError:
    return GhostnoteError(
        f"{path} is damaged at byte {at}, before its end, which no crash can cause: restore the file from a copy, or "
        "move the state away and begin a new one from its lake."
    )


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _write_synced(file: int, data: bytes, at: int) -> None:
    """Write and sync in one call: whoever waits in Python has to get its lock only once more."""
    view = memoryview(data)
    while view:
        done = os.pwritev(file, [view], at, os.RWF_DSYNC)
        view, at = view[done:], at + done


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
