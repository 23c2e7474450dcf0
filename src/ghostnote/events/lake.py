"""A lake: a folder of Parquet files, one sub-folder per table, partitioned by day of arrival."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import TABLES, Table

#: The column that tells the day a row arrived: the name of its file's folder, or the day of its own time.
DAY = "dt"
#: A disk with less room than this is full.
_ROOM = 2**20
_CODE = re.compile(r"\(os error (\d+)\)")
#: Higher levels make files hardly smaller: ids are most of them, and look like noise.
_LEVEL = 1
_DAY = re.compile(r"dt=(\d{4}-\d{2}-\d{2})")


class Lake:
    """The files of a lake on disk. Says where things are; reading and checking them is `reading`'s work.

    Raises `GhostnoteError` if `path` is no folder or holds none of the contract's tables.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise GhostnoteError(f"There is no lake at {self.path}: give the folder that holds plays/, signups/, ...")
        if not self.tables():
            raise GhostnoteError(
                f"{self.path} is not a lake: it has none of the folders {', '.join(TABLES)} with Parquet files in it."
            )

    def tables(self) -> tuple[str, ...]:
        """The tables that have at least one file, in the contract's order."""
        return tuple(name for name in TABLES if any(True for _ in self._walk(name)))

    def days(self, table: str) -> tuple[date, ...]:
        """The days of arrival that `table` has partitions for, ascending."""
        found = {day for day, _ in self._walk(table) if day is not None}
        return tuple(sorted(found))

    def files(self, table: str, start: date | None = None, end: date | None = None) -> tuple[Path, ...]:
        """The files of `table` that arrived from `start` to `end` (both included), by day, then name.

        Files outside a `dt=` folder have no day and always belong.
        """
        return tuple(path for _, path in self.partitions(table, start, end))

    def partitions(
        self, table: str, start: date | None = None, end: date | None = None
    ) -> tuple[tuple[date | None, Path], ...]:
        """Like `files`, each with its day of arrival; files without one (None) come first."""
        chosen = [
            (day, path)
            for day, path in self._walk(table)
            if day is None or ((start is None or day >= start) and (end is None or day <= end))
        ]
        return tuple(sorted(chosen, key=lambda part: (part[0] or date.min, part[1])))

    def _walk(self, table: str) -> Iterator[tuple[date | None, Path]]:
        root = self.path / table
        for path in sorted(root.glob("*.parquet")):
            yield None, path
        for folder in sorted(root.glob("dt=*")):
            match = _DAY.fullmatch(folder.name)
            if match is None:
                raise GhostnoteError(f"{folder} is not a day: name the folder dt=YYYY-MM-DD.")
            try:
                day = date.fromisoformat(match[1])
            except ValueError:
                raise GhostnoteError(f"{folder} names a day that does not exist.") from None
            for path in sorted(folder.glob("*.parquet")):
                yield day, path


