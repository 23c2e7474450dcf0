"""What people decided, as labels to learn from: known from the moment at which they said so."""

from datetime import date, datetime
from pathlib import Path

import polars as pl

from ghostnote.decisions.ledger import Entry, Ledger, Subject
from ghostnote.events.lake import Lake, conform, write_parquet
from ghostnote.events.schema import LABELS

#: The file of each day that holds labels from a ledger, beside the team's own.
FILE = "ledger.parquet"


def labels(ledger: Ledger) -> pl.DataFrame:
    """Labels of the contract, one per decision about an account that still stands; forgotten accounts have none.

    `event_time` is when the account was first flagged; `known_at` when somebody decided.
    """
    standing: dict[tuple[Subject, bytes | None], Entry] = {}
    for entry in ledger.entries(kind="label"):
        if entry.subject is None:
            continue
        if entry.action == "withdrawn":
            standing.pop((entry.subject, entry.cause), None)
        else:
            standing[entry.subject, entry.cause] = entry
    flagged = _flagged(ledger, {subject for subject, _ in standing})
    rows = [
        {
            "subject_type": "account",
            "subject_id": subject.identifier,
            "verdict": entry.action,
            "kind": entry.body.get("kind"),
            "source": entry.reason,
            "event_time": min(flagged.get(subject, entry.recorded_at), entry.recorded_at),
            "known_at": entry.recorded_at,
        }
        for (subject, _), entry in standing.items()
    ]
    types = {column.name: column.dtype for column in LABELS.columns}
    return pl.DataFrame(rows, schema={name: types[name] for name in types if name != "campaign_id"})


def put_into(lake: Lake, rows: pl.DataFrame) -> int:
    """Write labels into a lake, one file a day, in place of those that an earlier call wrote; returns the rows."""
    written: set[Path] = set()
    for day, part in _days(rows):
        path = lake.path / "labels" / f"dt={day.isoformat()}" / FILE
        write_parquet(conform(LABELS, part), path)
        written.add(path)
    for path in (lake.path / "labels").glob(f"dt=*/{FILE}"):
        if path not in written:
            path.unlink()
    return rows.height


def _days(rows: pl.DataFrame) -> list[tuple[date, pl.DataFrame]]:
    dated = rows.sort(*LABELS.order).with_columns(dt=pl.col("known_at").dt.date())
    return [(part["dt"][0], part.drop("dt")) for part in dated.partition_by("dt", maintain_order=True)]


def _flagged(ledger: Ledger, wanted: set[Subject]) -> dict[Subject, datetime]:
    """When accounts were first flagged, as the runs said."""
    found: dict[Subject, datetime] = {}
    for entry in ledger.entries(kind="account"):
        told = entry.body.get("first_flagged")
        if told is not None and entry.subject in wanted:
            found[entry.subject] = datetime.fromisoformat(told)
    return found
