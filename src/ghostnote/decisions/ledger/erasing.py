"""Forgetting a subject: its name goes, what was decided and what it cost stay, and the chain holds.

Entries keep references that only a salt ties to a name. The salt is deleted with the name, so nobody can tell any more
whose entries they were, not even by trying all names; what entries say in words is deleted, too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ghostnote.decisions.ledger.appending import append
from ghostnote.decisions.ledger.database import speaking, writing
from ghostnote.decisions.ledger.entries import Draft, Subject
from ghostnote.decisions.ledger.ledger import Ledger
from ghostnote.decisions.ledger.rows import Erasure
from ghostnote.decisions.ledger.schema import bodies, entries, subjects
from ghostnote.decisions.ledger.subjects import CHUNK, chunks, known

#: What is left of a body that named somebody.
_CUT = msgspec.json.encode({"erased": True})


@dataclass(frozen=True)
class Forgotten:
    """How many entries no longer say in words what they said, and the number of the entry that proves it.

    `seq` is None if the ledger did not know the subject.
    """

    bodies: int
    seq: int | None


def forget(ledger: Ledger, subject: Subject, *, actor: str, at: datetime, reason: str | None = None) -> Forgotten:
    """Delete a subject's name, and what was said about it and what belongs to it; ids of an account's plays stay.

    One transaction, which also appends the erasure to the chain: verification takes what it lists for deleted, and
    anything else that is missing for tampering.
    """
    with speaking(ledger.url), writing(ledger.engine) as connection:
        found = known(connection, [subject]).get(subject)
        if found is None:
            return Forgotten(0, None)
        gone = [found, *_cases(connection, found)]
        said = _said(connection, gone, subject.identifier.encode())
        erasure = Erasure(
            references=[reference.hex() for reference in gone],
            contents={str(seq): hashlib.sha256(_CUT).hexdigest() for seq in said},
        )
        for chunk in chunks(said):
            connection.execute(sa.update(bodies).where(bodies.c.seq.in_(chunk)).values(salt=None, content=_CUT))
        for chunk in chunks(gone):
            connection.execute(sa.delete(subjects).where(subjects.c.reference.in_(chunk)))
        draft = Draft(
            kind="erasure",
            subject=Subject("erasure", found.hex()),
            action="forget",
            key=found.hex(),
            reason=reason,
            body=msgspec.to_builtins(erasure),
        )
        written = append(connection, [draft], actor, at, None, ledger.salts, ledger.name)
        return Forgotten(len(said), written.seq)


def _cases(connection: Connection, parent: bytes) -> list[bytes]:
    """References of the cases about a subject: their names follow from its own."""
    chosen = sa.select(entries.c.subject).distinct().where(entries.c.parent == parent, entries.c.kind == "case")
    return [bytes(row.subject) for row in connection.execute(chosen)]


def _said(connection: Connection, gone: Sequence[bytes], name: bytes) -> list[int]:
    """Numbers of the entries about any of `gone`, or what belongs to it, that say something in words.

    And of all others that mention the name: people write notes about one account in another's case.
    """
    said = sa.select(entries.c.seq).join(bodies, bodies.c.seq == entries.c.seq).where(entries.c.kind != "erasure")
    found: set[int] = set()
    for chunk in chunks(gone):
        about = sa.or_(entries.c.subject.in_(chunk), entries.c.parent.in_(chunk))
        found.update(row.seq for row in connection.execute(said.where(about)))
    every = said.add_columns(bodies.c.content).execution_options(yield_per=CHUNK)
    quoted = msgspec.json.encode(name.decode())[1:-1]
    found.update(row.seq for row in connection.execute(every) if quoted in bytes(row.content))
    return sorted(found)
