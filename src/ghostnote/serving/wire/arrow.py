"""Events as an Arrow stream: a table of one kind of event, checked as a lake's files are."""

from io import BytesIO
from typing import Any

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import POSITION, TABLES
from ghostnote.events.validation import check, missing_columns
from ghostnote.serving.wire.decisions import Rejected
from ghostnote.serving.wire.events import TABLE_OF, Event


def events_of_arrow(body: bytes, kind: str) -> tuple[list[Any], list[Rejected], list[bytes]]:
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
    checked = check(table, frame.drop(POSITION, strict=False))
    names = checked.good.columns
    events = [Event(kind, **dict(zip(names, row, strict=True))) for row in checked.good.iter_rows()]
    contents = [b""] * (frame.height if checked.rejected.height else 0)
    rejected = []
    for row, why, content in checked.rejected.select("row", "reason", "content").iter_rows():
        rejected.append(Rejected(row, f"{why}."))
        contents[row - 1] = content.encode()
    return events, rejected, contents
