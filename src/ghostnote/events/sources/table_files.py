"""CSV and Parquet files of any size, a batch of rows at a time."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ghostnote.events.sources.mapping import CsvFormat

Format = Literal["csv", "parquet"]
SUFFIXES: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt"),
    "parquet": (".parquet", ".pq"),
}
_BATCH_ROWS = 500_000
#: CSV is read in blocks of bytes; this many hold about as many rows.
_BLOCK_BYTES = 16 * 2**20


class UnreadableFileError(Exception):
    """A file, or the rest of one, cannot be read; the message says why."""


@dataclass(frozen=True)
class Batch:
    """Rows in the file's own columns (text only, from CSV); `first` is the first one's number, from 1.

    `broken`: lines that are no rows, as (line number, why).
    """

    rows: pl.DataFrame
    first: int
    broken: tuple[tuple[int, str], ...] = ()


def columns_of(path: Path, kind: Format, csv: CsvFormat) -> list[str]:
    """The names of the file's columns. Raises `UnreadableFileError`."""
    try:
        if not path.stat().st_size:
            raise UnreadableFileError("it is empty (0 bytes)")
        if kind == "parquet":
            return [str(name) for name in pq.read_schema(path).names]
        with pa_csv.open_csv(path, **_csv_options(csv, [], [])) as reader:
            names = [str(name) for name in reader.schema.names]
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFileError(_brief(error)) from error
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UnreadableFileError(f"two of its columns are called {twice[0]}")
    return names


def batches(path: Path, kind: Format, csv: CsvFormat, names: list[str], wanted: list[str]) -> Iterator[Batch]:
    """The columns `wanted` of a file whose columns are `names`, in order. Raises `UnreadableFileError` midway."""
    try:
        yield from _parquet_batches(path, wanted) if kind == "parquet" else _csv_batches(path, csv, names, wanted)
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise UnreadableFileError(_brief(error)) from error


def _parquet_batches(path: Path, wanted: list[str]) -> Iterator[Batch]:
    first = 1
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=wanted):
            yield Batch(_frame(pa.Table.from_batches([batch])), first)
            first += batch.num_rows


def _csv_batches(path: Path, csv: CsvFormat, names: list[str], wanted: list[str]) -> Iterator[Batch]:
    # The library reads ahead in a thread of its own: each broken line must be taken exactly once.
    broken: deque[tuple[int, str]] = deque()

    def taken() -> Iterator[tuple[int, str]]:
        while broken:
            yield broken.popleft()

    def set_apart(row: pa_csv.InvalidRow) -> str:
        # Not the line itself: whatever it holds has not been hashed.
        broken.append((row.number or 0, f"the line has {row.actual_columns} fields instead of {row.expected_columns}"))
        return "skip"

    first = 1
    with pa_csv.open_csv(path, **_csv_options(csv, names, wanted, set_apart)) as reader:
        for batch in reader:
            yield Batch(_frame(pa.Table.from_batches([batch])), first, tuple(taken()))
            first += batch.num_rows
    if broken:
        yield Batch(pl.DataFrame(schema=dict.fromkeys(wanted, pl.String)), first, tuple(taken()))


def _csv_options(
    csv: CsvFormat, names: list[str], wanted: list[str], set_apart: Callable[[pa_csv.InvalidRow], str] | None = None
) -> dict[str, object]:
    """Everything is read as text: the contract, not a guess, says what a column is."""
    return {
        "read_options": pa_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, encoding=csv.encoding),
        "parse_options": pa_csv.ParseOptions(
            delimiter=csv.separator,
            quote_char=csv.quote,
            newlines_in_values=True,
            invalid_row_handler=set_apart or (lambda row: "skip"),
        ),
        "convert_options": pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
            include_columns=wanted,
        ),
    }


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _brief(error: Exception) -> str:
    text = (getattr(error, "strerror", None) or str(error)).strip()
    return text.splitlines()[0] if text else type(error).__name__
