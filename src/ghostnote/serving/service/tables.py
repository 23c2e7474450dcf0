"""What a service is told besides events: tracks, addresses and labels, row by row, into its own lake."""

from datetime import date, datetime
from io import BytesIO

import msgspec
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import conform, write_parquet
from ghostnote.events.schema import TABLES
from ghostnote.events.validation import check, missing_columns
from ghostnote.serving.state.places import Places
from ghostnote.serving.wire.decisions import Rejected

#: The tables that are no events.
TOLD = ("tracks", "ips", "labels")


class Told(msgspec.Struct, frozen=True):
    """How many rows were taken in, and which break the contract."""

    accepted: int
    rejected: list[Rejected] = []


def take_table(places: Places, table: str, body: bytes, *, arrow: bool, now: datetime) -> Told:
    """Add rows to the service's lake: of rows with one id the last sent counts.

    `body`: JSON lines, or an Arrow stream. Raises GhostnoteError if it can be neither, or lacks a column.
    """
    if table not in TOLD:
        raise GhostnoteError(f"There is no table {table[:40]!r} to tell: one of {', '.join(TOLD)}.")
    contract = TABLES[table]
    frame = _frame(body, arrow=arrow)
    reason = missing_columns(contract, frame.columns)
    if reason is not None:
        raise GhostnoteError(f"{reason[0].upper()}{reason[1:]}.")
    checked = check(contract, frame)
    good = conform(contract, checked.good)
    if good.height:
        name = f"told-{now:%Y%m%dT%H%M%S%f}.parquet"
        folder = places.lake / table
        if contract.arrival is None:
            write_parquet(good, folder / name)
        else:
            for (day,), part in good.group_by(pl.col(contract.arrival).dt.date()):
                assert isinstance(day, date)
                write_parquet(part, folder / f"dt={day.isoformat()}" / name)
    rows = zip(checked.rejected["row"], checked.rejected["reason"], strict=True)
    return Told(good.height, [Rejected(row, f"{why}.") for row, why in rows])


def _frame(body: bytes, *, arrow: bool) -> pl.DataFrame:
    try:
        return pl.read_ipc_stream(BytesIO(body)) if arrow else pl.read_ndjson(BytesIO(body), infer_schema_length=None)
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        what = "Arrow stream" if arrow else "JSON lines"
        raise GhostnoteError(f"The body is no {what} ({str(error).splitlines()[0]}).") from None
