"""Between rows of the ledger's tables and entries, states and times."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ghostnote.decisions.ledger.chain import Field
from ghostnote.decisions.ledger.entries import Entry, State, Subject, settled_by
from ghostnote.decisions.ledger.schema import bodies, entries, subjects
from ghostnote.decisions.ledger.subjects import named

Row = Mapping[str, Any] | RowMapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1)
#: What the hash of an entry covers, in order.
_HASHED = (
    "seq",
    "decision_id",
    "recorded_at",
    "kind",
    "action",
    "subject",
    "parent",
    "actor",
    "day",
    "amount",
    "currency",
    "reason",
    "cause",
    "body_digest",
)
#: What `told` reads of an entry, in the order in which it takes it.
_ENTRY = (
    "seq",
    "decision_id",
    "recorded_at",
    "kind",
    "action",
    "subject",
    "actor",
    "day",
    "amount",
    "currency",
    "reason",
    "cause",
    "body_digest",
    "hash",
)
#: What a state repeats of its entry, beside the number.
STATED = ("subject", "kind", "action", "amount", "reason", "day", "parent")


class Erasure(msgspec.Struct, frozen=True):
    """The body of an erasure: the references whose names were deleted, and by entry the digest of what was left of it.

    All of it in hexadecimal.
    """

    references: list[str]
    contents: dict[str, str]


def microseconds(at: datetime) -> int:
    """A time as the tables keep it."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment(kept: int) -> datetime:
    """The time that the tables keep as `kept`."""
    return _EPOCH + timedelta(microseconds=kept)


def day_number(day: date) -> int:
    """A day as the tables keep it."""
    return (day - _FIRST_DAY).days


def day_of(kept: int) -> date:
    """The day that the tables keep as `kept`."""
    return _FIRST_DAY + timedelta(days=kept)


def hashed(row: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of an entry's row that its hash covers, in order."""
    return tuple(row[name] for name in _HASHED)


def packed(body: Mapping[str, Any] | None) -> bytes | None:
    """A body as it is kept: JSON with its keys in order."""
    return None if body is None else msgspec.json.encode(body, order="sorted")


def standing(row: Row) -> dict[str, Any]:
    """The row of `states` that follows from an entry's row."""
    return {
        **{name: row[name] for name in ("seq", *STATED)},
        "settled": settled_by(row["actor"], row["action"], row["reason"]),
    }


_subject, _parent_of = subjects.alias(), subjects.alias()
_NAMED = (_subject.c.kind, _subject.c.identifier, _parent_of.c.kind, _parent_of.c.identifier)
#: Entries with the names and bodies that are still there, in one query: `told` makes entries of its rows.
TOLD: sa.Select[Any] = sa.select(
    *(entries.c[name] for name in _ENTRY),
    *(column.label(f"named_{n}") for n, column in enumerate(_NAMED)),
    bodies.c.content,
).select_from(
    entries.outerjoin(_subject, entries.c.subject == _subject.c.reference)
    .outerjoin(_parent_of, entries.c.parent == _parent_of.c.reference)
    .outerjoin(bodies, entries.c.seq == bodies.c.seq)
)


def told(rows: Iterable[Sequence[Any]]) -> Iterator[Entry]:
    """The entries of rows of `TOLD`."""
    for row in rows:
        # By place, not by name: a ledger has a hundred thousand cases, and whoever starts reads all of them.
        (seq, decision, at, kind, action, subject, actor, day, amount, currency, reason, cause, digest, hash_) = row[
            : len(_ENTRY)
        ]
        subject_kind, subject_name, parent_kind, parent_name, content = row[len(_ENTRY) :]
        yield Entry(
            seq,
            decision,
            moment(at),
            kind,
            action,
            subject,
            actor,
            _day(day),
            amount,
            currency,
            reason,
            cause,
            hash_,
            None if subject_kind is None else Subject(subject_kind, subject_name),
            None if parent_kind is None else Subject(parent_kind, parent_name),
            {} if digest is None or content is None else msgspec.json.decode(content),
        )


def stated(connection: Connection, rows: Sequence[Row]) -> Iterator[State]:
    """The states of rows whose subject is not forgotten."""
    names = named(connection, _references(rows))
    for row in rows:
        subject = names.get(bytes(row["subject"]))
        if subject is not None:
            yield State(
                subject=subject,
                action=row["action"],
                amount=row["amount"],
                reason=row["reason"],
                day=_day(row["day"]),
                parent=_parent(row, names),
                seq=row["seq"],
                settled=row["settled"],
            )


def _references(rows: Sequence[Row]) -> list[bytes]:
    found = {bytes(row[name]) for row in rows for name in ("subject", "parent") if row[name] is not None}
    return sorted(found)


def _parent(row: Row, names: Mapping[bytes, Subject]) -> Subject | None:
    return None if row["parent"] is None else names.get(bytes(row["parent"]))


def _day(kept: int | None) -> date | None:
    return None if kept is None else day_of(kept)
