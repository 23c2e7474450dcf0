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
FORMAT = 2
#: Formats that are read: 1 had a head for every id, and knew no stream's time.
READ = (1, FORMAT)
_HEAD = "snapshot"


def write(path: str | os.PathLike[str], names: Sequence[str], layout: str, groups: dict[str, dict[str, Array]]) -> None:
    """Write groups of arrays as one .npz, under a temporary name first. Raises GhostnoteError if that fails.

    `names` are the fold's features; `layout` tells folds apart whose arrays mean different things.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    head = json.dumps({"format": FORMAT, "features": list(names), "layout": layout}).encode()
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


def read(path: str | os.PathLike[str], names: Sequence[str], layout: str) -> dict[str, dict[str, Array]]:
    """The groups of arrays in a snapshot of a fold with these features and layout. Raises GhostnoteError otherwise."""
    try:
        with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            head = json.loads(bytes(file[_HEAD]))
            _check(path, head, names, layout)
            groups: dict[str, dict[str, Array]] = {}
            for member in file.files:
                group, _, name = member.partition("/")
                if name:
                    groups.setdefault(group, {})[name] = file[member]
            return _today(groups) if head["format"] == 1 else groups
    except OSError as error:
        raise GhostnoteError(f"Could not read the snapshot {path}: {error.strerror or error}.") from error
    except (EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise GhostnoteError(f"{path} is no snapshot of features, or it is damaged: fold the history again.") from error


def _check(path: str | os.PathLike[str], head: dict[str, Any], names: Sequence[str], layout: str) -> None:
    if head["format"] not in READ:
        raise GhostnoteError(
            f"The snapshot {path} has format {head['format']}, this version reads up to {FORMAT}:"
            " fold the history again."
        )
    if head["features"] != list(names):
        differing = sorted(set(head["features"]) ^ set(names)) or ["their order"]
        raise GhostnoteError(
            f"The snapshot {path} is of other features (the difference begins with {differing[0]}):"
            " fold the history again."
        )
    if head["layout"] != layout:
        raise GhostnoteError(
            f"The snapshot {path} is of features with the same names but other predicates or support:"
            " fold the history again."
        )


def _today(groups: dict[str, dict[str, Array]]) -> dict[str, dict[str, Array]]:
    """What format 1 had, with what it lacked: the stream's time, unknown."""
    never = np.iinfo(np.int64).min
    return groups | {"water": {"times": np.array([never, never], dtype=np.int64)}}
