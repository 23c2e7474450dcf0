"""A folder of decisions -> entries of a ledger: what changed, from which run, and what people had settled before."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
import polars as pl

from ghostnote.decisions.breaker import Trip
from ghostnote.decisions.cases.case import told
from ghostnote.decisions.cases.opening import opened as opened_cases
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger.appending import Appended
from ghostnote.decisions.ledger.entries import SYSTEM, UNTOUCHED, Draft, Subject
from ghostnote.decisions.ledger.ledger import Ledger
from ghostnote.decisions.summary import SUMMARY_FILE
from ghostnote.decisions.surges import WHY, Alerts, Held, accepted_drafts, alerts_of, surge_drafts
from ghostnote.decisions.tables import ACTED, DECISION_TABLES
from ghostnote.errors import GhostnoteError
from ghostnote.progress import Progress, silent

#: Entries in one transaction: what a killed writer has to do again at most.
BATCH = 5000
#: Millionths of a currency unit.
MICROS = 1_000_000
_OPENED, _COMPLETED = "opened", "completed"
_STATE = pl.Schema({"id": pl.String(), "stands": pl.String(), "settled": pl.Boolean()})


@dataclass(frozen=True)
class Recorded:
    """What a run changed in the ledger.

    `entries` were appended; `plays` and `accounts` are the changed decisions among them, `undone` those that let a play
    count again; `cases` were opened; `settled` decisions of the run were left out since people had settled the matter.
    `already` is true if the whole run was there before. `trips` says what acted on far more accounts than ever before;
    unless it is among `accepted`, its decisions about `held_accounts` and `held_plays` were held.
    """

    run_id: str
    entries: int
    plays: int
    accounts: int
    undone: int
    cases: int
    settled: int
    already: bool = False
    trips: tuple[Trip, ...] = ()
    accepted: tuple[str, ...] = ()
    held_accounts: int = 0
    held_plays: int = 0


def record(
    folder: DecisionFolder,
    ledger: Ledger,
    *,
    at: datetime,
    accept: Collection[str] = (),
    by: str = SYSTEM,
    progress: Progress = silent,
) -> Recorded:
    """Append a run's decisions to the ledger: those that change how things stand, in batches that are all or nothing.

    What acts on far more accounts than in earlier runs (see `decisions.breaker`) is held and told of, unless it is
    among the sources that `by` decides to `accept`, now or after it was held. A run that was cut short is finished by
    recording it again. Raises `GhostnoteError` if a later run about the same days is in the ledger: decisions are not
    put back in time; and for accepting what did not trip.
    """
    run_id = fingerprint(folder)
    there = {name: (complete, body) for name, complete, body in runs(ledger)}
    _in_order(folder, there, run_id)
    alerts = alerts_of(folder, ledger, run_id, there)
    accepted = _accepted(alerts, accept)
    writer = _Writer(ledger, run_id, at)
    if writer.complete(accepted):
        return Recorded(run_id, 0, 0, 0, 0, 0, 0, already=True, trips=alerts.trips, accepted=accepted)
    if (accept and by == SYSTEM) or not by.strip():
        raise GhostnoteError("Say who accepts what acts on far more accounts than before.")
    summary = folder.summary
    facts = msgspec.to_builtins(summary)
    opened = Draft(
        kind="run",
        subject=Subject("run", run_id),
        action=_OPENED,
        key=_OPENED,
        amount=micros(summary.money.withheld),
        currency=summary.money.currency,
        body={**facts, "files": digests(folder)},
    )
    writer.write([opened])
    writer.write(surge_drafts(alerts, run_id), caused=True)
    writer.write(accepted_drafts([name for name in accepted if name not in alerts.accepted], run_id), actor=by)
    key = ":".join([run_id, *accepted])
    held = _held(folder, ledger, [name for name in alerts.sources if name not in accepted])
    accounts, kept_accounts = _account_drafts(held or folder, ledger, key)
    plays, kept_plays = _changed_plays(held or folder, ledger)
    writer.write(_campaign_drafts(folder, ledger, key), caused=True)
    writer.write(accounts, caused=True)
    writer.write(_track_drafts(folder, ledger, key), caused=True)
    currency = summary.money.currency
    for done in range(0, plays.height, BATCH):
        progress("Writing decisions", done, plays.height)
        part = plays.slice(done, BATCH)
        writer.write([_play_draft(row, key, currency) for row in part.iter_rows(named=True)], caused=True)
    progress("Writing decisions", plays.height, max(plays.height, 1))
    cases = opened_cases(folder, told(ledger.entries(kind="case")), key)
    writer.write(cases, caused=True)
    undone = plays.filter(pl.col("verdict") == "count").height
    kept = kept_accounts + kept_plays
    waiting = 0 if held is None else plays.filter(pl.col("reason") == WHY).height
    recorded = Recorded(
        run_id,
        writer.new + 1,
        plays.height,
        len(accounts),
        undone,
        len(cases),
        kept,
        trips=alerts.trips,
        accepted=accepted,
        held_accounts=0 if held is None else len(held.accounts),
        held_plays=waiting,
    )
    tally = {
        "entries": recorded.entries,
        "plays": recorded.plays,
        "accounts": len(accounts),
        "undone": undone,
        "cases": len(cases),
        "accepted": list(accepted),
    }
    done_key = ":".join([_COMPLETED, *accepted])
    subject = Subject("run", run_id)
    writer.write([Draft(kind="run", subject=subject, action=_COMPLETED, key=done_key, body=tally)], caused=True)
    return recorded


def _accepted(alerts: Alerts, accept: Collection[str]) -> tuple[str, ...]:
    """All that was accepted before or is now, by name."""
    for source in accept:
        if source not in alerts.sources:
            tripped = f"only {', '.join(alerts.sources)}" if alerts.sources else "nothing did"
            raise GhostnoteError(f"'{source}' does not act on far more accounts than before in this run: {tripped}.")
    return tuple(sorted(alerts.accepted.union(accept)))


def _held(folder: DecisionFolder, ledger: Ledger, sources: Sequence[str]) -> Held | None:
    if not sources:
        return None
    return Held(folder, sources, [s.subject.identifier for s in ledger.states("account") if s.action in ACTED])


def fingerprint(folder: DecisionFolder) -> str:
    """The id of a run: 32 hexadecimal digits that follow from every byte of its decisions."""
    joined = "".join(f"{name}:{digest}\n" for name, digest in digests(folder).items())
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def digests(folder: DecisionFolder) -> dict[str, str]:
    """SHA-256 of each file of decisions, by name."""
    names = [SUMMARY_FILE, *(f"{table}.parquet" for table in DECISION_TABLES)]
    found = {}
    for name in names:
        with (folder.path / name).open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def micros(amount: float) -> int:
    """An amount of money as a ledger keeps it."""
    return round(amount * MICROS)


def runs(ledger: Ledger) -> Iterator[tuple[str, bool, Mapping[str, Any]]]:
    """Every run in the ledger: its id, whether it is complete, and the summary that it came with."""
    opened: dict[str, Mapping[str, Any]] = {}
    completed = set()
    for entry in ledger.entries(kind="run"):
        if entry.subject is None:
            continue
        if entry.action == _OPENED:
            opened[entry.subject.identifier] = entry.body
        else:
            completed.add(entry.subject.identifier)
    for run_id, body in opened.items():
        yield run_id, run_id in completed, body


def _in_order(folder: DecisionFolder, there: Mapping[str, tuple[bool, Mapping[str, Any]]], run_id: str) -> None:
    summary = folder.summary
    for other, (_, body) in there.items():
        apart = summary.end < date.fromisoformat(body["start"]) or date.fromisoformat(body["end"]) < summary.start
        made_at = datetime.fromisoformat(body["made_at"])
        if other != run_id and not apart and made_at > summary.made_at:
            raise GhostnoteError(
                f"{folder.path} was decided at {summary.made_at:%Y-%m-%d %H:%M}, and the ledger has decisions about "
                f"the same days from {made_at:%Y-%m-%d %H:%M}: run `ghostnote score` again to decide anew."
            )


class _Writer:
    """Appends drafts of one run in batches and counts what was new."""

    def __init__(self, ledger: Ledger, run_id: str, at: datetime) -> None:
        self._ledger, self._run, self._at = ledger, Subject("run", run_id), at
        self.new = 0
        self._cause: bytes | None = None

    def complete(self, accepted: Sequence[str]) -> bool:
        """Whether the whole run is there, with what was accepted of it."""
        ends = [entry for entry in self._ledger.entries(subject=self._run) if entry.action == _COMPLETED]
        return list(accepted) in [entry.body.get("accepted", []) for entry in ends]

    def write(self, drafts: Sequence[Draft], *, caused: bool = False, actor: str = SYSTEM) -> None:
        for start in range(0, len(drafts), BATCH):
            part = drafts[start : start + BATCH]
            written: Appended = self._ledger.append(
                part, actor=actor, at=self._at, cause=self._opening() if caused else None
            )
            self.new += written.new

    def _opening(self) -> bytes:
        if self._cause is None:
            [self._cause] = [e.decision_id for e in self._ledger.entries(subject=self._run) if e.action == _OPENED]
        return self._cause


def _campaign_drafts(folder: DecisionFolder, ledger: Ledger, key: str) -> list[Draft]:
    """Campaigns that the ledger does not know, or whose accounts are more or fewer than it knows."""
    drafts = []
    for row in folder.read("campaigns").iter_rows(named=True):
        subject = Subject("campaign", row["campaign_id"])
        state = ledger.state(subject)
        if state is not None and (state.settled or state.reason == _size(row)):
            continue
        body = {name: row[name] for name in ("tracks", "owners", "plays", "evidence")}
        spans = {name: row[name].isoformat() for name in ("first_seen", "last_seen") if row[name] is not None}
        drafts.append(
            Draft(
                kind="campaign",
                subject=subject,
                action="found",
                key=key,
                amount=micros(row["payout"]),
                currency=folder.summary.money.currency,
                reason=_size(row),
                body={**body, **spans},
            )
        )
    return drafts


def _size(campaign: Mapping[str, Any]) -> str:
    return f"{len(campaign['accounts'])} accounts"


def _account_drafts(folder: DecisionFolder, ledger: Ledger, key: str) -> tuple[list[Draft], int]:
    """Decisions about accounts that change how things stand, and how many people had settled otherwise."""
    states = {state.subject.identifier: state for state in ledger.states("account")}
    told = (pl.col("action") != "allow") | pl.col("campaign_id").is_not_null() | pl.col("would_be").is_not_null()
    known = pl.Series(list(states), dtype=pl.String)
    rows = folder.scan("accounts").filter(told | pl.col("account_id").is_in(known.implode())).collect()
    drafts, settled = [], 0
    for row in rows.iter_rows(named=True):
        campaign = None if row["campaign_id"] is None else Subject("campaign", row["campaign_id"])
        state = states.get(row["account_id"])
        if state is not None and state.settled:
            settled += state.action != row["action"]
            continue
        reason = None if row["would_be"] is None else f"{UNTOUCHED}{row['would_be']}"
        if state is not None and (state.action, state.parent, state.spared) == (row["action"], campaign, reason):
            continue
        flagged = row["first_flagged"]
        drafts.append(
            Draft(
                kind="account",
                subject=Subject("account", row["account_id"]),
                action=row["action"],
                key=key,
                parent=campaign,
                amount=micros(row["withheld_payout"]),
                currency=folder.summary.money.currency,
                reason=reason,
                body={
                    "score": row["score"],
                    "reasons": row["reasons"],
                    "plays": row["plays"],
                    "artificial_plays": row["artificial_plays"],
                    "first_flagged": None if flagged is None else flagged.isoformat(),
                    "sources": row["sources"],
                    "due": None if row["due"] is None else row["due"].isoformat(),
                    "told": row["told"],
                },
            )
        )
    return drafts, settled


def _track_drafts(folder: DecisionFolder, ledger: Ledger, key: str) -> list[Draft]:
    states = {state.subject.identifier: state for state in ledger.states("track")}
    known = pl.Series(list(states), dtype=pl.String)
    rows = folder.scan("tracks").filter((pl.col("role") != "clean") | pl.col("track_id").is_in(known.implode()))
    drafts = []
    for row in rows.collect().iter_rows(named=True):
        state = states.get(row["track_id"])
        if state is not None and (state.settled or state.action == row["role"]):
            continue
        owner = None if row["owner_id"] is None else Subject("owner", row["owner_id"])
        body = {name: row[name] for name in ("plays", "artificial_plays", "artificial_share", "low", "high", "reasons")}
        drafts.append(
            Draft(
                kind="track",
                subject=Subject("track", row["track_id"]),
                action=row["role"],
                key=key,
                parent=owner,
                amount=micros(row["withheld_payout"]),
                currency=folder.summary.money.currency,
                body=body,
            )
        )
    return drafts


def _changed_plays(folder: DecisionFolder, ledger: Ledger) -> tuple[pl.DataFrame, int]:
    """Plays whose verdict is not what stands, in order of time; and how many people had settled otherwise."""
    scanned = folder.scan("plays")
    first, last = (
        scanned.select(pl.col("event_time").min().alias("first"), pl.col("event_time").max().alias("last"))
        .collect()
        .row(0)
    )
    standing = ledger.states("play", start=first.date(), end=last.date()) if first is not None else iter(())
    rows = [(state.subject.identifier, state.action, state.settled) for state in standing]
    stands = pl.DataFrame(rows, schema=_STATE, orient="row")
    decided = scanned.join(stands.lazy(), left_on="event_id", right_on="id", how="left").with_columns(
        pl.col("stands").fill_null("count"), pl.col("settled").fill_null(value=False)
    )
    changed = decided.filter(pl.col("verdict") != pl.col("stands")).collect().sort("event_time", "event_id")
    return changed.filter(~pl.col("settled")), changed.filter("settled").height


def _play_draft(row: Mapping[str, Any], key: str, currency: str) -> Draft:
    return Draft(
        kind="play",
        subject=Subject("play", row["event_id"]),
        action=row["verdict"],
        key=key,
        parent=Subject("account", row["account_id"]),
        day=row["event_time"].date(),
        amount=micros(row["withheld_payout"]),
        currency=currency,
        reason=row["reason"],
    )
