"""A folder of decisions on disk: checked when it is opened, read lazily afterwards."""

import os
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import polars as pl

from ghostnote.decisions.summary import Summary, Truth, read_summary, read_truth
from ghostnote.decisions.tables import DECISION_TABLES
from ghostnote.errors import GhostnoteError


class DecisionFolder:
    """What `ghostnote score` wrote: the decision tables, the summary and, where it is known, the truth.

    With `kept_open` its tables stay what they are when a later run takes the folder's place. Raises `GhostnoteError` if
    the folder, a table, a column or the summary is missing or is not what it should be.
    """

    def __init__(self, path: str | os.PathLike[str], *, kept_open: bool = False) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise GhostnoteError(f"There is no folder {self.path}: give the one that `ghostnote score` wrote.")
        self._files: dict[str, IO[bytes]] = {}
        if kept_open:
            self._keep_open()
        for table in DECISION_TABLES:
            self._check(table)
        self.summary: Summary = read_summary(self.path)
        self.truth: Truth | None = read_truth(self.path)

    def scan(self, table: str) -> pl.LazyFrame:
        """The table's rows with exactly the columns and types of its schema, read when they are collected."""
        schema = DECISION_TABLES[table]
        return pl.scan_parquet(self._files.get(table, self._file(table))).select(
            pl.col(name).cast(dtype) for name, dtype in schema.items()
        )

    def read(self, table: str) -> pl.DataFrame:
        """The whole table in memory: for the small ones."""
        return self.scan(table).collect()

    def _keep_open(self) -> None:
        # What was deleted can be read for as long as it is open.
        with ExitStack() as opened:
            for table in DECISION_TABLES:
                if self._file(table).is_file():
                    self._files[table] = opened.enter_context(self._file(table).open("rb"))
            weakref.finalize(self, opened.pop_all().close)

    def _file(self, table: str) -> Path:
        return self.path / f"{table}.parquet"

    def _check(self, table: str) -> None:
        file = self._file(table)
        if not file.is_file():
            raise GhostnoteError(f"{self.path} has no {file.name}: give the folder that `ghostnote score` wrote.")
        try:
            found = pl.read_parquet_schema(self._files.get(table, file))
        except (OSError, pl.exceptions.PolarsError) as error:
            raise GhostnoteError(f"{file} cannot be read as Parquet ({error}): run `ghostnote score` again.") from error
        for name, dtype in DECISION_TABLES[table].items():
            if name not in found:
                raise GhostnoteError(f"{file} has no column {name}: run this version's `ghostnote score` again.")
            if not _fits(found[name], dtype):
                raise GhostnoteError(
                    f"Column {name} of {file} is {found[name]}, not {dtype}: run `ghostnote score` again."
                )


def _fits(found: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether every value of one type has a value in the other; columns that hold nothing but nulls always do."""
    if found in (wanted, pl.Null):
        return True
    if isinstance(found, pl.List) and isinstance(wanted, pl.List):
        return _fits(_inner(found), _inner(wanted))
    if wanted == pl.String:
        return isinstance(found, (pl.Categorical, pl.Enum))
    if wanted.is_float():
        return found.is_numeric()
    if wanted.is_integer():
        return found.is_integer()
    return isinstance(wanted, pl.Datetime) and isinstance(found, pl.Datetime)


def _inner(dtype: pl.List) -> pl.DataType:
    return dtype.inner if isinstance(dtype.inner, pl.DataType) else dtype.inner()
