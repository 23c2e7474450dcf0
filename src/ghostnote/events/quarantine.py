"""Rejected rows, kept on disk with their reasons: nothing is silently dropped."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not
from ghostnote.events.reading import Reading


def write_quarantine(readings: Iterable[Reading], out: Path) -> tuple[Path, ...]:
    """Write the rejected rows of `readings` to `out`/<table>.parquet; returns the files written.

    Tables with nothing rejected get no file, and one left by an earlier run is removed. Several readings of one table
    must follow each other; they are written as they come, so `readings` may be a generator over days.
    Raises `GhostnoteError` if the disk refuses; files appear whole or not at all.
    """
    written: list[Path] = []
    writer: pq.ParquetWriter | None = None
    target = out
    temporary: Path | None = None
    try:
        for reading in readings:
            path = out / f"{reading.table}.parquet"
            if path != target:
                _finish(writer, temporary, target)
                writer, target, temporary = None, path, path.with_name(f".{path.name}.tmp")
                path.unlink(missing_ok=True)
            if reading.rejected.is_empty():
                continue
            rows = reading.rejected.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                out.mkdir(parents=True, exist_ok=True)
                writer = pq.ParquetWriter(temporary, rows.schema, compression="zstd")
                written.append(path)
            writer.write_table(rows)
        _finish(writer, temporary, target)
    except (OSError, pa.ArrowException) as error:
        raise GhostnoteError(f"Could not write {target}: {why_not(target, error)}.") from error
    finally:
        # Gone by now, unless something stopped the writing.
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
    return tuple(written)


def _finish(writer: pq.ParquetWriter | None, temporary: Path | None, target: Path) -> None:
    if writer is not None and temporary is not None:
        writer.close()
        temporary.replace(target)
