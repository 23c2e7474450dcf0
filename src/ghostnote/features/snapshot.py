"""A fold's state on disk: one file of plain arrays with a format number. No pickle: reading runs nobody's code."""

import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ghostnote.errors import GhostnoteError
from ghostnote.features.gently import Gently
from ghostnote.features.packing import is_packed, read_about, read_arrays, write_arrays

Array = np.ndarray[Any, Any]
#: Raised whenever the meaning of the arrays changes.
FORMAT = 3
#: Formats that are read: 1 had a head for every id, and knew no stream's time; 1 and 2 were .npz, which are not packed.
READ = (1, 2, FORMAT)
_HEAD = "snapshot"


def write(
    path: str | os.PathLike[str],
    names: Sequence[str],
    layout: str,
    groups: dict[str, dict[str, Array]],
    *,
    gently: bool = False,
) -> None:
    """Write groups of arrays as one file, under a temporary name first. Raises GhostnoteError if that fails.

    `names` are the fold's features; `layout` tells folds apart whose arrays mean different things. `gently`: see
    `Gently`.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    about = {"format": FORMAT, "features": list(names), "layout": layout}
    arrays = {f"{group}/{name}": array for group, members in groups.items() for name, array in members.items()}
    try:
        with temporary.open("wb") as file:
            write_arrays(Gently(file) if gently else file, about, arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise GhostnoteError(f"Could not write the snapshot {target}: {error}.") from error


def read(path: str | os.PathLike[str], names: Sequence[str], layout: str) -> dict[str, dict[str, Array]]:
    """The groups of arrays in a snapshot of a fold with these features and layout. Raises GhostnoteError otherwise."""
    try:
        with Path(path).open("rb") as file:
            if not is_packed(file):
                return _earlier(file, path, names, layout)
            found = read_about(file)
            _check(path, found["about"], names, layout)
            return _grouped(read_arrays(file, found["arrays"]))
    except OSError as error:
        raise GhostnoteError(f"Could not read the snapshot {path}: {error.strerror or error}.") from error
    except (EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise GhostnoteError(f"{path} is no snapshot of features, or it is damaged: fold the history again.") from error


def _earlier(
    file: BinaryIO, path: str | os.PathLike[str], names: Sequence[str], layout: str
) -> dict[str, dict[str, Array]]:
    """What formats before 3 hold: an .npz, of which one member is the head."""
    with np.load(file, allow_pickle=False) as members:
        head = json.loads(bytes(members[_HEAD]))
        _check(path, head, names, layout)
        groups = _grouped({name: members[name] for name in members.files if name != _HEAD})
    return _today(groups) if head["format"] == 1 else groups


def _grouped(arrays: dict[str, Array]) -> dict[str, dict[str, Array]]:
    groups: dict[str, dict[str, Array]] = {}
    for member, array in arrays.items():
        group, _, name = member.partition("/")
        groups.setdefault(group, {})[name] = array
    return groups


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
