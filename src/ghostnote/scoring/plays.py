"""The judged plays of a period, a day at a time: on disk if there is a place, so that memory holds one day of them."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not

_IDS = ("account_id", "track_id", "artist_id", "owner_id", "playlist_id")
_MARKED = ("account_id", "artist_id", "owner_id")


@dataclass
class Plays:
    """Days of plays in their order; see `judge.Opinions` for the columns, of which `marked` takes the place of `raw`.

    `out`: keep them on the disk that it will be on, until the end of the `with` block; None: in memory. `threshold`:
    the raw score from which a play is marked; None: none is.
    """

    threshold: float | None = None
    out: Path | None = None
    #: Of the marked plays account_id, artist_id, owner_id, day; by day.
    marked: dict[date, pl.DataFrame] = field(default_factory=dict)
    height: int = 0
    _days: dict[date, pl.DataFrame | Path] = field(default_factory=dict)
    _folder: tempfile.TemporaryDirectory[str] | None = None
    #: As long as somebody has one, codes of ids mean the same.
    _codes: pl.Series = field(default_factory=lambda: pl.Series([""], dtype=pl.Categorical))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, day: date, plays: pl.DataFrame) -> None:
        """Keep one more day. Raises `GhostnoteError` if there is no room for it."""
        marked = pl.lit(value=False) if self.threshold is None else pl.col("raw") >= self.threshold
        rows = plays.select(pl.exclude("day", "raw"), marked.fill_null(value=False).alias("marked"))
        self.height += rows.height
        self.marked[day] = rows.filter("marked").select(*_MARKED, pl.lit(day).alias("day"))
        self._days[day] = rows if self.out is None else self._written(day, rows, self.out)

    def days(
        self, last: date | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[date, pl.DataFrame]]:
        """Each day up to `last` and its plays, of their columns those named; None: all."""
        for day, rows in self._days.items():
            if last is None or day <= last:
                found = rows if isinstance(rows, pl.DataFrame) else _read(rows, columns)
                yield day, found if columns is None else found.select(columns)

    def _written(self, day: date, rows: pl.DataFrame, out: Path) -> Path:
        try:
            if self._folder is None:
                # Not where temporary files usually go: that is memory on some machines.
                place = next((parent for parent in out.absolute().parents if parent.is_dir()), None)
                self._folder = tempfile.TemporaryDirectory(prefix=".ghostnote-", dir=place)
            path = Path(self._folder.name, f"{day}.arrow")
            rows.with_columns(pl.col(_IDS).to_physical()).write_ipc(path)
        except (OSError, pl.exceptions.ComputeError) as error:
            raise GhostnoteError(f"Could not write {out}: {why_not(out, error)}.") from error
        return path


def _read(path: Path, columns: Sequence[str] | None) -> pl.DataFrame:
    rows = pl.read_ipc(path, columns=None if columns is None else list(columns))
    return rows.with_columns(pl.col(name).cat.to(pl.Categorical) for name in _IDS if name in rows.columns)
