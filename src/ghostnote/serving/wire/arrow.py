"""Events as an Arrow stream: a table of one kind of event, checked as a lake's files are."""

from io import BytesIO
from typing import Any

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import MAX_ID_LENGTH, POSITION, TABLES, Column, Table
from ghostnote.events.validation import check, missing_columns
from ghostnote.serving.wire.columns import Events, with_values
from ghostnote.serving.wire.decisions import Rejected
from ghostnote.serving.wire.events import END_TIME, FIRST_TIME, TABLE_OF


def events_of_arrow(body: bytes, kind: str) -> tuple[Events, list[Rejected], list[bytes]]:
    """Events of one kind (signup, login, play or action), the rows that break the contract, and all rows' places as
    text: of those that break it their content as JSON.

    Raises GhostnoteError if the body is no Arrow stream, or lacks a column that every event of the kind has.
    """
    if kind not in TABLE_OF:
        raise GhostnoteError(f"?kind={kind[:40]} is none of {', '.join(TABLE_OF)}.")
    table = TABLES[TABLE_OF[kind]]
    try:
        frame = pl.read_ipc_stream(BytesIO(body))
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise GhostnoteError(f"The body is no Arrow stream ({str(error).splitlines()[0]}).") from None
    reason = missing_columns(table, frame.columns)
    if reason is not None:
        raise GhostnoteError(f"{reason[0].upper()}{reason[1:]}.")
    plain = _plain(table, kind, frame)
    if plain is not None:
        return plain, [], []
    checked = check(table, frame.drop(POSITION, strict=False))
    contents = [b""] * (frame.height if checked.rejected.height else 0)
    rejected = []
    for row, why, content in checked.rejected.select("row", "reason", "content").iter_rows():
        rejected.append(Rejected(row, f"{why}."))
        contents[row - 1] = content.encode()
    return _batch(kind, checked.good), rejected, contents


def _plain(table: Table, kind: str, frame: pl.DataFrame) -> Events | None:
    """The events, if all columns have the contract's types and all rows keep it: asked of Python's own values, since a
    query takes longer for the few rows of a body. None: the contract's own checks are to convert, and to say why not.
    """
    columns = [column for column in table.columns if column.name in frame.columns and column.name != POSITION]
    if not frame.height or any(frame.schema[column.name] != column.dtype for column in columns):
        return None
    batch = _batch(kind, frame.select(column.name for column in columns))
    if int(batch.times.min()) < FIRST_TIME or int(batch.times.max()) >= END_TIME:
        return None
    if frame["event_time"].null_count():
        return None
    for column in columns:
        if column.name != "event_time" and not _keeps(column, batch.columns.get(column.name)):
            return None
    return batch


def _batch(kind: str, rows: pl.DataFrame) -> Events:
    columns = {name: rows[name].to_list() for name in rows.columns if name != "event_time"}
    times = rows["event_time"].to_physical().fill_null(0).to_numpy()
    return Events([kind] * rows.height, times, with_values(columns, rows.height))


def _keeps(column: Column, values: list[Any] | None) -> bool:
    """Whether all values of a column that has the contract's type keep it; None for values: none is known."""
    if values is None:
        return not column.required
    if column.required and None in values:
        return False
    known = [value for value in values if value is not None] if None in values else values
    if column.values:
        return set(known) <= set(column.values)
    if column.dtype == pl.String:
        sizes = list(map(len, known))
        return min(sizes) > 0 and max(sizes) <= MAX_ID_LENGTH
    if column.dtype == pl.Int64:
        low, high = min(known), max(known)
        return (column.low is None or low >= column.low) and (column.high is None or high <= column.high)
    return column.dtype == pl.Boolean
