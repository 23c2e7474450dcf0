"""The log, filed in the service's lake: events by their day of arrival, and what was decided about them at once."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.events.lake import conform, write_parquet
from ghostnote.events.schema import POSITION, TABLES, TIME
from ghostnote.serving.state.content import decode_content
from ghostnote.serving.state.log import Record, begun, records
from ghostnote.serving.state.places import Filed, Places
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.events import TABLE_OF
from ghostnote.serving.wire.verdicts import Verdicts

#: Files of one filing are named after where in the log their events are.
_FILED = "log-{:020d}-{:020d}.parquet"
#: Events that are filed together.
_TOGETHER = 1 << 20


@dataclass(frozen=True, slots=True)
class _Part:
    """One record's events, the position of the first, and what was decided."""

    position: int
    events: Events
    verdicts: Verdicts


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
    by_day: dict[date, list[_Part]] = {}
    for record in waiting:
        content = decode_content(record.content)
        if content.events:  # Else a source went on, and brought nothing new.
            part = _Part(record.position, Events.of(content.events), Verdicts.of(content.decisions))
            by_day.setdefault(date.fromordinal(content.day), []).append(part)
    for day, parts in by_day.items():
        events = Events.joined([part.events for part in parts])
        positions = np.concatenate([part.position + np.arange(len(part.events)) for part in parts])
        for kind, table in TABLE_OF.items():
            chosen = [place for place, each in enumerate(events.kinds) if each == kind]
            if chosen:
                rows = _table(table, events.taken(chosen), positions[chosen])
                _write_synced(rows, places.lake / table / f"dt={day.isoformat()}" / name)
        made = Verdicts.joined([part.verdicts for part in parts])
        _write_synced(_verdicts(events, positions, made), places.verdicts / f"dt={day.isoformat()}" / name)
    last = waiting[-1]
    places.note_filed(Filed(last.end, last.position + last.count))
    return sum(len(part.events) for parts in by_day.values() for part in parts)


def _write_synced(rows: pl.DataFrame, path: Path) -> None:
    """On disk before it is noted as filed: then the log may drop it."""
    write_parquet(rows, path)
    for each in (path, path.parent):
        opened = os.open(each, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _table(table: str, events: Events, positions: NDArray[np.int64]) -> pl.DataFrame:
    contract = TABLES[table]
    columns: dict[str, Any] = {**events.columns, POSITION: positions}
    frame = pl.DataFrame(
        {"event_time": pl.Series(events.times).cast(TIME), **columns},
        schema_overrides={c.name: c.dtype for c in contract.columns if c.name in columns},
    )
    # A column that nobody ever sent is absent, as in any lake.
    there = [c.name for c in contract.columns if c.name in frame.columns and (c.required or frame[c.name].count())]
    return conform(contract, frame.select(there))


def _verdicts(events: Events, positions: NDArray[np.int64], made: Verdicts) -> pl.DataFrame:
    said = pl.DataFrame(
        {name: [getattr(each, name) for each in made.said] for name in _SAID}
        | {"reasons": [list(each.reasons) for each in made.said]},
        schema_overrides={"campaign_id": pl.String, "would_be": pl.String, "reasons": pl.List(pl.String)},
    )
    return pl.DataFrame(
        {
            "event_id": events.ids,
            "position": positions,
            "kind": events.kinds,
            "account_id": events.accounts,
            "score": pl.Series(made.scores, nan_to_null=True),
            "marked": made.marked,
        }
    ).hstack(said[made.which])[list(_COLUMNS)]


#: What many verdicts have in common, and the columns of a filed one.
_SAID = ("verdict", "account", "campaign_id", "bundle", "policy", "would_be")
_COLUMNS = (
    "event_id",
    "position",
    "kind",
    "account_id",
    "verdict",
    "score",
    "marked",
    "account",
    "campaign_id",
    "bundle",
    "policy",
    "would_be",
    "reasons",
)


def _remove_unnoted(places: Places, filed: Filed) -> None:
    """Files of a filing that was not finished: they will be written again."""
    for root in (places.lake, places.verdicts):
        for path in root.glob("**/log-*.parquet"):
            if int(path.stem.split("-")[1]) >= filed.address:
                path.unlink()
        for path in root.glob("*/**/.log-*.tmp"):
            path.unlink(missing_ok=True)
