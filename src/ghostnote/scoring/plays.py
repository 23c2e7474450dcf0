"""The judged plays of a period, a day at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from ghostnote.scoring.shelf import Shelf

_MARKED = ("account_id", "artist_id", "owner_id")


@dataclass
class Plays:
    """Days of plays in their order; see `judge.Opinions` for the columns, of which `marked` takes the place of `raw`.

    `threshold`: the raw score from which a play is marked; None: none is. They are put away on `shelf`.
    """

    threshold: float | None = None
    shelf: Shelf = field(default_factory=Shelf)
    #: Of the marked plays account_id, artist_id, owner_id, day; by day.
    marked: dict[date, pl.DataFrame] = field(default_factory=dict)
    height: int = 0

    def add(self, day: date, plays: pl.DataFrame) -> None:
        """Keep one more day. Raises `GhostnoteError` if there is no room for it."""
        marked = pl.lit(value=False) if self.threshold is None else pl.col("raw") >= self.threshold
        rows = plays.select(pl.exclude("day", "raw"), marked.fill_null(value=False).alias("marked"))
        self.height += rows.height
        self.marked[day] = rows.filter("marked").select(*_MARKED, pl.lit(day).alias("day"))
        self.shelf.add(day, rows)

    def days(
        self, last: date | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[date, pl.DataFrame]]:
        """Each day up to `last` and its plays, of their columns those named; None: all."""
        return self.shelf.days(last, columns)
