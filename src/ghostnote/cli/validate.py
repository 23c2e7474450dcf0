"""`ghostnote validate`: does a lake keep the contract, and what does it lack?"""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import console, print_json, progress_bars

if TYPE_CHECKING:
    from rich.console import Console

    from ghostnote.events.inspection import Inspected

_RANGES_SHOWN = 5


def validate(
    lake: Annotated[Path, typer.Option(help="The lake to check.", show_default=False)],
    quarantine: Annotated[
        Path | None, typer.Option(help="Write the rejected rows, with reasons, to this folder.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Check a lake against the data contract: what it holds, what is rejected and why, what is absent.

    Exits 1 if a file cannot be read. Rejected rows are told, but do not change the exit code: every command leaves them
    out and goes on.
    """
    from ghostnote.events.inspection import inspect
    from ghostnote.events.lake import Lake

    with progress_bars() as progress:
        tables = inspect(Lake(lake), quarantine, progress)
    unreadable = any(table.unreadable for table in tables)
    if as_json:
        print_json(_as_json(lake, tables, ok=not unreadable))
    else:
        _show(tables, quarantine)
    if unreadable:
        raise typer.Exit(1)


def _as_json(lake: Path, tables: "tuple[Inspected, ...]", *, ok: bool) -> dict[str, object]:
    from ghostnote.events.schema import TABLES

    return {
        "lake": str(lake),
        "ok": ok,
        "tables": [
            {
                "name": table.name,
                "files": table.files,
                "rows": table.rows,
                "rejected": dict(table.rejected.most_common()),
                "duplicates": table.duplicates,
                "absent_columns": table.absent,
                "first": table.first,
                "last": table.last,
                "days": len(table.days),
                "missing_days": table.missing_days,
                "unreadable": [{"file": str(path), "reason": reason} for path, reason in table.unreadable],
            }
            for table in tables
        ],
        "absent_tables": [name for name in TABLES if name not in {table.name for table in tables}],
    }


def _show(tables: "tuple[Inspected, ...]", quarantine: Path | None) -> None:
    from ghostnote.events.inspection import TABLE_COSTS

    screen = console()
    _show_counts(screen, tables)
    for table in tables:
        _show_table(screen, table)
    there = {table.name for table in tables}
    absent = [name for name in TABLE_COSTS if name not in there]
    if absent:
        screen.print("\nTables that are absent, and what cannot be seen without them:")
        for name in absent:
            screen.print(f"  {name}: {TABLE_COSTS[name]}")
    rejected = sum(table.rejected.total() for table in tables)
    unreadable = sum(len(table.unreadable) for table in tables)
    where = f"; see {quarantine}" if quarantine else "; add --quarantine DIR to keep them" if rejected else ""
    screen.print(f"\n{rejected:,} rows rejected{where}. {unreadable:,} files unreadable.")


def _show_counts(screen: "Console", tables: "tuple[Inspected, ...]") -> None:
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="")
    grid.add_column("table")
    for name in ("files", "rows", "rejected", "counted once", "unreadable"):
        grid.add_column(name, justify="right")
    grid.add_column("from")
    grid.add_column("to")
    for table in tables:
        counts = (table.files, table.rows, table.rejected.total(), table.duplicates, len(table.unreadable))
        times = (f"{time:%Y-%m-%d %H:%M}" if time else "-" for time in (table.first, table.last))
        grid.add_row(table.name, *(f"{count:,}" for count in counts), *times)
    screen.print(grid)


def _show_table(screen: "Console", table: "Inspected") -> None:
    from ghostnote.events.inspection import COSTS

    absent = [f"  {name} is absent: {COSTS[name]}" for name in table.absent if name in COSTS and table.rows]
    lines = [f"  UNREADABLE {path}: {reason}" for path, reason in table.unreadable]
    lines += [f"  REJECTED {count:,} rows: {rule}" for rule, count in table.rejected.most_common()]
    if table.missing_days:
        lines.append(f"  no rows on {len(table.missing_days):,} days: {_ranges(table.missing_days)}")
    if lines or absent:
        screen.print(f"\n{table.name}")
        for line in lines + absent:
            screen.print(line)


def _ranges(days: tuple[date, ...]) -> str:
    """`2026-01-03, 2026-01-07..2026-01-09`."""
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    shown = [f"{first}" if first == last else f"{first}..{last}" for first, last in ranges[:_RANGES_SHOWN]]
    more = f" and {len(ranges) - _RANGES_SHOWN} more gaps" if len(ranges) > _RANGES_SHOWN else ""
    return ", ".join(shown) + more
