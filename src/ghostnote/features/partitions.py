"""Features of a lake larger than memory: prepared once, folded key by key in partitions, written by day; resumable.

A partition is one kind of key (the account with all its pairs, the track, the address, ...) and the share of its keys
whose code leaves one remainder. Only that partition's events are walked, in the stream's order, so its numbers are
those of one fold over everything, bit for bit. Each partition is a unit of work: what is done stays done.
"""

import hashlib
import math
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features import kernels as k
from ghostnote.features.costs import costs
from ghostnote.features.declaration import Feature
from ghostnote.features.fold import Fold
from ghostnote.features.history import compiling
from ghostnote.features.keys import KEYS
from ghostnote.features.prepared import NAMES, Piece, Prepared, code, parts, prepare
from ghostnote.progress import Progress, silent

#: All kinds of key that begin with the account go together: predicates of the others rest on them.
_ACCOUNT = "account_id"
_SUMMARY = "features.json"
_WORK = ".work"
_MEANT = "meant.json"


class Exported(msgspec.Struct, frozen=True):
    """What was written: `features` are the columns after event_id, event_time, kind and account_id."""

    lake: str
    events: int
    days: int
    partitions: int
    rejected: int
    unreadable: list[str]
    features: list[str]
    digest: str


@dataclass(frozen=True)
class _Unit:
    """One partition, of the keys of `column` whose code leaves `number` when divided by `of`; its features' places."""

    column: str
    number: int
    of: int
    places: tuple[int, ...]

    def folder(self, work: Path) -> Path:
        return work / f"{self.column}-{self.number}-of-{self.of}"


def export(
    lake: Lake, out: Path, features: Sequence[Feature], *, memory: float = 2e9, progress: Progress = silent
) -> Exported:
    """Write every event's features to `out/dt=YYYY-MM-DD/part-NNNN.parquet` (float32, missing is NaN).

    `memory` is about what the state of one partition may take, in bytes; reading takes what a day's events take, and
    ids what their dictionary takes. Called again after it was killed, it goes on with what was left.
    Raises GhostnoteError if `out` holds anything else, or the disk refuses.
    """
    digest = _digest(lake, features)
    try:
        if (out / _SUMMARY).exists():
            return _finished(out, digest)
        work = out / _WORK
        _claim(out, work, f"{digest} {memory}")
        prepared = prepare(lake, features, work, progress)
        units = _fold_all(prepared, features, memory, work, progress)
        for number, piece in enumerate(prepared.pieces):
            _write(piece, units, features, work, out)
            progress("Writing features", number + 1, len(prepared.pieces))
        summary = Exported(
            lake=str(lake.path),
            events=prepared.events,
            days=prepared.days,
            partitions=len(units),
            rejected=prepared.rejected,
            unreadable=prepared.unreadable,
            features=[feature.name for feature in features],
            digest=digest,
        )
        _replace(out / _SUMMARY, lambda path: path.write_bytes(msgspec.json.encode(summary)))
        shutil.rmtree(work)
    except OSError as error:
        raise GhostnoteError(
            f"Could not write the features to {out}: {error}. Free some space and run the same command again: "
            "it goes on where it was."
        ) from error
    return summary


# --- where it was ----------------------------------------------------------------------------------------------------


