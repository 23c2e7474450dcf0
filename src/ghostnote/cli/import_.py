"""`ghostnote import`: somebody's files -> a lake of the contract."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import console, print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.events.sources.streaming_history import Imported
    from ghostnote.events.sources.table_files import Format
    from ghostnote.events.sources.tables import ImportedTables

import_app = typer.Typer(help="Turn files that you have into a lake.", no_args_is_help=True, rich_markup_mode=None)

_Paths = Annotated[list[Path], typer.Argument(help="Files, folders or zip archives.", show_default=False)]
_Out = Annotated[Path, typer.Option(help="The lake to make; must not exist yet.", show_default=False)]
_KeyFile = Annotated[
    Path | None,
    typer.Option(
        help="Key of the hashes that replace names. Else GHOSTNOTE_KEY, else ~/.config/ghostnote/key, made if missing."
    ),
]
_Map = Annotated[Path, typer.Option("--map", help="TOML file that maps columns to the contract.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@import_app.command("streaming-history")
def streaming_history(
    paths: _Paths,
    out: _Out,
    account: Annotated[
        str | None, typer.Option(help="All files are this one account's; else each zip or folder is one.")
    ] = None,
    key_file: _KeyFile = None,
    as_json: _Json = False,
) -> None:
    """Read the streaming histories that services hand people on request (JSON, both shapes).

    Exits 1 if a file could not be read; the others are imported all the same.
    """
    from ghostnote.events.privacy import Hasher, load_key
    from ghostnote.events.sources.streaming_history import import_streaming_history

    key = load_key(key_file)
    with progress_bars() as progress:
        result = import_streaming_history(paths, out, Hasher(key), account, progress)
    if as_json:
        print_json(_as_json(result, out, key.origin))
    else:
        _show(result, out, key.origin)
    if result.unreadable:
        raise typer.Exit(1)


@import_app.command("csv")
def csv(paths: _Paths, mapping: _Map, out: _Out, key_file: _KeyFile = None, as_json: _Json = False) -> None:
    """Read a team's own tables from CSV files, by a mapping (docs/importing.md).

    Exits 1 if a file could not be read; rejected rows are told and kept in the lake's quarantine.
    """
    _import_tables(paths, "csv", mapping, out, key_file, as_json=as_json)


@import_app.command("parquet")
def parquet(paths: _Paths, mapping: _Map, out: _Out, key_file: _KeyFile = None, as_json: _Json = False) -> None:
    """Read a team's own tables from Parquet files, by a mapping (docs/importing.md).

    Exits 1 if a file could not be read; rejected rows are told and kept in the lake's quarantine.
    """
    _import_tables(paths, "parquet", mapping, out, key_file, as_json=as_json)


def _import_tables(
    paths: list[Path], kind: "Format", mapping: Path, out: Path, key_file: Path | None, *, as_json: bool
) -> None:
    from ghostnote.events.privacy import Hasher, load_key
    from ghostnote.events.sources.mapping import load_mapping
    from ghostnote.events.sources.tables import import_tables

    mapped = load_mapping(mapping)
    # A mapping that hashes nothing needs no key, and leaves none behind.
    hasher = Hasher(load_key(key_file)) if mapped.hashes else None
    with progress_bars() as progress:
        result = import_tables(paths, kind, mapped, out, hasher, progress)
    if as_json:
        unreadable = [{"file": place, "reason": reason} for place, reason in result.unreadable]
        tables = {"tables": result.tables, "other_files": result.other_files, "unreadable": unreadable}
        print_json({"lake": str(out), **tables})
    else:
        _show_tables(result, out)
    if result.unreadable:
        raise typer.Exit(1)


def _show_tables(result: "ImportedTables", out: Path) -> None:
    screen = console()
    for table in result.tables:
        screen.print(f"{table.name}: {table.rows:,} rows from {table.files:,} files ({', '.join(table.columns)})")
        for rule, count in table.rejected.items():
            screen.print(f"  REJECTED {count:,} rows: {rule} (see {out / 'quarantine'})")
    for place in result.other_files:
        screen.print(f"{place} belongs to no table of the mapping and was left alone.")
    for place, reason in result.unreadable:
        screen.print(f"UNREADABLE {place}: {reason}")
    screen.print(f"The lake is in {out}.")


def _as_json(result: "Imported", out: Path, key: str) -> dict[str, object]:
    return {
        "lake": str(out),
        "key": key,
        "plays": sum(account.plays for account in result.accounts),
        "tracks": result.tracks,
        "accounts": result.accounts,
        "rejected": _by_rule(result),
        "other_files": result.other_files,
        "unreadable": [{"file": place, "reason": reason} for place, reason in result.unreadable],
    }


def _by_rule(result: "Imported") -> dict[str, int]:
    return dict(result.rejected.group_by("rule").len().sort("len", "rule", descending=[True, False]).iter_rows())


def _show(result: "Imported", out: Path, key: str) -> None:
    from rich.table import Table

    screen = console()
    table = Table(box=None, pad_edge=False, header_style="")
    for name, justify in (("account", "left"), ("id", "left"), ("files", "right"), ("plays", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name in ("first", "last", "counted once", "late", "left out"):
        table.add_column(name)
    for account in result.accounts:
        left_out = ", ".join(f"{count:,} {kind}" for kind, count in account.left_out.most_common())
        table.add_row(
            account.name,
            account.account_id,
            str(account.files),
            f"{account.plays:,}",
            f"{account.first:%Y-%m-%d}" if account.first else "-",
            f"{account.last:%Y-%m-%d}" if account.last else "-",
            f"{account.duplicates:,}",
            f"{account.late:,}",
            left_out or "-",
        )
    screen.print(table)
    total = sum(account.plays for account in result.accounts)
    screen.print(f"\n{total:,} plays of {result.tracks:,} tracks are in {out}; names are hashed with the key in {key}.")
    for rule, count in _by_rule(result).items():
        screen.print(f"REJECTED {count:,} rows: {rule} (see {out / 'quarantine'})")
    if result.other_files:
        screen.print(f"{result.other_files:,} other JSON files are no histories and were left alone.")
    for place, reason in result.unreadable:
        screen.print(f"UNREADABLE {place}: {reason}")
