"""The log, filed in the service's lake: events by their day of arrival, and what was decided about them at once."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from ghostnote.events.lake import conform, write_parquet
from ghostnote.events.schema import POSITION, TABLES, TIME
from ghostnote.serving.state.content import decode_content, numbered
from ghostnote.serving.state.log import Record, begun, records
from ghostnote.serving.state.places import Filed, Places
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.events import TABLE_OF, lists

#: Files of one filing are named after where in the log their events are.
_FILED = "log-{:020d}-{:020d}.parquet"
#: Events that are filed together.
_TOGETHER = 1 << 20


def file_log(places: Places) -> int:
    """Write what the log has beyond what is filed into the service's lake; returns how many events that were."""
    filed = places.filed()
    found = begun(records(places.log, filed.address))  # Before anything is removed.
    _remove_unnoted(places, filed)
    done = count = 0
    waiting: list[Record] = []
    for record in found:
        waiting.append(record)
        count += record.count
        if count >= _TOGETHER:
            done += _file(places, waiting)
            waiting, count = [], 0
    return done + (_file(places, waiting) if waiting else 0)


def _file(places: Places, waiting: list[Record]) -> int:
    name = _FILED.format(waiting[0].address, waiting[-1].end)
    by_day: dict[date, list[tuple[int, Any, Verdict]]] = {}
    for record in waiting:
        content = decode_content(record.content)
        by_day.setdefault(date.fromordinal(content.day), []).extend(numbered(record, content))
    for day, found in by_day.items():
        if not found:  # A source that went on, and brought nothing new.
            continue
        for kind, table in TABLE_OF.items():
            rows = [(position, event) for position, event, _ in found if event.kind == kind]
            if rows:
                _write_synced(_table(table, rows), places.lake / table / f"dt={day.isoformat()}" / name)
        _write_synced(_verdicts(found), places.verdicts / f"dt={day.isoformat()}" / name)
    last = waiting[-1]
    places.note_filed(Filed(last.end, last.position + last.count))
    return sum(map(len, by_day.values()))


def _write_synced(rows: pl.DataFrame, path: Path) -> None:
    """On disk before it is noted as filed: then the log may drop it."""
    write_parquet(rows, path)
    for each in (path, path.parent):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _table(table: str, rows: list[tuple[int, Any]]) -> pl.DataFrame:
    contract = TABLES[table]
    columns = lists([event for _, event in rows])
    columns[POSITION] = [position for position, _ in rows]
    frame = pl.DataFrame(
        {name: pl.Series(columns[name], dtype=pl.Int64) if name == "event_time" else columns[name] for name in columns},
        schema_overrides={c.name: c.dtype for c in contract.columns if c.name in columns and c.name != "event_time"},
    ).with_columns(pl.col("event_time").cast(TIME))
    # A column that nobody ever sent is absent, as in any lake.
    there = [c.name for c in contract.columns if c.name in frame.columns and (c.required or frame[c.name].count())]
    return conform(contract, frame.select(there))


def _verdicts(found: list[tuple[int, Any, Verdict]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event_id": [event.event_id for _, event, _ in found],
            "position": [position for position, _, _ in found],
            "kind": [event.kind for _, event, _ in found],
            "account_id": [event.account_id for _, event, _ in found],
            **{
                name: [getattr(made, name) for _, _, made in found]
                for name in ("verdict", "score", "marked", "account", "campaign_id", "bundle", "policy", "would_be")
            },
            "reasons": [list(made.reasons) for _, _, made in found],
        },
        schema_overrides={
            "score": pl.Float64,
            "campaign_id": pl.String,
            "would_be": pl.String,
            "reasons": pl.List(pl.String),
        },
    )


def _remove_unnoted(places: Places, filed: Filed) -> None:
    """Files of a filing that was not finished: they will be written again."""
    for root in (places.lake, places.verdicts):
        for path in root.glob("**/log-*.parquet"):
            if int(path.stem.split("-")[1]) >= filed.address:
                path.unlink()
        for path in root.glob("*/**/.log-*.tmp"):
            path.unlink(missing_ok=True)
