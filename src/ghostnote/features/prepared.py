"""A lake's events on disk as they are folded: in order, in pieces, with ids as codes; every partition reads them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from ghostnote.events.lake import Lake
from ghostnote.features import kernels as k
from ghostnote.features.columns import completed
from ghostnote.features.declaration import Feature
from ghostnote.features.fold import Fold
from ghostnote.features.history import Intake, streams
from ghostnote.progress import Progress

#: Rows of one piece: small enough that its features take a few hundred megabytes.
ROWS_PER_PIECE = 1 << 20
#: What says which event a row is.
NAMES = ("event_id", "event_time", "kind", "account_id")
_INDEX = "prepared.json"


class Piece(msgspec.Struct, frozen=True):
    """One file of prepared events: `rows` of them, of one day of arrival; `absent` columns nobody knows on that day."""

    day: str
    number: int
    rows: int
    absent: list[str]

    @property
    def name(self) -> str:
        return f"{self.day}.{self.number:04d}"


class Prepared(msgspec.Struct, frozen=True):
    """All pieces in order; `known` is how many ids each id column has; `late` events were older than the stream."""

    pieces: list[Piece]
    known: dict[str, int]
    events: int
    plays: int
    days: int
    rejected: int
    unreadable: list[str]


def code(name: str) -> str:
    """The column that has the codes of the id column `name`; -1 is unknown."""
    return f"{name} code"


def prepare(lake: Lake, features: Sequence[Feature], folder: Path, progress: Progress) -> Prepared:
    """Write the pieces, unless they are there already."""
    index = folder / _INDEX
    if index.exists():
        return msgspec.json.decode(index.read_bytes(), type=Prepared)
    folder.mkdir(parents=True, exist_ok=True)
    fold, intake = Fold(features), Intake()
    pieces: list[Piece] = []
    known = dict.fromkeys(fold.ids, 0)
    water = int(k.NEVER)
    for day, stream in streams(lake, fold.columns, intake, progress=progress, step="Preparing events"):
        absent = [n for n in sorted(fold.columns) if n not in stream.columns or stream.schema[n] == pl.Null]
        for number, part in enumerate(stream.iter_slices(ROWS_PER_PIECE)):
            piece = Piece(day.isoformat(), number, part.height, absent)
            frame, waters, codes = _coded(part, fold, water)
            water = int(waters[-1]) if part.height else water
            known = {name: max(known[name], int(codes[name].max(initial=-1)) + 1) for name in known}
            frame.write_parquet(folder / f"{piece.name}.parquet", compression="lz4", statistics=False)
            pieces.append(piece)
    prepared = Prepared(
        pieces=pieces,
        known=known,
        events=intake.events,
        plays=intake.plays,
        days=len({piece.day for piece in pieces}),
        rejected=intake.rejected_rows,
        unreadable=intake.unreadable,
    )
    temporary = index.with_suffix(".tmp")
    temporary.write_bytes(msgspec.json.encode(prepared))
    temporary.replace(index)
    return prepared


def _coded(part: pl.DataFrame, fold: Fold, water: int) -> tuple[pl.DataFrame, k.Array, dict[str, k.Array]]:
    """A piece's columns: names, what conditions rest on, codes, the stream's time and the row's number."""
    read = completed(part, fold.columns)
    codes = fold.encode(read)
    waters = k.rise(read["event_time"].cast(pl.Datetime("us")).to_physical().to_numpy(), water)
    names = part.select(NAMES).with_columns(pl.col("kind").cast(pl.String))
    kept = read.select(sorted(fold.conditions - set(NAMES)))
    columns = {code(name): pl.Series(values, dtype=pl.Int32) for name, values in codes.items()}
    rows = pl.Series(np.arange(part.height, dtype=np.uint32))
    return names.hstack(kept).with_columns(**columns, water=pl.Series(waters), row=rows), waters, codes


def parts(
    folder: Path, prepared: Prepared, fold: Fold, column: str, number: int, of: int
) -> Iterator[tuple[Piece, pl.DataFrame]]:
    """Of every piece the rows whose code in `column` leaves `number` when divided by `of`, with what `fold` reads."""
    mine = (pl.col(code(column)) >= 0) & (pl.col(code(column)) % of == number)
    columns = list(dict.fromkeys([*sorted(fold.conditions), "water", "row", *map(code, fold.ids), code(column)]))
    for piece in prepared.pieces:
        scan = pl.scan_parquet(folder / f"{piece.name}.parquet").select(columns)
        yield piece, (scan.filter(mine) if piece.rows else scan).collect()
