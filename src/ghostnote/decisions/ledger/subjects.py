"""Whom entries are about: names are kept beside the chain, where they can be deleted, and references in it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ghostnote.decisions.ledger import chain
from ghostnote.decisions.ledger.database import insert
from ghostnote.decisions.ledger.entries import Draft, Subject
from ghostnote.decisions.ledger.schema import subjects

#: Values in one query.
CHUNK = 500

#: Makes so many random bytes.
Salts = Callable[[int], bytes]


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """Parts of at most `size` values."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def known(connection: Connection, wanted: Sequence[Subject]) -> dict[Subject, bytes]:
    """References of those of `wanted` that the ledger has."""
    found: dict[Subject, bytes] = {}
    columns = subjects.c.kind, subjects.c.identifier, subjects.c.reference
    ordered = sorted(set(wanted), key=lambda subject: (subject.kind, subject.identifier))
    for kind, group in groupby(ordered, key=lambda subject: subject.kind):
        for chunk in chunks([subject.identifier for subject in group]):
            chosen = sa.select(*columns).where(subjects.c.kind == kind, subjects.c.identifier.in_(chunk))
            for row in connection.execute(chosen):
                found[Subject(row.kind, row.identifier)] = bytes(row.reference)
    return found


def referred(connection: Connection, drafts: Sequence[Draft], salts: Salts) -> dict[Subject, bytes]:
    """References of all subjects and parents of `drafts`; those that the ledger has not seen get one."""
    wanted = {draft.subject: None for draft in drafts}
    wanted.update({draft.parent: None for draft in drafts if draft.parent is not None})
    found = known(connection, list(wanted))
    rows = []
    for subject in wanted:
        if subject not in found:
            salt = salts(chain.SALT_BYTES)
            found[subject] = chain.reference(salt, subject.kind, subject.identifier)
            rows.append(
                {
                    "reference": found[subject],
                    "kind": subject.kind,
                    "identifier": subject.identifier,
                    "salt": salt,
                }
            )
    insert(connection, subjects, rows)
    return found


def named(connection: Connection, references: Sequence[bytes]) -> dict[bytes, Subject]:
    """Whom references stand for; without those that were forgotten."""
    found: dict[bytes, Subject] = {}
    for chunk in chunks(references):
        columns = subjects.c.reference, subjects.c.kind, subjects.c.identifier
        for row in connection.execute(sa.select(*columns).where(subjects.c.reference.in_(chunk))):
            found[bytes(row.reference)] = Subject(row.kind, row.identifier)
    return found
