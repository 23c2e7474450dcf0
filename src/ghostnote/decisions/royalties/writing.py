"""A settlement on disk: Parquet for programs, CSV for people who keep books, written whole or not at all."""

from pathlib import Path

import polars as pl

from ghostnote.decisions.documents import keep_other, write_json
from ghostnote.decisions.royalties.document import ROYALTIES_FILE, Royalties
from ghostnote.decisions.royalties.statements import TABLES, Settlement
from ghostnote.events.lake import whole_folder, write_csv, write_parquet

#: Tables that are written as CSV too.
SHEETS = ("statements", "statements_by_pool", "pools")
#: Text that a spreadsheet would run as a formula: an owner's name is somebody else's choice.
_FORMULA = r"^[=+\-@\t\r]"


def refuse_other(out: Path) -> None:
    """`GhostnoteError` if something else than a settlement is at `out`: nothing may take its place."""
    keep_other(out, ROYALTIES_FILE, "royalties")


def write_settlement(settled: Settlement, said: Royalties, out: Path) -> None:
    """Write everything under a temporary name, then put it where an earlier settlement may stand.

    In CSV, a name that a spreadsheet would take for a formula is led by an apostrophe, and the file by a mark that says
    it is UTF-8. Raises `GhostnoteError` if the disk refuses or `out` holds something else.
    """
    refuse_other(out)
    with whole_folder(out) as folder:
        for name in TABLES:
            write_parquet(settled.table(name), folder / f"{name}.parquet")
        for name in SHEETS:
            write_csv(_harmless(settled.table(name)), folder / f"{name}.csv")
        write_json(folder / ROYALTIES_FILE, said)


def _harmless(table: pl.DataFrame) -> pl.DataFrame:
    text = pl.col(pl.String)
    return table.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())