def _digest(lake: Lake, features: Sequence[Feature]) -> str:
    """What tells one export from another: the features, and the lake's files with their sizes and times."""
    digest = hashlib.sha256(repr([(f.name, f.support, f.support_of) for f in features]).encode())
    for table in lake.tables():
        for path in lake.files(table):
            stat = path.stat()
            digest.update(f"{path.relative_to(lake.path)} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def _finished(out: Path, digest: str) -> Exported:
    try:
        summary = msgspec.json.decode((out / _SUMMARY).read_bytes(), type=Exported)
    except msgspec.DecodeError:
        raise GhostnoteError(f"{out / _SUMMARY} cannot be understood: choose another --out.") from None
    if summary.digest != digest:
        raise GhostnoteError(f"{out} holds other features, or the lake has changed since: choose another --out.")
    return summary


def _claim(out: Path, work: Path, digest: str) -> None:
    """Begin in an empty folder, or go on in one that the same export was begun in."""
    meant = work / _MEANT
    if meant.exists():
        if meant.read_text() != digest:
            raise GhostnoteError(
                f"{out} was begun with other features, another lake or another --memory: choose another --out."
            )
        return
    if out.exists() and any(path.name != _WORK for path in out.iterdir()):
        raise GhostnoteError(f"{out} already exists and is not an empty folder: choose another --out.")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    _replace(meant, lambda path: path.write_text(digest))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    write(temporary)
    temporary.replace(path)


# --- folding ---------------------------------------------------------------------------------------------------------


def _fold_all(
    prepared: Prepared, features: Sequence[Feature], memory: float, work: Path, progress: Progress
) -> list[_Unit]:
    units = list(_units(prepared, features, memory))
    total = len(units) * len(prepared.pieces)
    for number, unit in enumerate(units):
        before = number * len(prepared.pieces)
        progress("Folding partitions", before, total)
        if not (unit.folder(work) / "done").exists():
            _fold(unit, prepared, features, work, progress, partial(_report, progress, before, total))
    progress("Folding partitions", total, total)
    return units


def _report(progress: Progress, before: int, total: int, done: int) -> None:
    progress("Folding partitions", before + done, total)


def _units(prepared: Prepared, features: Sequence[Feature], memory: float) -> Iterator[_Unit]:
    """The account's partitions first; of every kind of key as many as keep each below `memory`."""
    expected = {_ACCOUNT: 0}
    for cost in costs(features):
        columns = KEYS[cost.key].columns
        keys = prepared.known[columns[0]] if len(columns) == 1 else prepared.events
        in_windows = round(prepared.events * min(1.0, cost.longest_window_days / max(1, prepared.days)))
        expected[columns[0]] = expected.get(columns[0], 0) + cost.expected(min(keys, prepared.events), in_windows)
    for column, needed in expected.items():
        places = tuple(place for place, feature in enumerate(features) if KEYS[feature.by].columns[0] == column)
        of = max(1, math.ceil(needed / memory))
        yield from (_Unit(column, number, of, places) for number in range(of))


def _fold(
    unit: _Unit,
    prepared: Prepared,
    features: Sequence[Feature],
    work: Path,
    progress: Progress,
    report: Callable[[int], None],
) -> None:
    """Fold one partition over all pieces and keep its rows, their features, and what predicates of others rest on."""
    folder = unit.folder(work)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    needed = Fold(features).first_features
    mine = [features[place] for place in unit.places]
    fold = Fold(mine, first=needed if unit.column == _ACCOUNT else ())
    for number, (piece, frame) in enumerate(parts(work, prepared, fold, unit.column, unit.number, unit.of)):
        rows = frame["row"].to_numpy()
        values = np.full((len(rows), len(mine)), np.nan, dtype=np.float32)
        if len(rows):
            ids = {name: frame[code(name)].to_numpy() for name in fold.ids}
            waters = frame["water"].to_numpy()
            given = None if unit.column == _ACCOUNT else _first(piece, fold, needed, rows, work)
            with compiling(progress):
                first = fold.walk_coded(frame, ids, waters, values, given)
            fold.give_back(int(waters[-1]))
            if unit.column == _ACCOUNT:
                np.save(folder / f"{piece.name}.first.npy", first)
        np.save(folder / f"{piece.name}.rows.npy", rows)
        np.save(folder / f"{piece.name}.values.npy", values)
        report(number + 1)
    (folder / "done").touch()


def _first(piece: Piece, fold: Fold, needed: Sequence[Feature], rows: k.Array, work: Path) -> k.Array:
    """What the account's partitions found out for predicates, of these rows; missing for events without an account."""
    names = [feature.name for feature in needed]
    columns = [names.index(feature.name) for feature in fold.first_features]
    whole = np.full((piece.rows, len(columns)), np.nan, dtype=np.float32)
    if columns:
        for path in sorted(work.glob(f"{_ACCOUNT}-*/{piece.name}.first.npy")):
            whole[np.load(path.with_name(f"{piece.name}.rows.npy"))] = np.load(path)[:, columns]
    chosen: k.Array = whole[rows]
    return chosen


def _write(piece: Piece, units: Sequence[_Unit], features: Sequence[Feature], work: Path, out: Path) -> None:
    """Put one piece's partitions together, unless that is done."""
    path = out / f"dt={piece.day}" / f"part-{piece.number:04d}.parquet"
    if path.exists():
        return
    values = np.full((len(features), piece.rows), np.nan, dtype=np.float32)
    for unit in units:
        rows = np.load(unit.folder(work) / f"{piece.name}.rows.npy")
        part = np.load(unit.folder(work) / f"{piece.name}.values.npy")
        for column, place in enumerate(unit.places):
            values[place, rows] = part[:, column]
    for place, feature in enumerate(features):
        if feature.columns & set(piece.absent):
            values[place] = np.nan
    names = pl.read_parquet(work / f"{piece.name}.parquet", columns=list(NAMES))
    frame = names.hstack([pl.Series(feature.name, values[place]) for place, feature in enumerate(features)])
    path.parent.mkdir(exist_ok=True)
    _replace(path, lambda temporary: frame.write_parquet(temporary, compression="zstd", compression_level=1))
