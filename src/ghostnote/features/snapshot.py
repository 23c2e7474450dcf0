"""A fold's state on disk: one file of plain arrays with a format number. No pickle: reading runs nobody's code."""

import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ghostnote.errors import GhostnoteError

Array = np.ndarray[Any, Any]
#: Raised whenever the meaning of the arrays changes.
FORMAT = 1
_HEAD = "snapshot"


def write(path: str | os.PathLike[str], names: Sequence[str], groups: dict[str, dict[str, Array]]) -> None:
    """Write groups of arrays as one .npz, under a temporary name first. Raises GhostnoteError if that fails."""
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    head = json.dumps({"format": FORMAT, "features": list(names)}).encode()
    arrays = {f"{group}/{name}": array for group, members in groups.items() for name, array in members.items()}
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_HEAD: np.frombuffer(head, dtype=np.uint8)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise GhostnoteError(f"Could not write the snapshot {target}: {error}.") from error


def read(path: str | os.PathLike[str], names: Sequence[str]) -> dict[str, dict[str, Array]]:
    """The groups of arrays in a snapshot of a fold with the features `names`. Raises GhostnoteError otherwise."""
    try:
        with np.load(path, allow_pickle=False) as file:
            head = json.loads(bytes(file[_HEAD]))
            _check(path, head, names)
            groups: dict[str, dict[str, Array]] = {}
            for member in file.files:
                group, _, name = member.partition("/")
                if name:
                    groups.setdefault(group, {})[name] = file[member]
            return groups
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise GhostnoteError(f"{path} is not a snapshot of features: {error}.") from error


def _check(path: str | os.PathLike[str], head: dict[str, Any], names: Sequence[str]) -> None:
    if head["format"] != FORMAT:
        raise GhostnoteError(
            f"The snapshot {path} has format {head['format']}, this version reads {FORMAT}: fold the history again."
        )
    if head["features"] != list(names):
        differing = sorted(set(head["features"]) ^ set(names)) or ["their order"]
        raise GhostnoteError(
            f"The snapshot {path} is of other features (the difference begins with {differing[0]}):"
            " fold the history again."
        )
