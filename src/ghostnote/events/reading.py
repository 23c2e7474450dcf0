"""Reading a lake: files are checked row by row, bad rows set apart with a reason, repeated ids counted once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import DAY, Lake
from ghostnote.events.ordering import in_order
from ghostnote.events.repeats import SeenIds
from ghostnote.events.schema import POSITION, TABLES, Table
from ghostnote.events.validation import AGREED_RANGE, REJECTED, TimeRange, check, missing_columns
from ghostnote.progress import Progress, silent


@dataclass(frozen=True)
class Reading:
    """What one table of a lake, or one day of it, holds.

    `rows`: the contract's columns that the files have (absent optional ones stay absent) and `dt`, the day of arrival
    (Date; null for tables without time), ordered by `dt`, `position` if there is one, `event_time`, `event_id`; tables
    without time keep the order of files and rows. `rejected`: see `validation.REJECTED`. `unreadable`: files that could
    not be read, with reasons. `duplicates`: rows left out because their id counts already. `files`: how many were
    opened.
    """

    table: str
    rows: pl.DataFrame
    rejected: pl.DataFrame
    unreadable: tuple[tuple[Path, str], ...] = ()
    duplicates: int = 0
    files: int = 0


def read(
    lake: Lake,
    table: str,
    start: date | None = None,
    end: date | None = None,
    progress: Progress = silent,
    *,
    times: TimeRange = AGREED_RANGE,
) -> Reading:
    """All rows of `table` that arrived from `start` to `end` (both included).

    A table that the lake does not have gives no rows. Of events with one `event_id` the first in the lake's order
    counts; of catalogue rows with one id the last, so that a newer file corrects an older one.
    Raises `GhostnoteError` if no day of the lake lies between `start` and `end`.
    """
    if TABLES[table].arrival is None:
        return _read_dimension(lake, TABLES[table], progress, times)
    return join([reading for _, reading in read_days(lake, table, start, end, progress, times=times)], table)


def read_days(
    lake: Lake,
    table: str,
    start: date | None = None,
    end: date | None = None,
    progress: Progress = silent,
    *,
    times: TimeRange = AGREED_RANGE,
    seen: SeenIds | None = None,
) -> Iterator[tuple[date, Reading]]:
    """`read`, a day of arrival at a time, ascending: memory for one day's rows and eight bytes per id seen.

    Ids that are in `seen` already are repeats. Files outside `dt=` folders are held whole and their rows given out on
    the day of their own time. Days whose files hold nothing are given too. Raises as `read` does; `table` must be one
    with time.
    """
    contract = TABLES[table]
    if contract.arrival is None:
        raise ValueError(f"{table} has no days: use read()")
    files = lake.partitions(table, start, end)
    undated = join([_read_file(contract, path, None, times) for day, path in files if day is None], table)
    parts = _by_day(undated, start, end)
    dated = {day: [path for _, path in group] for day, group in groupby(files, lambda file: file[0]) if day is not None}
    days = sorted({*parts, *dated})
    if not days and (start or end):
        _refuse_range(lake, contract, undated, f"from {start or 'the beginning'} to {end or 'the end'}")
    seen, done = seen or SeenIds(), undated.files
    # What was wrong with files outside days is told once, with the first day.
    found = [replace(undated, rows=undated.rows.clear())] if undated.files else []
    for day in days or [start or date.min] * len(found):
        if day in parts:
            found.append(Reading(table, parts[day], REJECTED.to_frame()))
        for path in dated.get(day, []):
            found.append(_read_file(contract, path, day, times))
            done += 1
            progress(f"Reading {table}", done, len(files))
        yield day, _whole(contract, found, seen)


def _whole(contract: Table, parts: list[Reading], seen: SeenIds) -> Reading:
    """A day's parts as one, which are then given up: whoever looks at the day has all of it."""
    joined = join(parts, contract.name)
    parts.clear()
    return _once(contract, _in_order(contract, joined), seen)


