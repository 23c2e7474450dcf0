"""Close a day, a week or a month: what downstream teams take, as the ledger stands, once."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec
import polars as pl

from ghostnote import __version__
from ghostnote.decisions.closes.calendar import Period
from ghostnote.decisions.closes.chart import chart, unsettled
from ghostnote.decisions.closes.correcting import CORRECTIONS, corrections
from ghostnote.decisions.closes.counting import Counted, count
from ghostnote.decisions.closes.document import CLOSE_FILE, Close, Owed
from ghostnote.decisions.closes.repeats import seen_before
from ghostnote.decisions.closes.settlements import resettled, settled_by
from ghostnote.decisions.closes.verdicts import held_surges, played_days, undecided, verdicts_at
from ghostnote.decisions.documents import keep_other, write_json
from ghostnote.decisions.ledger import Draft, Entry, Ledger, Subject
from ghostnote.decisions.recording import micros
from ghostnote.decisions.royalties.summing_up import sum_up
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.royalties.writing import write_settlement
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake, whole_folder, write_csv, write_parquet
from ghostnote.progress import Progress, silent

_CLOSED, _CORRECTED = "closed", "corrected"
#: The folder of a monthly close that holds its statements.
STATEMENTS = "royalties"


@dataclass(frozen=True)
class Order:
    """How to close: `top` ranks of charts; `deadline`: publish a chart although held plays could still change it;
    `partial`: close although days are missing; `streams`: see `royalties.collecting.collect`.
    """

    terms: Terms
    top: int = 200
    deadline: bool = False
    partial: bool = False
    streams: Path | None = None


def close(
    lake: Lake,
    ledger: Ledger,
    period: Period,
    out: Path,
    order: Order,
    *,
    by: str,
    at: datetime,
    progress: Progress = silent,
) -> Close:
    """Write a period's close to `out`, whole or not at all, then to the ledger, from which on it is closed.

    Killed before the ledger has it, it can be closed again; afterwards what changes is told by the next close of its
    kind as corrections. Raises `GhostnoteError` if it, or one that shares days with it, is closed; if a day is
    undecided; and for a chart that held plays could still change, unless there is a deadline.
    """
    keep_other(out, CLOSE_FILE, "close")
    before = list(_closes(ledger))
    _refuse_closed(period, before)
    missing = undecided(lake, ledger, period)
    if missing and not order.partial:
        raise GhostnoteError(
            f"{period.name} is not complete: {' and '.join(missing)}. Score and append "
            "the rest, or close what there is with --partial."
        )
    seq, last = ledger.head()
    with whole_folder(out) as folder:
        verdicts = verdicts_at(ledger, seq, played_days(lake, period.start, period.end))
        seen = seen_before(lake, period.start)
        counted = count(lake, verdicts, period.start, period.end, order.terms.royalty_ms, progress, seen)
        watched = _write(lake, ledger, counted, verdicts, period, folder, order, at, progress)
        owed = _corrected(lake, ledger, [c for c in before if c.period.kind == period.kind], seq, order, folder)
        said = Close(
            ghostnote=__version__,
            made_at=at,
            name=period.name,
            kind=period.kind,
            start=period.start,
            end=period.end,
            lake=str(lake.path),
            ledger=ledger.name,
            seq=seq,
            hash=last.hex(),
            plays=int(counted.counts["plays"].sum()),
            held=int(counted.counts["held"].sum()),
            excluded=int(counted.counts["excluded"].sum()),
            under_watch=watched,
            corrections=owed,
            rejected_rows=counted.rejected_rows,
            duplicates=counted.duplicates,
            unreadable_files=counted.unreadable,
            files=_digests(folder),
            notes=[*(f"Closed in part: {why}." for why in missing), *held_surges(ledger, period)],
        )
        write_json(folder / CLOSE_FILE, said)
    ledger.append(_drafts(said, order), actor=by, at=at, led=True)
    return said


@dataclass(frozen=True)
class _Closed:
    """A close that is in the ledger, and the last entry that it or a correction of it knows."""

    period: Period
    entry: Entry
    known: int


def _closes(ledger: Ledger) -> Iterator[_Closed]:
    known: dict[str, int] = {}
    for entry in ledger.entries(kind="correction"):
        if entry.subject is not None:
            known[entry.subject.identifier] = int(entry.body["upto"])
    for entry in ledger.entries(kind="close"):
        body = entry.body
        period = Period(body["kind"], date.fromisoformat(body["start"]), date.fromisoformat(body["end"]))
        yield _Closed(period, entry, max(int(body["seq"]), known.get(period.name, 0)))


def _refuse_closed(period: Period, before: Sequence[_Closed]) -> None:
    for other in before:
        when, who = f"{other.entry.recorded_at:%Y-%m-%d %H:%M}", other.entry.actor
        if other.period.name == period.name:
            raise GhostnoteError(
                f"{period.name} was closed on {when} by {who}: what changed since then is in the next {period.kind} "
                "close, as corrections."
            )
        if other.period.overlaps(period):
            raise GhostnoteError(
                f"{period.name} shares days with {other.period.name}, closed on {when} by {who}: no play is closed "
                "twice; choose another --date."
            )


def _write(
    lake: Lake,
    ledger: Ledger,
    counted: Counted,
    verdicts: pl.DataFrame,
    period: Period,
    folder: Path,
    order: Order,
    at: datetime,
    progress: Progress,
) -> int:
    """The files of one kind of close; returns how many tracks of a chart are under watch."""
    if period.kind == "daily":
        write_parquet(counted.withheld, folder / "withheld.parquet")
        write_parquet(_by_track(counted.counts), folder / "tracks.parquet")
        return 0
    if period.kind == "weekly":
        return _write_chart(counted.counts, period, folder, order)
    settled, collected = settled_by(lake, verdicts, period, order.terms, order.streams, progress)
    days = period.start, period.end
    said = sum_up(settled, collected, order.terms, days, lake=str(lake.path), decisions=ledger.name, made_at=at)
    write_settlement(settled, said, folder / STATEMENTS)
    return 0


def _by_track(counts: pl.DataFrame) -> pl.DataFrame:
    numbers = [name for name, dtype in counts.schema.items() if dtype == pl.Int64]
    return counts.group_by("track_id").agg(pl.col(numbers).sum()).sort("plays", "track_id", descending=[True, False])


def _write_chart(counts: pl.DataFrame, period: Period, folder: Path, order: Order) -> int:
    table = chart(counts, order.top)
    watched = unsettled(table, order.top)
    if watched.height and not order.deadline:
        first = watched.row(0, named=True)
        raise GhostnoteError(
            f"Held plays could still change {watched.height:,} places of {period.name}, the first of them track "
            f"{first['track_id']} (rank {first['rank']}, between {first['rank_best']} and {first['rank_worst']}): "
            "decide their cases, or close with --deadline, which publishes ranks with intervals."
        )
    write_parquet(table, folder / "chart.parquet")
    write_csv(table, folder / "chart.csv")
    write_parquet(watched, folder / "watch.parquet")
    return watched.height


def _corrected(
    lake: Lake, ledger: Ledger, before: Sequence[_Closed], seq: int, order: Order, folder: Path
) -> list[Owed]:
    """What changed about closes before; their plays in one file, if there are any."""
    owed, parts, paid = [], [CORRECTIONS.to_frame()], []
    for closed in before:
        found = corrections(lake, ledger, closed.period, closed.known, seq, order.terms.royalty_ms)
        if found.is_empty():
            continue
        parts.append(found)
        if closed.period.kind == "monthly":
            paid.append(_resettled(lake, ledger, closed, seq))
        owed.append(
            Owed(
                close=closed.period.name,
                after=closed.known,
                upto=seq,
                plays=found.height,
                streams=int(found["streams_change"].sum()),
                amount=float(found["amount_change"].sum()),
            )
        )
    if owed:
        write_parquet(pl.concat(parts), folder / "corrections.parquet")
    if paid:
        write_parquet(pl.concat(paid), folder / "corrected_statements.parquet")
    return owed


def _resettled(lake: Lake, ledger: Ledger, closed: _Closed, seq: int) -> pl.DataFrame:
    """The month settled once more by the terms it was closed with, as it is told and as it is now."""
    body = closed.entry.body
    terms = msgspec.convert(body["terms"], Terms)
    streams = None if body["streams"] is None else Path(body["streams"])
    return resettled(lake, ledger, closed.period, (closed.known, seq), terms, streams)


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _drafts(said: Close, order: Order) -> list[Draft]:
    body = msgspec.to_builtins(said)
    streams = None if order.streams is None else str(order.streams)
    facts = {
        "terms": msgspec.to_builtins(order.terms),
        "deadline": order.deadline,
        "top": order.top,
        "streams": streams,
    }
    closed = Draft(
        kind="close", subject=Subject("close", said.name), action=_CLOSED, key=_CLOSED, body={**body, **facts}
    )
    return [closed, *(_correction(said, owed, order.terms.currency) for owed in said.corrections)]


def _correction(said: Close, owed: Owed, currency: str) -> Draft:
    return Draft(
        kind="correction",
        subject=Subject("close", owed.close),
        action=_CORRECTED,
        key=said.name,
        amount=micros(owed.amount),
        currency=currency,
        reason=f"told by {said.name}",
        body=msgspec.to_builtins(owed),
    )
