"""A team's own tables, as CSV or Parquet files -> a lake, by a mapping file, in flat memory."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import DAY, LakeWriter, new_lake
from ghostnote.events.privacy import Hasher
from ghostnote.events.quarantine import write_quarantine
from ghostnote.events.reading import Reading
from ghostnote.events.schema import TABLES, Table
from ghostnote.events.sources.mapped_rows import apply
from ghostnote.events.sources.mapping import Mapping, TableMapping, absent_column, source_columns
from ghostnote.events.sources.table_files import SUFFIXES, Batch, Format, UnreadableFileError, batches, columns_of
from ghostnote.events.validation import AGREED_RANGE, REJECTED, TimeRange, check
from ghostnote.progress import Progress, silent

_PLACE = "__place"


@dataclass
class ImportedTable:
    """What became of one table: files and good rows, rejected rows by rule, columns it has."""

    name: str
    files: int = 0
    rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportedTables:
    """What an import did. `other_files`: files that belong to no table of the mapping. `unreadable`: with reasons."""

    tables: tuple[ImportedTable, ...]
    other_files: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]


@dataclass
class _Run:
    """An import under way."""

    kind: Format
    mapping: Mapping
    hasher: Hasher | None
    lake: LakeWriter
    times: TimeRange
    progress: Progress
    total: int
    done: int = 0
    tables: dict[str, ImportedTable] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def import_tables(
    paths: Sequence[Path],
    kind: Format,
    mapping: Mapping,
    out: Path,
    hasher: Hasher | None = None,
    progress: Progress = silent,
    *,
    times: TimeRange = AGREED_RANGE,
) -> ImportedTables:
    """Read the files under `paths` that `mapping` names and write a new lake to `out`, whole or not at all.

    `hasher` may be absent if the mapping hashes nothing. Rejected rows go to `out`/quarantine; unreadable files are
    told in the result. Raises `GhostnoteError` if a table of the mapping has no file, or nothing can be imported.
    """
    LakeWriter(out)  # refuses a place that is taken before the work, not after it
    files, others = _assign(_find(paths, kind), mapping, kind)
    with new_lake(out) as lake:
        run = _Run(kind, mapping, hasher, lake, times, progress, sum(len(part) for part in files.values()))
        write_quarantine(_import_all(run, files), lake.path / "quarantine")
        if not any(table.rows for table in run.tables.values()):
            raise GhostnoteError(_nothing(run))
    return ImportedTables(tuple(run.tables.values()), tuple(str(path) for path in others), tuple(run.unreadable))


def _nothing(run: _Run) -> str:
    if run.unreadable:
        place, reason = run.unreadable[0]
        return f"Nothing was imported: {place}: {reason}."
    for table in run.tables.values():
        for rule, count in table.rejected.items():
            return f"Nothing was imported: all rows were rejected, {count:,} of {table.name} because {rule}."
    return "Nothing was imported: the files hold no rows."


def _find(paths: Sequence[Path], kind: Format) -> list[tuple[Path, Path]]:
    """Every file of the format, with its place below the path that was given."""
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise GhostnoteError(f"There is nothing at {path}: give {kind} files, or folders that hold them.")
        if path.is_file():
            found[path] = Path(path.name)
            continue
        for folder, inner, names in os.walk(path):
            inner.sort()
            for name in sorted(names):
                if name.lower().endswith(SUFFIXES[kind]) and not name.startswith("."):
                    found[Path(folder, name)] = Path(folder, name).relative_to(path)
    return list(found.items())


def _assign(found: list[tuple[Path, Path]], mapping: Mapping, kind: Format) -> tuple[dict[str, list[Path]], list[Path]]:
    """Which files are which table's: by the pattern `files`, else by a name that begins with the table's."""
    files: dict[str, list[Path]] = {name: [] for name in mapping.tables}
    others: list[Path] = []
    for path, place in found:
        for name, table in mapping.tables.items():
            if _belongs(place, name, table, alone=len(mapping.tables) == 1):
                files[name].append(path)
                break
        else:
            others.append(path)
    for name, part in files.items():
        if not part:
            pattern = mapping.tables[name].files or f"{name}*"
            there = ", ".join(str(place) for _, place in found[:10]) or f"no {kind} files"
            raise GhostnoteError(f"No file for the table {name}: none matches {pattern}; there are {there}.")
    return files, others


def _belongs(place: Path, name: str, table: TableMapping, *, alone: bool) -> bool:
    if table.files is not None:
        return place.match(table.files)
    return alone or place.name.startswith(name) or name in place.parts[:-1]


def _import_all(run: _Run, files: dict[str, list[Path]]) -> Iterator[Reading]:
    """Writes good rows as it goes and gives the rejected ones, table by table, for quarantine."""
    for name, paths in files.items():
        table = run.tables[name] = ImportedTable(name)
        for path in paths:
            yield from _import_file(run, table, path)
            run.done += 1
            run.progress("Importing tables", run.done, run.total)


def _import_file(run: _Run, table: ImportedTable, path: Path) -> Iterator[Reading]:
    contract, mapping = TABLES[table.name], run.mapping.tables[table.name]
    rows_before = table.rows
    try:
        names = columns_of(path, run.kind, run.mapping.csv)
        reason = absent_column(contract, mapping, names)
        if reason is not None:
            raise UnreadableFileError(reason)
        wanted = _wanted(contract, mapping, names)
        for batch in batches(path, run.kind, run.mapping.csv, names, wanted):
            yield _import_batch(run, table, path, batch)
        table.files += 1
    except UnreadableFileError as error:
        kept = table.rows - rows_before
        after = f" (after {kept:,} rows, which were imported)" if kept else ""
        run.unreadable.append((str(path), f"{error}{after}"))


def _wanted(contract: Table, mapping: TableMapping, names: list[str]) -> list[str]:
    origins = [*source_columns(contract, mapping).values(), mapping.email, mapping.arrival]
    return [name for name in names if name in origins]


def _import_batch(run: _Run, table: ImportedTable, path: Path, batch: Batch) -> Reading:
    contract, mapping = TABLES[table.name], run.mapping.tables[table.name]
    rows = apply(contract, mapping, batch.rows, run.hasher)
    checked = check(contract, rows, str(path), run.times)
    good = checked.good
    if DAY in rows.columns:
        good = _with_days(contract, rows, checked.rejected["row"], good)
    if good.height:
        run.lake.write_by_arrival(table.name, good)
    table.rows += good.height
    table.columns = tuple(name for name in contract.names if name in {*table.columns, *good.columns})
    broken = pl.DataFrame(
        [(str(path), number, "the line has another number of fields", why, None) for number, why in batch.broken],
        schema=REJECTED,
        orient="row",
    )
    rejected = pl.concat([checked.rejected.with_columns(pl.col("row") + batch.first - 1), broken])
    for rule, count in rejected.group_by("rule").len().sort("len", "rule", descending=[True, False]).iter_rows():
        table.rejected[rule] = table.rejected.get(rule, 0) + count
    return replace(Reading(table.name, good.clear(), rejected), files=1)


def _with_days(contract: Table, rows: pl.DataFrame, rejected: pl.Series, good: pl.DataFrame) -> pl.DataFrame:
    """The day of arrival of every good row; where the source has none, the day of the event itself."""
    assert contract.arrival is not None
    days = rows.select(DAY, number=pl.int_range(1, pl.len() + 1)).filter(~pl.col("number").is_in(rejected.implode()))
    own = pl.col(contract.arrival).dt.date()
    return good.hstack([days[DAY]]).with_columns(pl.coalesce(DAY, own).alias(DAY))
