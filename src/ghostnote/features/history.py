"""A lake walked day by day through the fold: what training and scoring both start from."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.compiling import is_compiled
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import DAY, Lake
from ghostnote.events.reading import Reading, read, read_days
from ghostnote.events.schema import EVENT_TABLES, POSITION, TABLES
from ghostnote.features import kernels
from ghostnote.features.declaration import Feature
from ghostnote.features.fold import Fold
from ghostnote.features.stream import KNOWN_BAD_COLUMN, build_stream
from ghostnote.progress import Progress, silent

#: Columns of the stream that callers need besides those that features read.
_KEPT = frozenset(
    {"track_id", "artist_id", "owner_id", "ms_played", "object_id", "playlist_id", "subnet", "payment_hash"}
)


@dataclass(frozen=True)
class Day:
    """One day of arrival: its events in order and, row by row, their features as of each event (float32)."""

    day: date
    stream: pl.DataFrame
    values: NDArray[np.float32]


@dataclass
class Intake:
    """What was read on the way, what could not be used, and which contract columns the lake does not have."""

    events: int = 0
    plays: int = 0
    duplicates: int = 0
    late: int = 0
    rejected: list[Reading] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    present: dict[str, set[str]] = field(default_factory=dict)

    @property
    def rejected_rows(self) -> int:
        return sum(reading.rejected.height for reading in self.rejected)

    @property
    def left_out(self) -> list[str]:
        """A note on each file that could not be read."""
        return [f"Not readable, left out: {name}" for name in self.unreadable]

    @property
    def missing_columns(self) -> list[str]:
        """`table.column` for every optional column, and `table` for every table, that no file has."""
        missing: list[str] = []
        for name, table in TABLES.items():
            if name == "labels":
                continue
            if name not in self.present:
                missing.append(name)
            else:
                missing += [f"{name}.{c}" for c in table.names if c not in self.present[name] and c != POSITION]
        return missing

    def add(self, reading: Reading) -> None:
        self.duplicates += reading.duplicates
        if reading.rejected.height:
            self.rejected.append(replace(reading, rows=reading.rows.clear()))
        self.unreadable += [f"{path}: {reason}" for path, reason in reading.unreadable]
        if reading.files:
            self.present.setdefault(reading.table, set()).update(reading.rows.columns)


def play_days(lake: Lake) -> tuple[date, ...]:
    """The days of arrival on which plays came; `GhostnoteError` if the lake has none."""
    undated = any(path.parent.name == "plays" for path in lake.files("plays"))
    days = tuple(day for day, part in read_days(lake, "plays") if part.rows.height) if undated else lake.days("plays")
    if not days:
        raise GhostnoteError(f"{lake.path} holds no plays: there is nothing to look at.")
    return days


def walk(
    lake: Lake, features: Sequence[Feature], intake: Intake, end: date | None = None, progress: Progress = silent
) -> Iterator[Day]:
    """Every day from the lake's first to `end`, through one fold that starts empty; `intake` is filled on the way."""
    fold = Fold(features)
    for today, stream in streams(lake, fold.columns | _KEPT, intake, end, progress):
        with compiling(progress):
            values = fold.update(stream)
        intake.late = fold.late
        yield Day(today, stream, values)
        # A day is as large as all that is remembered: two of them would not fit where one does.
        del stream, values


@contextmanager
def compiling(progress: Progress) -> Iterator[None]:
    """Say that the first fold on a machine compiles: it takes a minute, once."""
    if is_compiled(kernels.walk):
        yield
        return
    progress("Compiling for this machine (once)", 0, 1)
    yield
    progress("Compiling for this machine (once)", 1, 1)


def streams(
    lake: Lake,
    columns: frozenset[str],
    intake: Intake,
    end: date | None = None,
    progress: Progress = silent,
    step: str = "Folding features",
) -> Iterator[tuple[date, pl.DataFrame]]:
    """Every day of arrival from the lake's first to `end` as a stream with `columns`; `intake` is filled on the way."""
    dimensions = _dimensions(lake, intake, ("tracks", "ips"))
    if KNOWN_BAD_COLUMN in columns:
        dimensions |= _dimensions(lake, Intake(), ("labels",))
    last = end or max(play_days(lake))
    names = [name for name in EVENT_TABLES if name in lake.tables()]
    blank = {name: _blank(lake, name) for name in names}
    sources = {name: _Peekable(read_days(lake, name)) for name in names}
    total = max(len({day for name in names for day in lake.days(name) if day <= last}), 1)
    done = 0
    # As in `walk`, nothing of a day is held while it is looked at, or while the next one is read.
    while upcoming := [day for source in sources.values() if (day := source.day) is not None and day <= last]:
        today = min(upcoming)
        # No name here holds the tables: they are given up while the stream is made of them.
        yield today, _counted(build_stream({**_tables(today, sources, blank, intake), **dimensions}, columns), intake)
        done += 1
        progress(step, min(done, total), total)
    progress(step, total, total)


def _tables(
    today: date, sources: Mapping[str, "_Peekable"], blank: Mapping[str, pl.DataFrame], intake: Intake
) -> dict[str, pl.DataFrame]:
    """What arrived today, by table."""
    tables = dict(blank)
    for name, source in sources.items():
        if source.day == today:
            reading = source.take()
            intake.add(reading)
            # What a table has on other days is unknown today, not absent: the fold tells the two apart.
            tables[name] = pl.concat([blank[name], reading.rows], how="diagonal")
    intake.plays += tables["plays"].height if "plays" in tables else 0
    return tables


def _counted(stream: pl.DataFrame, intake: Intake) -> pl.DataFrame:
    intake.events += stream.height
    return stream


def _dimensions(lake: Lake, intake: Intake, names: Sequence[str]) -> dict[str, pl.DataFrame]:
    found = {}
    for name in names:
        reading = read(lake, name)
        intake.add(reading)
        if reading.files:
            found[name] = reading.rows
    return found


def _blank(lake: Lake, name: str) -> pl.DataFrame:
    """No rows, and every column of the contract that any file of the table has."""
    present = set(TABLES[name].required)
    for path in lake.files(name):
        try:
            present |= set(pl.read_parquet_schema(path))
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):  # named when it is read
            continue
    columns = {column.name: column.dtype for column in TABLES[name].columns if column.name in present}
    return pl.DataFrame(schema={**columns, DAY: pl.Date()})


class _Peekable:
    """An iterator of days whose next day can be asked for before it is taken; read only when it is."""

    def __init__(self, days: Iterator[tuple[date, Reading]]) -> None:
        self._days = days
        self._next: tuple[date, Reading] | None = None

    @property
    def day(self) -> date | None:
        self._next = self._next or next(self._days, None)
        return self._next[0] if self._next else None

    def take(self) -> Reading:
        assert self._next is not None
        reading, self._next = self._next[1], None
        return reading