def join(readings: Iterable[Reading], table: str) -> Reading:
    """Several readings of `table` as one: rows below each other in the order given, counts added up.

    Columns that only some of them have are null where they were absent. None at all: the required columns and no rows.
    """
    parts = list(readings)
    frames = [part.rows for part in parts if part.rows.width] or [_no_rows(TABLES[table])]
    rows = pl.concat(frames, how="diagonal", rechunk=False)
    names = [name for name in (*TABLES[table].names, DAY) if name in rows.columns]
    return Reading(
        table,
        rows.select(names),
        pl.concat([REJECTED.to_frame(), *(part.rejected for part in parts)]),
        tuple(file for part in parts for file in part.unreadable),
        sum(part.duplicates for part in parts),
        sum(part.files for part in parts),
    )


def _read_dimension(lake: Lake, contract: Table, progress: Progress, times: TimeRange) -> Reading:
    files = lake.files(contract.name)
    found = []
    for done, path in enumerate(files, 1):
        found.append(_read_file(contract, path, None, times))
        progress(f"Reading {contract.name}", done, len(files))
    whole = join(found, contract.name)
    assert contract.unique is not None
    kept = whole.rows.unique(contract.unique, keep="last", maintain_order=True)
    return replace(whole, rows=kept, duplicates=whole.rows.height - kept.height)


def _read_file(contract: Table, path: Path, day: date | None, times: TimeRange) -> Reading:
    """One file, checked; `day` is its folder's, or None for the days of the rows' own times."""
    try:
        if not path.stat().st_size:
            return _unreadable(contract, path, "it is empty (0 bytes)")
        columns = list(pl.read_parquet_schema(path))
        reason = missing_columns(contract, columns)
        if reason is None:
            known = [name for name in columns if name in contract.names]
            raw = pl.read_parquet(path, columns=known, hive_partitioning=False)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        reason = f"it is no readable Parquet file ({_brief(error)})"
    if reason is not None:
        return _unreadable(contract, path, reason)
    checked = check(contract, raw, str(path), times)
    if day is not None or contract.arrival is None:
        arrived = pl.lit(day, dtype=pl.Date)
    else:
        arrived = pl.col(contract.arrival).dt.date()
    return Reading(contract.name, checked.good.with_columns(arrived.alias(DAY)), checked.rejected, files=1)


def _unreadable(contract: Table, path: Path, reason: str) -> Reading:
    return Reading(contract.name, pl.DataFrame(), REJECTED.to_frame(), ((path, reason),), files=1)


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _by_day(reading: Reading, start: date | None, end: date | None) -> dict[date, pl.DataFrame]:
    rows = reading.rows
    if start is not None:
        rows = rows.filter(pl.col(DAY) >= start)
    if end is not None:
        rows = rows.filter(pl.col(DAY) <= end)
    parts = rows.partition_by(DAY, as_dict=True, maintain_order=True) if rows.height else {}
    return {day: part for (day,), part in parts.items() if isinstance(day, date)}


def _refuse_range(lake: Lake, contract: Table, undated: Reading, asked: str) -> None:
    """A range that misses all of the data is a mistake, not an empty answer; a lake without data has no such range."""
    there = {*lake.days(contract.name), *undated.rows[DAY].to_list()}
    if there:
        raise GhostnoteError(f"{lake.path} has no {contract.name} {asked}: its days are {min(there)} to {max(there)}.")


def _in_order(contract: Table, reading: Reading) -> Reading:
    return replace(reading, rows=in_order(reading.rows, (POSITION, *contract.order)))


def _once(contract: Table, reading: Reading, seen: SeenIds) -> Reading:
    if contract.unique is None or reading.rows.is_empty():
        return reading
    first = seen.first_times(reading.rows[contract.unique])
    if first.all():
        return reading
    kept = reading.rows.filter(first)
    return replace(reading, rows=kept, duplicates=reading.duplicates + reading.rows.height - kept.height)


def _no_rows(contract: Table) -> pl.DataFrame:
    return contract.empty().select(contract.required).with_columns(pl.lit(None, dtype=pl.Date).alias(DAY))
