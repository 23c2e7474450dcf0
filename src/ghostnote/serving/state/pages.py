"""Small files that are replaced whole: what the service must remember beside its log."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from ghostnote.errors import GhostnoteError

T = TypeVar("T")


def read_page(path: Path, kind: type[T], mend: str) -> T | None:
    """What a page says; None if there is none.

    Raises GhostnoteError if it cannot be read, with what to do about it: `mend`, the end of a sentence.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise GhostnoteError(f"{path} cannot be read ({error}): {mend}.") from error


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file under a temporary name, sync it, and put it in its place. Raises OSError.

    `mode` are its permissions, but for those that the process takes away.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
