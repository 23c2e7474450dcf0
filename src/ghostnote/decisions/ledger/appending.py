"""Appending: drafts become entries bound to the last one, each decision at most once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ghostnote.decisions.ledger import chain
from ghostnote.decisions.ledger.database import insert
from ghostnote.decisions.ledger.entries import STANDING, Draft, Subject
from ghostnote.decisions.ledger.rows import day_number, hashed, microseconds, moment, packed, standing
from ghostnote.decisions.ledger.schema import bodies, entries, head, states
from ghostnote.decisions.ledger.subjects import Salts, chunks, referred
from ghostnote.errors import GhostnoteError

#: How far a clock may lag behind the last entry's: machines of one team disagree by seconds.
_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Appended:
    """What became of drafts: how many are new, how many were there already, and the ledger's last entry."""

    new: int
    repeated: int
    seq: int
    hash: bytes


def append(
    connection: Connection,
    drafts: Sequence[Draft],
    actor: str,
    at: datetime,
    cause: bytes | None,
    salts: Salts,
    name: str,
    *,
    led: bool = False,
) -> Appended:
    """See `Ledger.append`; within the caller's transaction."""
    # The one row that every writer wants: whoever holds it writes the next entries, the others wait.
    last = connection.execute(sa.select(head).with_for_update()).mappings().one()
    recorded = _recorded(at, int(last["recorded_at"]), name)
    references = referred(connection, drafts, salts)
    fresh = _unwritten(connection, drafts, references)
    seq, previous = int(last["seq"]), bytes(last["hash"])
    rows, said = [], []
    leader = _identifier(drafts[0], references) if led else None
    for identifier, draft in fresh.items():
        seq += 1
        because = leader if leader is not None and identifier != leader else cause
        row = _row(seq, identifier, recorded, draft, references, actor, because)
        content = packed(draft.body)
        if content is not None:
            salt = salts(chain.SALT_BYTES)
            row["body_digest"] = chain.seal(salt, content)
            said.append({"seq": seq, "salt": salt, "content": content})
        previous = chain.link(previous, hashed(row))
        rows.append({**row, "hash": previous})
    if rows:
        insert(connection, entries, rows)
        insert(connection, bodies, said)
        _stand(connection, rows)
        connection.execute(sa.update(head).values(seq=seq, hash=previous, recorded_at=recorded))
    return Appended(len(rows), len(drafts) - len(rows), seq, previous)


def _recorded(at: datetime, last: int, name: str) -> int:
    now = microseconds(at)
    if last - now > _SKEW // timedelta(microseconds=1):
        raise GhostnoteError(
            f"This machine's clock says {at:%Y-%m-%d %H:%M:%S}, but the last entry of {name} was written at "
            f"{moment(last):%Y-%m-%d %H:%M:%S} (UTC): set the clock, then try again."
        )
    return max(now, last)


def _unwritten(connection: Connection, drafts: Sequence[Draft], references: dict[Subject, bytes]) -> dict[bytes, Draft]:
    """The drafts that the ledger does not have, by decision id."""
    wanted: dict[bytes, Draft] = {}
    for draft in drafts:
        identifier = _identifier(draft, references)
        if identifier in wanted and wanted[identifier] != draft:
            raise _contradiction(draft)
        wanted[identifier] = draft
    columns = entries.c.decision_id, entries.c.action, entries.c.amount, entries.c.reason
    for chunk in chunks(list(wanted)):
        for row in connection.execute(sa.select(*columns).where(entries.c.decision_id.in_(chunk))):
            draft = wanted.pop(bytes(row.decision_id))
            if (row.action, row.amount, row.reason) != (draft.action, draft.amount, draft.reason):
                raise _contradiction(draft)
    return wanted


def _identifier(draft: Draft, references: dict[Subject, bytes]) -> bytes:
    return chain.decision_id(references[draft.subject], draft.kind, draft.key)


def _contradiction(draft: Draft) -> GhostnoteError:
    return GhostnoteError(
        f"The ledger has another decision about the {draft.subject.kind} {draft.subject.identifier} under the same id "
        f"'{draft.key}': nothing was written."
    )


def _row(
    seq: int,
    identifier: bytes,
    recorded: int,
    draft: Draft,
    references: dict[Subject, bytes],
    actor: str,
    cause: bytes | None,
) -> dict[str, Any]:
    return {
        "seq": seq,
        "decision_id": identifier,
        "recorded_at": recorded,
        "kind": draft.kind,
        "action": draft.action,
        "subject": references[draft.subject],
        "parent": None if draft.parent is None else references[draft.parent],
        "actor": actor,
        "day": None if draft.day is None else day_number(draft.day),
        "amount": draft.amount,
        "currency": draft.currency,
        "reason": draft.reason,
        "cause": cause,
        "body_digest": None,
    }


def _stand(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    latest = {row["subject"]: row for row in rows if row["kind"] in STANDING}
    if not latest:
        return
    for chunk in chunks(list(latest)):
        connection.execute(sa.delete(states).where(states.c.subject.in_(chunk)))
    insert(connection, states, [standing(row) for row in latest.values()])
