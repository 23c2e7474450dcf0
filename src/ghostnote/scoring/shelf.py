"""Frames put away a day at a time: on disk if there is a place, so that memory holds one day of them."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not


@dataclass
class Shelf:
    """Days of frames in their order. `out`: they lie on the disk that it will be on, until the end of the `with` block;
    None: in memory.
    """

    out: Path | None = None
    _days: dict[date, pl.DataFrame | Path] = field(default_factory=dict)
    _folder: tempfile.TemporaryDirectory[str] | None = None
    #: As long as somebody has one, codes of ids mean the same.
    _codes: pl.Series = field(default_factory=lambda: pl.Series([""], dtype=pl.Categorical))
    _coded: frozenset[str] = frozenset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, day: date, rows: pl.DataFrame) -> None:
        """Put one more day away; all have the same columns. Raises `GhostnoteError` if there is no room for it."""
        self._days[day] = rows if self.out is None else self._written(day, rows, self.out)

    def days(
        self, last: date | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[date, pl.DataFrame]]:
        """Each day up to `last` and its rows, of their columns those named; None: all."""
        for day, rows in self._days.items():
            if last is None or day <= last:
                found = rows if isinstance(rows, pl.DataFrame) else self._read(rows, columns)
                yield day, found if columns is None else found.select(columns)

    def _written(self, day: date, rows: pl.DataFrame, out: Path) -> Path:
        try:
            if self._folder is None:
                # Not where temporary files usually go: that is memory on some machines.
                place = next((parent for parent in out.absolute().parents if parent.is_dir()), None)
                self._folder = tempfile.TemporaryDirectory(prefix=".ghostnote-", dir=place)
            path = Path(self._folder.name, f"{day}.arrow")
            self._coded = frozenset(name for name, dtype in rows.schema.items() if dtype == pl.Categorical)
            rows.with_columns(pl.col(self._coded).to_physical()).write_ipc(path)
        except (OSError, pl.exceptions.ComputeError) as error:
            raise GhostnoteError(f"Could not write {out}: {why_not(out, error)}.") from error
        return path

    def _read(self, path: Path, columns: Sequence[str] | None) -> pl.DataFrame:
        rows = pl.read_ipc(path, columns=None if columns is None else list(columns))
        return rows.with_columns(pl.col(name).cat.to(pl.Categorical) for name in rows.columns if name in self._coded)
