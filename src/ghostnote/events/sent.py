"""A lake's rows as they were sent: for whoever looks events up, without the checks that judging them needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl


def sent(files: Sequence[Path], columns: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """`columns` of a lake's files, of these types; null where a file lacks one, no rows without a file.

    Rows that reading would reject, and those that were sent twice, are among them.
    """
    schema = pl.Schema(columns)
    return pl.concat([pl.LazyFrame(schema=schema), *(_of_file(path, schema) for path in files)])


def _of_file(path: Path, schema: pl.Schema) -> pl.LazyFrame:
    # Each file by its own columns: one scan of all would take the first file's for those of every other.
    rows = pl.scan_parquet(path, hive_partitioning=False)
    there = rows.collect_schema().names()
    return rows.select(
        pl.col(name).cast(dtype) if name in there else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )
