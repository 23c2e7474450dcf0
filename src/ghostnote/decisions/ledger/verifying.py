"""Whether a ledger is what was written: every hash is worked out anew, and what hangs on the chain held against it."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from ghostnote.decisions.ledger import chain
from ghostnote.decisions.ledger.database import reading, speaking
from ghostnote.decisions.ledger.entries import STANDING
from ghostnote.decisions.ledger.ledger import Ledger
from ghostnote.decisions.ledger.rows import STATED, Erasure, hashed, standing
from ghostnote.decisions.ledger.schema import bodies, entries, head, states, subjects
from ghostnote.decisions.ledger.subjects import CHUNK, chunks

#: Problems told one by one; of more, only the number.
MOST_TOLD = 20

Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one entry (0: with the ledger as a whole), in a sentence."""

    seq: int
    says: str


@dataclass(frozen=True)
class Erased:
    """What erasures in the chain account for: references without a name, and bodies that were cut (digest by entry)."""

    references: frozenset[bytes] = frozenset()
    contents: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Verification:
    """What was found: entries read, the last one's hash, problems (the first `MOST_TOLD`) and how many there are."""

    entries: int
    hash: bytes
    problems: tuple[Problem, ...]
    count: int

    @property
    def sound(self) -> bool:
        return self.count == 0


def verify(ledger: Ledger, *, expected: bytes | None = None, watch: Watch = lambda _done, _total: None) -> Verification:
    """Read the whole ledger and say what was altered, lost, added or put out of order since it was written.

    Whoever can write to the database could make a chain anew; `expected`, a hash of any entry that was noted elsewhere,
    shows that too. `watch` is told how many of how many entries are read. One pass; memory for one chunk of entries.
    """
    told: list[Problem] = []
    count = 0
    with speaking(ledger.url), reading(ledger.engine) as connection:
        walk = _Walk(connection, _erasures(connection), expected)
        for problem in walk.problems(watch):
            count += 1
            if count <= MOST_TOLD:
                told.append(problem)
    return Verification(walk.read, walk.hash, tuple(told), count)


class _Walk:
    """One walk along the chain."""

    def __init__(self, connection: Connection, erased: Erased, expected: bytes | None) -> None:
        self._connection, self._erased, self._expected = connection, erased, expected
        self.read, self.hash = 0, chain.GENESIS
        self._seq = 0
        self._met = expected in (None, chain.GENESIS)

    def problems(self, watch: Watch) -> Iterator[Problem]:
        total = self._connection.execute(sa.select(sa.func.count()).select_from(entries)).scalar_one()
        rows = self._connection.execution_options(yield_per=CHUNK).execute(sa.select(entries).order_by(entries.c.seq))
        for part in rows.mappings().partitions():
            yield from self._linked(part)
            yield from self._worded(part)
            yield from self._referring(part)
            watch(self.read, total)
        yield from self._ended()
        yield from _names(self._connection)
        yield from _standing(self._connection)

    def _linked(self, rows: Sequence[RowMapping]) -> Iterator[Problem]:
        for row in rows:
            seq = row["seq"]
            if seq != self._seq + 1:
                yield Problem(seq, f"{_between(self._seq + 1, seq - 1)} missing before entry {seq}")
            worked_out = chain.link(self.hash, hashed(dict(row)))
            if worked_out != row["hash"]:
                yield Problem(seq, f"entry {seq} is not what was written, or not in its place")
            # From here on what the entry itself says: one altered entry is one problem, not all after it as well.
            self.hash, self._seq = bytes(row["hash"]), seq
            self._met = self._met or self.hash == self._expected
            self.read += 1

    def _worded(self, rows: Sequence[RowMapping]) -> Iterator[Problem]:
        sealed = {row["seq"]: bytes(row["body_digest"]) for row in rows if row["body_digest"] is not None}
        said = _bodies(self._connection, rows[0]["seq"], rows[-1]["seq"])
        for seq, digest in sealed.items():
            body = said.pop(seq, None)
            if body is None:
                yield Problem(seq, f"what entry {seq} says is missing, and no erasure accounts for it")
            elif body.salt is None:
                if hashlib.sha256(bytes(body.content)).digest() != self._erased.contents.get(seq):
                    yield Problem(seq, f"what entry {seq} says was cut, and no erasure accounts for it")
            elif chain.seal(bytes(body.salt), bytes(body.content)) != digest:
                yield Problem(seq, f"what entry {seq} says was altered")
        for seq in said:
            yield Problem(seq, f"entry {seq} says what it did not say when it was written")

    def _referring(self, rows: Sequence[RowMapping]) -> Iterator[Problem]:
        wanted = {bytes(row[name]): row["seq"] for row in rows for name in ("subject", "parent") if row[name]}
        there: set[bytes] = set()
        for chunk in chunks(list(wanted)):
            found = self._connection.execute(sa.select(subjects.c.reference).where(subjects.c.reference.in_(chunk)))
            there.update(bytes(row.reference) for row in found)
        for reference, seq in wanted.items():
            if reference not in there and reference not in self._erased.references:
                yield Problem(seq, f"whom entry {seq} is about is missing, and no erasure accounts for it")

    def _ended(self) -> Iterator[Problem]:
        last = self._connection.execute(sa.select(head.c.seq, head.c.hash)).one_or_none()
        if last is None:
            yield Problem(0, "the ledger's head is missing")
        elif last.seq > self._seq:
            yield Problem(0, f"{_between(self._seq + 1, last.seq)} missing at the end")
        elif (last.seq, bytes(last.hash)) != (self._seq, self.hash):
            yield Problem(0, "the ledger's head is not its last entry")
        if not self._met:
            yield Problem(0, "no entry has the hash that was expected: the chain was made anew, or is another ledger's")


def _between(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _bodies(connection: Connection, first: int, last: int) -> dict[int, Any]:
    return {row.seq: row for row in connection.execute(sa.select(bodies).where(bodies.c.seq.between(first, last)))}


def _erasures(connection: Connection) -> Erased:
    """What the chain's erasures say; what they say is itself under the chain's hashes."""
    references: set[bytes] = set()
    contents: dict[int, bytes] = {}
    chosen = sa.select(bodies.c.content).join(entries, entries.c.seq == bodies.c.seq).where(entries.c.kind == "erasure")
    for (content,) in connection.execute(chosen.order_by(bodies.c.seq)):
        try:
            found = msgspec.json.decode(bytes(content), type=Erasure)
        except msgspec.DecodeError:
            continue
        references.update(bytes.fromhex(reference) for reference in found.references)
        contents.update({int(seq): bytes.fromhex(digest) for seq, digest in found.contents.items()})
    return Erased(frozenset(references), contents)


def _names(connection: Connection) -> Iterator[Problem]:
    rows = connection.execution_options(yield_per=CHUNK).execute(sa.select(subjects))
    for row in rows:
        if chain.reference(bytes(row.salt), row.kind, row.identifier) != bytes(row.reference):
            yield Problem(0, f"the {row.kind} {row.identifier} took the place of another subject")


def _standing(connection: Connection) -> Iterator[Problem]:
    """How things are said to stand, held against the last entry of each subject."""
    last = (
        sa.select(entries.c.subject, sa.func.max(entries.c.seq).label("seq"))
        .where(entries.c.kind.in_(STANDING))
        .group_by(entries.c.subject)
        .subquery()
    )
    columns = [entries.c[name].label(f"entry_{name}") for name in ("seq", *STATED, "actor")]
    joined = last.join(entries, entries.c.seq == last.c.seq).outerjoin(states, states.c.subject == last.c.subject)
    for row in (
        connection.execution_options(yield_per=CHUNK)
        .execute(sa.select(states, *columns).select_from(joined))
        .mappings()
    ):
        written = standing({name: row[f"entry_{name}"] for name in ("seq", *STATED, "actor")})
        if any(row[name] != written[name] for name in written):
            yield Problem(row["entry_seq"], f"how things stand after entry {row['entry_seq']} is not what it decided")
    more = sa.select(states.c.seq).where(states.c.subject.not_in(sa.select(last.c.subject)))
    for (seq,) in connection.execute(more):
        yield Problem(seq, "something is said to stand that no entry decided")
