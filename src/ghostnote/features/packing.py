"""Arrays in one file: in parts that are packed, each with a checksum, so that several processors read them at once.

A fold's arrays are mostly zeros and small numbers: packed they take a third, and unpacking is quicker than most disks.
"""

import json
import os
import struct
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO, Protocol

import numpy as np
import pyarrow as pa

Array = np.ndarray[Any, Any]
_MAGIC = b"GHOSTFLD"
#: At the file's end: where the list of arrays begins, how long it is, its checksum.
_END = struct.Struct("<QQI8s")
#: Bytes that are packed together.
_PART = 1 << 20
#: What follows a whole state must not begin with making room for it: arrays have a part of their size more.
_ROOM = 32
#: Arrays of numbers alone: reading runs nobody's code.
_KINDS = frozenset("biuf")
_CODEC = "lz4_raw"


def is_packed(file: BinaryIO) -> bool:
    """Whether a file ends as `write_arrays` ends one."""
    size = os.fstat(file.fileno()).st_size
    return size >= _END.size and os.pread(file.fileno(), len(_MAGIC), size - len(_MAGIC)) == _MAGIC


class Into(Protocol):
    """Where arrays are written to."""

    def tell(self) -> int:
        """Where the next byte goes."""

    def write(self, content: bytes | memoryview, /) -> int:
        """Write all of it."""


def write_arrays(file: Into, about: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write arrays of numbers, and what JSON can say about them. Raises OSError."""
    codec = pa.Codec(_CODEC)
    listed = []
    for name, array in arrays.items():
        content = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
        parts = []
        for start in range(0, len(content), _PART):
            part = content[start : start + _PART]
            packed = codec.compress(part, asbytes=True)
            # What hardly gets smaller is quicker as it is.
            stored = packed if len(packed) < 0.9 * len(part) else part
            parts.append([file.tell(), len(stored), len(part), zlib.crc32(stored)])
            file.write(stored)
        listed.append({"name": name, "type": array.dtype.str, "shape": array.shape, "parts": parts})
    head = json.dumps({"about": about, "arrays": listed}).encode()
    start = file.tell()
    file.write(head)
    file.write(_END.pack(start, len(head), zlib.crc32(head), _MAGIC))


def read_about(file: BinaryIO) -> dict[str, Any]:
    """The list of arrays and what is said about them. Raises ValueError if it is damaged."""
    size = os.fstat(file.fileno()).st_size
    start, length, checksum, magic = _END.unpack(os.pread(file.fileno(), _END.size, size - _END.size))
    head = os.pread(file.fileno(), length, start) if start + length + _END.size == size else b""
    if magic != _MAGIC or len(head) < length or zlib.crc32(head) != checksum:
        raise ValueError("the list of arrays is damaged")
    found: dict[str, Any] = json.loads(head)
    return found


def read_arrays(file: BinaryIO, listed: list[dict[str, Any]]) -> dict[str, Array]:
    """The arrays of a list, each with memory of its own. Raises ValueError if one is damaged.

    An array of one dimension has room behind it: it is the beginning of a `base` that owns the memory, zero where
    nothing is, which takes none until somebody writes there.
    """
    arrays: dict[str, Array] = {}
    work = []
    for each in listed:
        dtype = np.dtype(each["type"])
        if dtype.kind not in _KINDS:
            raise ValueError("only numbers are read")
        array = arrays[each["name"]] = _roomy(each["shape"], dtype)
        into, start = array.reshape(-1).view(np.uint8), 0
        for part in each["parts"]:
            work.append((file.fileno(), part, into[start : start + part[2]]))
            start += part[2]
        if start != len(into):
            raise ValueError("an array is not whole")
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="snapshot") as threads:
        for _ in threads.map(_read, work):
            pass
    return arrays


def _roomy(shape: list[int], dtype: np.dtype[Any]) -> Array:
    if len(shape) != 1:
        return np.empty(shape, dtype=dtype)
    return np.zeros(shape[0] + shape[0] // _ROOM, dtype=dtype)[: shape[0]]


def _read(work: tuple[int, list[int], Array]) -> None:
    file, (offset, stored, size, checksum), into = work
    content = os.pread(file, stored, offset)
    if len(content) < stored or zlib.crc32(content) != checksum:
        raise ValueError("a part is damaged")
    plain = content if stored == size else pa.Codec(_CODEC).decompress(content, size)
    into[:] = np.frombuffer(plain, dtype=np.uint8)
