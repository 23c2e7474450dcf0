"""A settlement on disk: Parquet for programs, CSV for people who keep books, written whole or not at all."""

import os
import shutil
from pathlib import Path

import polars as pl

from ghostnote.decisions.documents import keep_other, write_json
from ghostnote.decisions.royalties.document import ROYALTIES_FILE, Royalties
from ghostnote.decisions.royalties.statements import TABLES, Settlement
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import renamed, why_not, write_parquet

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
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name in TABLES:
            write_parquet(settled.table(name), temporary / f"{name}.parquet")
        for name in SHEETS:
            _harmless(settled.table(name)).write_csv(temporary / f"{name}.csv", include_bom=True)
        write_json(temporary / ROYALTIES_FILE, said)
        shutil.rmtree(out, ignore_errors=True)
        temporary.rename(out)
    except (OSError, pl.exceptions.ComputeError) as error:
        raise GhostnoteError(f"Could not write {out}: {why_not(out, error)}.") from error
    except GhostnoteError as error:
        raise renamed(error, temporary, out) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _harmless(table: pl.DataFrame) -> pl.DataFrame:
    text = pl.col(pl.String)
    return table.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())
