"""Snapshots of a state: whole or not at all, each with its place in the log; the last two are kept."""

import fcntl
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import numpy as np

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.features.gently import Gently
from ghostnote.serving.state.pages import read_page
from ghostnote.serving.state.seen import Seen, hashes_of
from ghostnote.serving.state.state import State

#: Raised by one whenever a snapshot's parts change their meaning; the fold's has a number of its own.
FORMAT = 1
_KEPT = 2
_CANARY = "ghostnote"
_FOLD, _EARLIER_FOLD = "fold.packed", "fold.npz"


class About(msgspec.Struct, frozen=True):
    """A snapshot's own page: which format, how far in the log, which features, what else is remembered."""

    format: int
    address: int
    position: int
    day: int
    features: list[str]
    canary: int
    offsets: dict[str, int] = {}


def save(state: State, folder: Path, *, gently: bool = False) -> Path:
    """Write a snapshot under `folder`, whole or not at all, and leave no more than the last two there.

    `gently`: so that a log that is written meanwhile waits for no more than a megabyte of it, in twice the time.
    Waits for another process that writes one there. Raises GhostnoteError if it cannot be written.
    """
    target = folder / f"{state.address:020d}"
    try:
        with _alone(folder):
            return _save(state, target, gently=gently)
    except OSError as error:
        raise GhostnoteError(f"Could not write the snapshot {target}: {why_not(target, error)}.") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Upkeep that outlived a killed service may save while the next one does: one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _save(state: State, target: Path, *, gently: bool) -> Path:
    folder = target.parent
    temporary = folder / f".{target.name}.{os.getpid()}.tmp"
    for left in folder.glob(".*.tmp"):  # By a process that was killed.
        shutil.rmtree(left, ignore_errors=True)
    try:
        temporary.mkdir()
        state.fold.snapshot(temporary / _FOLD, gently=gently)
        with (temporary / "seen.npz").open("wb") as file:
            # Zip files are written from the first byte to the last, so that there need be nothing else than that.
            with zipfile.ZipFile(cast(BinaryIO, Gently(file)) if gently else file, "w") as members:
                for name, array in state.seen.to_arrays().items():
                    with members.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        (temporary / "about.json").write_bytes(msgspec.json.encode(_about(state)))
        if target.exists():
            shutil.rmtree(target)
        temporary.rename(target)
    except (OSError, GhostnoteError):
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    for old in snapshots(folder)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def restore(state: State, path: Path) -> None:
    """Go on from a snapshot. Raises GhostnoteError if it is damaged, or of other features."""
    about = read_about(path)
    fold = path / _FOLD
    state.fold.restore(fold if fold.exists() else path / _EARLIER_FOLD)
    try:
        with (path / "seen.npz").open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            seen = Seen.from_arrays({name: file[name] for name in file.files})
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise GhostnoteError(f"The snapshot {path} is damaged ({error}).") from error
    # Another version may hash otherwise: then what it knew is of no use.
    state.seen = seen if about.canary == _canary() else Seen()
    state.address, state.position, state.day = about.address, about.position, date.fromordinal(about.day)
    state.offsets = dict(about.offsets)


def snapshots(folder: Path) -> list[Path]:
    """The complete snapshots under a folder, in order."""
    return sorted(path for path in folder.glob("[0-9]*") if path.is_dir())


def read_about(path: Path) -> About:
    """A snapshot's own page. Raises GhostnoteError if there is none that can be read."""
    about = read_page(path / "about.json", About, "the snapshot is damaged")
    if about is None:
        raise GhostnoteError(f"The snapshot {path} is damaged: it has no about.json.")
    if about.format != FORMAT:
        raise GhostnoteError(f"The snapshot {path} has format {about.format}, this version reads {FORMAT}.")
    return about


def _about(state: State) -> About:
    return About(
        format=FORMAT,
        address=state.address,
        position=state.position,
        day=state.day.toordinal(),
        features=list(state.fold.names),
        canary=_canary(),
        offsets=state.offsets,
    )


def _canary() -> int:
    return int(hashes_of([_CANARY])[0])
