"""JSON documents with a format number: written whole or not at all, read only if they are what they should be."""

import contextlib
import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ghostnote.errors import GhostnoteError

T = TypeVar("T")


class _Format(msgspec.Struct):
    format: int


def keep_other(out: Path, file: str, what: str) -> None:
    """`GhostnoteError` if something is at `out` that has no `file`: it holds no `what`, and is not to be replaced."""
    if out.exists() and not (out / file).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise GhostnoteError(f"{out} exists and holds no {what}: choose another --out.")


def write_json(path: Path, document: Any) -> Path:
    """Write a document to `path` under a temporary name, then move it into place; returns the path."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        why = error.strerror or str(error)
        raise GhostnoteError(f"Could not write {path}: {why}. Free some space or choose another place.") from error
    return path


def read_json(path: Path, kind: type[T], *, number: int, command: str) -> T:
    """Read a document of format `number` that `command` wrote; `GhostnoteError` if it is not one."""
    try:
        content = path.read_bytes()
        found = msgspec.json.decode(content, type=_Format).format
        if found != number:
            raise GhostnoteError(
                f"{path} has format {found}, this version reads format {number}: run `{command}` again."
            )
        return msgspec.json.decode(content, type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise GhostnoteError(f"{path} cannot be read: {error}. Run `{command}` again.") from error
