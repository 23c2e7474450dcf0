"""Finds the JSON files of exports: in folders, in zip archives, or given one by one; and whose they are."""

import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ghostnote.errors import GhostnoteError

#: A history's file has about 12 MB; one that unpacks to more than this is an accident or an attack.
MAX_FILE_BYTES = 512 * 2**20
#: The same for all the files of one archive.
MAX_ARCHIVE_BYTES = 4 * 2**30
#: Folders that every export has: their names say nothing about whose it is.
_EVERYBODYS = {"mydata", "my_spotify_data", "spotify account data", "spotify extended streaming history"}
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Export:
    """What one person was handed: an archive, or the JSON files under one folder. `name` is the account's name."""

    name: str
    home: Path
    archives: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ExportFile:
    """One file of an export: its bytes, or why they cannot be had. `place` names it for messages."""

    place: str
    content: bytes = b""
    trouble: str | None = None


def find(paths: Sequence[Path], account: str | None = None) -> list[Export]:
    """The exports under `paths`, by name; with `account` they all are that one account's.

    A zip archive is one account, named as the archive. Folders are one account each, named as the folder that directly
    holds the files, or the nearest above whose name is not every export's (`MyData`, ...). An archive beside a folder
    of its own name is the same account. Raises `GhostnoteError` for a path that is not there, and when two exports in
    different places have one name.
    """
    found: dict[str, Export] = {}
    for path in paths:
        for export in _under(path.resolve()) if path.exists() else _missing(path):
            name = account or export.name
            known = found.get(name, Export(name, export.home))
            if account is None and known.home != export.home:
                raise GhostnoteError(
                    f"Two different exports are called {name} ({known.home.parent} and {export.home.parent}): "
                    "rename one, or give both with --account if they are one person's."
                )
            archives = dict.fromkeys((*known.archives, *export.archives))
            files = dict.fromkeys((*known.files, *export.files))
            found[name] = Export(name, known.home, tuple(archives), tuple(files))
    return [found[name] for name in sorted(found)]


def contents(export: Export) -> Iterator[ExportFile]:
    """The JSON files of `export`, archives first, in the order of their numbered names."""
    for archive in sorted(export.archives, key=_by_number):
        yield from _unpack(archive)
    for path in sorted(export.files, key=_by_number):
        yield _read(path)


def _missing(path: Path) -> list[Export]:
    raise GhostnoteError(f"There is nothing at {path}: give files, folders or zip archives of exports.")


def _under(path: Path) -> Iterator[Export]:
    if path.is_file():
        yield _one(path)
        return
    for folder, inner, names in os.walk(path):
        inner.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if not name.startswith(".") and file.suffix.lower() in {".json", ".zip"}:
                yield _one(file)


def _one(path: Path) -> Export:
    if path.suffix.lower() == ".zip" or (path.suffix.lower() != ".json" and zipfile.is_zipfile(path)):
        return Export(path.stem, path.with_suffix(""), archives=(path,))
    home = path.parent
    while home.name.lower() in _EVERYBODYS:
        home = home.parent
    return Export(home.name or "account", home, files=(path,))


def _by_number(path: Path | str) -> list[tuple[str, int]]:
    """`_2` before `_10`."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", str(path))]


def _unpack(path: Path) -> Iterator[ExportFile]:
    """Reads members into memory one by one; nothing is unpacked to disk, so their paths can do no harm."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _wanted(member.filename)]
            if sum(member.file_size for member in members) > MAX_ARCHIVE_BYTES:
                yield ExportFile(str(path), trouble=f"it would unpack to more than {_size(MAX_ARCHIVE_BYTES)}")
                return
            for member in sorted(members, key=lambda member: _by_number(member.filename)):
                yield _unpack_one(archive, member, f"{path}: {member.filename}")
    except (OSError, zipfile.BadZipFile) as error:
        yield ExportFile(str(path), trouble=f"it is no readable zip archive ({error})")


def _wanted(name: str) -> bool:
    """JSON, and archives inside the archive (which are named, not opened); not the shadow files of macOS."""
    last = name.rpartition("/")[2]
    return last.lower().endswith((".json", ".zip")) and not last.startswith(".") and not name.startswith("__MACOSX/")


def _unpack_one(archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: str) -> ExportFile:
    if member.flag_bits & _ENCRYPTED:
        return ExportFile(place, trouble="it is protected by a password: unpack it first")
    if member.filename.lower().endswith(".zip"):
        return ExportFile(place, trouble="it is an archive inside an archive: unpack it first")
    if member.file_size > MAX_FILE_BYTES:
        return ExportFile(place, trouble=f"it would unpack to more than {_size(MAX_FILE_BYTES)}")
    try:
        return ExportFile(place, archive.read(member))
    except (
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        EOFError,
        ValueError,
    ) as error:
        return ExportFile(place, trouble=f"it cannot be unpacked ({error})")


def _read(path: Path) -> ExportFile:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return ExportFile(str(path), trouble=f"it has more than {_size(MAX_FILE_BYTES)}")
        return ExportFile(str(path), path.read_bytes())
    except OSError as error:
        return ExportFile(str(path), trouble=f"it cannot be read ({error.strerror})")


def _size(count: int) -> str:
    return f"{count // 2**20} MB" if count < 2**30 else f"{count // 2**30} GB"
