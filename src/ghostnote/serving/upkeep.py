"""What is done beside the service, in a process of its own: the log is filed in the lake, a snapshot made, old parts of
the log dropped, and now and then all of it scored.

It reads what the service has written and follows the log as a restart would, so that whatever it leaves behind is what
a restart begins with. The service never waits for it.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake, conform, write_parquet
from ghostnote.events.schema import POSITION, TABLES, TIME
from ghostnote.features.declaration import Feature
from ghostnote.features.history import play_days
from ghostnote.models.bundle import load_bundle
from ghostnote.scoring import score
from ghostnote.serving.bodies import TABLE_OF, lists
from ghostnote.serving.log import Record, begun, bytes_held, drop_before, records, segments, start_of
from ghostnote.serving.models import folded_by
from ghostnote.serving.opening import Known, open_state
from ghostnote.serving.places import Filed, Places
from ghostnote.serving.state import Verdict, decode_content, snapshots

#: Files of one filing are named after where in the log their events are.
_FILED = "log-{:020d}-{:020d}.parquet"
#: Events that are filed together.
_TOGETHER = 1 << 20


def keep(places: Places, bundles: list[Path], log_bytes: int) -> int:
    """File the log, make a snapshot, drop what is no longer needed beyond `log_bytes`; how many events were filed."""
    return keep_with(places, *folded_by(map(load_bundle, bundles)), log_bytes)


def keep_with(places: Places, features: Sequence[Feature], absent: frozenset[str], log_bytes: int) -> int:
    """The same, given the features to fold and the columns that this service does not know."""
    filed = file_log(places)
    opened = open_state(places, features, Known.of(places), absent, recent=1)
    if not snapshots(places.snapshots) or opened.replayed:
        opened.state.save(places.snapshots)
    drop(places, log_bytes)
    return filed


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
        both = zip(content.events, content.decisions, strict=True)
        numbered = [(record.position + place, event, made) for place, (event, made) in enumerate(both)]
        by_day.setdefault(date.fromordinal(content.day), []).extend(numbered)
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


def drop(places: Places, log_bytes: int) -> int:
    """Remove the log's oldest segments beyond `log_bytes`, if a snapshot, the lake and all sinks are past them.

    Returns the address where the log begins.
    """
    kept = snapshots(places.snapshots)
    # A snapshot is named after its address, and may be damaged.
    needed = [places.filed().address, *(int(path.name) for path in kept[:1])]
    if not kept:
        needed.append(0)
    needed += [int(path.read_text()) for path in places.positions.glob("*.position")]
    there = segments(places.log)
    begins = start_of(there[0]) if there else 0
    spare = bytes_held(places.log) - log_bytes
    for path in there[:-1]:
        if spare <= 0:
            break
        size = path.stat().st_size
        if start_of(path) + size > min(needed):
            break
        begins = drop_before(places.log, start_of(path) + size)
        spare -= size
    return begins


def refresh(places: Places, bundle: Path, policy: Policy, days: int, now: datetime) -> None:
    """Score the last `days` days of the service's lake; what comes out says how accounts stand."""
    lake = Lake(places.lake)
    there = play_days(lake)
    first = max(there[0], there[-1] - timedelta(days=days - 1))
    score(lake, load_bundle(bundle), places.decisions, made_at=now, bundle_path=str(bundle), policy=policy, start=first)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, as the service hands it over: paths, and whether to score as well."""

    state: str
    bundles: list[str]
    log_bytes: int
    refresh: bool = False
    policy: str | None = None
    days: int = 28


def main(argument: str) -> int:
    """Do the work described by one JSON document; 1 and a sentence on stderr if it could not be done."""
    work = msgspec.json.decode(argument, type=Work)
    places, bundles = Places(Path(work.state)), [Path(path) for path in work.bundles]
    try:
        with places.upkeep():
            keep(places, bundles, work.log_bytes)
            if work.refresh:
                policy = load_policy(None if work.policy is None else Path(work.policy))
                refresh(places, bundles[0], policy, work.days, datetime.now(UTC))
    except GhostnoteError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What the service has done beside it; it calls this itself.")
    parser.add_argument("work", help="one JSON document")
    # Whoever waits for a decision comes first.
    os.nice(10)
    sys.exit(main(parser.parse_args().work))
