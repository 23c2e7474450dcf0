"""Columns that are encoded already, written to Parquet as they are: text that repeats lies there once per file."""

from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not

#: Whole dictionaries, however long: a fallback to plain text would write most ids out again.
_DICTIONARY_BYTES = 1 << 28
#: Level of zstd; see `lake`.
_LEVEL = 1


def write_encoded(rows: pa.Table, path: Path) -> None:
    """Write one file whole or not at all. Dictionaries of text stay dictionaries; readers see plain text.

    Numbers and times are written as differences, other text as lengths and letters. There are no statistics of text,
    which cost as much as writing it and which nobody asks for. Raises `GhostnoteError` if the disk refuses.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    kinds = {field.name: field.type for field in rows.schema}
    dictionaries = [name for name, kind in kinds.items() if pa.types.is_dictionary(kind)]
    letters = [name for name, kind in kinds.items() if pa.types.is_string(kind)]
    numbers = [name for name, kind in kinds.items() if pa.types.is_int64(kind) or pa.types.is_timestamp(kind)]
    encodings = dict.fromkeys(letters, "DELTA_LENGTH_BYTE_ARRAY") | dict.fromkeys(numbers, "DELTA_BINARY_PACKED")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(
            rows,
            temporary,
            row_group_size=max(1, rows.num_rows),
            use_dictionary=dictionaries,
            column_encoding=encodings,
            dictionary_pagesize_limit=_DICTIONARY_BYTES,
            write_statistics=numbers,
            compression="zstd",
            compression_level=_LEVEL,
            store_schema=False,
        )
        temporary.replace(path)
    except (OSError, pa.ArrowException) as error:
        with suppress(OSError):
            temporary.unlink()
        raise GhostnoteError(f"Could not write {path}: {why_not(path, error)}.") from error