class LakeWriter:
    """Writes tables into a new lake: each file under a temporary name first, so none is ever half there.

    Raises `GhostnoteError` if `path` already holds files, or the disk refuses.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise GhostnoteError(f"{self.path} already exists and is not an empty folder: choose another --out.")
        self._parts: dict[Path, int] = {}

    def write(self, table: str, rows: pl.DataFrame, day: date | None = None) -> None:
        """Add one file of `rows` (columns of the contract, any subset that has the required ones)."""
        self._put(table, conform(TABLES[table], rows), day)

    def write_by_arrival(self, table: str, rows: pl.DataFrame) -> None:
        """Add one file per day, by `rows`' column `dt` or else by the day of the table's arrival column.

        A table without time becomes one file.
        """
        contract = TABLES[table]
        if contract.arrival is None:
            self.write(table, rows)
            return
        ordered = rows.sort([name for name in contract.order if name in rows.columns])
        if DAY not in ordered.columns:
            ordered = ordered.with_columns(pl.col(contract.arrival).dt.date().alias(DAY))
        # The types once for all days: years of one person's plays are thousands of small files.
        ordered = conform(contract, ordered).with_columns(ordered[DAY])
        parts = ordered.partition_by(DAY, as_dict=True, maintain_order=True, include_key=False)
        for (day,), part in parts.items():
            assert isinstance(day, date)
            self._put(table, part, day)

    def _put(self, table: str, rows: pl.DataFrame, day: date | None) -> None:
        write_parquet(rows, self.place(table, day))

    def place(self, table: str, day: date | None = None) -> Path:
        """Where the next file of a table (and day) belongs: after those that are there, or have a place."""
        folder = self.path / table / (f"dt={day.isoformat()}" if day else "")
        part = self._parts.get(folder, 0)
        while (folder / f"part-{part:04d}.parquet").exists():
            part += 1
        self._parts[folder] = part + 1
        return folder / f"part-{part:04d}.parquet"


@contextmanager
def new_lake(path: str | os.PathLike[str]) -> Iterator[LakeWriter]:
    """A writer whose lake appears at `path` when the block ends well, and leaves nothing behind when it does not.

    Until then its files lie in a folder beside `path`, on the same disk. Raises `GhostnoteError` if `path` already
    holds files, or the disk refuses.
    """
    target = LakeWriter(path).path.absolute()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        yield LakeWriter(temporary)
        if target.exists():
            target.rmdir()
        temporary.rename(target)
    except OSError as error:
        raise GhostnoteError(f"Could not write {target}: {why_not(target, error)}.") from error
    except GhostnoteError as error:
        raise renamed(error, temporary, target) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of `out`, whatever is there, when the block ends well.

    When it does not, `out` stays as it was. Raises `GhostnoteError` if the disk refuses; errors of the block that name
    the folder written into are told of `out`.
    """
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        yield temporary
        shutil.rmtree(out, ignore_errors=True)
        temporary.rename(out)
    except OSError as error:
        raise GhostnoteError(f"Could not write {out}: {why_not(out, error)}.") from error
    except GhostnoteError as error:
        raise renamed(error, temporary, out) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def conform(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of `rows` that the contract knows, in its order and types."""
    present = [column for column in table.columns if column.name in rows.columns]
    return rows.select(pl.col(column.name).cast(column.dtype) for column in present)


def write_parquet(rows: pl.DataFrame, path: Path) -> None:
    """Write one file whole or not at all; a full disk is a `GhostnoteError`."""
    with _in_place_of(path) as temporary:
        rows.write_parquet(temporary, compression="zstd", compression_level=_LEVEL, statistics=True)


def write_parquet_parts(parts: Iterator[pl.DataFrame], schema: pl.Schema, path: Path) -> None:
    """Write one file of `parts`, one below the other, each of `schema`; memory holds few of them at a time.

    Otherwise as `write_parquet`. An error of `parts` is raised as it is.
    """

    def given(columns: list[str] | None, *_: object) -> Iterator[pl.DataFrame]:
        for part in parts:
            yield part if columns is None else part.select(columns)

    with _in_place_of(path) as temporary:
        register_io_source(given, schema=schema).sink_parquet(
            temporary, compression="zstd", compression_level=_LEVEL, statistics=True, maintain_order=True
        )


@contextmanager
def _in_place_of(path: Path) -> Iterator[Path]:
    """A temporary name that becomes `path` when the block ends well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise GhostnoteError(f"Could not write {path}: {why_not(path, error)}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_csv(rows: pl.DataFrame, path: Path) -> None:
    """Write one file that spreadsheets take for UTF-8; a full disk is a `GhostnoteError`."""
    try:
        rows.write_csv(path, include_bom=True)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise GhostnoteError(f"Could not write {path}: {why_not(path, error)}.") from error


def why_not(path: Path, error: Exception) -> str:
    """Why writing to `path` failed. Libraries tell it in words of their own."""
    with suppress(OSError):
        if shutil.disk_usage(path.parent).free < _ROOM:
            return "the disk is full: free some space or choose another place"
    code = error.errno if isinstance(error, OSError) else None
    if code is None and (told := _CODE.search(str(error))):
        code = int(told[1])
    return f"{os.strerror(code)}: choose another place" if code else str(error).rstrip(".")


def renamed(error: GhostnoteError, temporary: Path, target: Path) -> GhostnoteError:
    """The same error, said of the place that was asked for and not of the one in which things are made."""
    return GhostnoteError(str(error).replace(str(temporary), str(target)))
