"""The data contract as a page for people, made from the same `TABLES` that validation uses.

Run `python -m ghostnote.events.reference docs/data-contract.md` after a change of the schema.
"""

import sys
from pathlib import Path

from ghostnote.events.schema import MAX_ID_LENGTH, TABLES, Column, Table
from ghostnote.events.validation import AGREED_RANGE

_HEAD = f"""# The data contract

*Made from `ghostnote.events.schema`; do not edit by hand.*

A **lake** is a folder of Parquet files, one sub-folder per table. Tables of events are partitioned by the day on which
the event **arrived**: `plays/dt=2026-01-31/part-0000.parquet`. Plays made without a connection arrive days after their
`event_time`. `tracks` and `ips` have no days: their files lie directly in `tracks/` and `ips/`. Files of events may lie
outside a `dt=` folder too; their rows count as arrived on the day of their own time.

- Ids are opaque text of at most {MAX_ID_LENGTH} characters. Raw personal data stays out: see [importing](importing.md).
- Times are UTC, in microseconds. A time without a zone is read as UTC, another zone is converted; ISO 8601 text and
  whole numbers since 1970 (in seconds, milli-, micro- or nanoseconds, told apart by their size) are understood. Times
  that a row must have lie from {AGREED_RANGE.start:%Y-%m-%d} to before {AGREED_RANGE.end:%Y-%m-%d}.
- A column that may be null may also be absent: features that need it are missing values, never an error. Columns that
  the contract does not know are left alone.
- A value of another type is converted where nothing is lost (`"30000"`, `30000.0` -> `30000`). A row with a value that
  cannot be converted, with no value where one is required, or with a value that is not allowed is **rejected**:
  counted, kept with its reason if asked, and left out. An empty text is no value.
- A file without a required column, or that is no Parquet, is **unreadable**: it is named and skipped, and the command
  exits with 1 in the end.
- Of events with one `event_id` the first counts (by day of arrival, `event_time`, then the order of files and rows); of
  rows of `tracks` or `ips` with one id the last, so that a newer file corrects an older one.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_HEAD, *(_table(table) for table in TABLES.values())])


def _table(table: Table) -> str:
    order = ", ".join(f"`{name}`" for name in table.order)
    about = f"Ordered by {order}." if order else "Has no time."
    once = f" A repeated `{table.unique}` counts once." if table.unique else " Rows may repeat."
    rows = [_row(column) for column in table.columns]
    head = ["| column | type | null | what it says |", "|---|---|---|---|"]
    return "\n".join([f"## {table.name}", "", f"{table.doc} {about}{once}", "", *head, *rows, ""])


def _row(column: Column) -> str:
    return f"| `{column.name}` | {_type(column)} | {'no' if column.required else 'yes'} | {column.doc} |"


def _type(column: Column) -> str:
    if column.values:
        return "one of " + ", ".join(f"`{value}`" for value in column.values)
    if column.low is not None and column.high is not None:
        return f"{column.kind}, {column.low} to {column.high}"
    return column.kind


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
