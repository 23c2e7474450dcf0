"""A ledger that decisions are appended to, each at most once, and read from."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from ghostnote.decisions.ledger.appending import Appended, append
from ghostnote.decisions.ledger.database import address_of, connect, reading, shown, speaking, writing
from ghostnote.decisions.ledger.entries import STANDING, Draft, Entry, State, Subject
from ghostnote.decisions.ledger.rows import TOLD, day_number, day_of, standing, stated, told
from ghostnote.decisions.ledger.schema import entries, head, states, subjects
from ghostnote.decisions.ledger.subjects import CHUNK, Salts, chunks, known
from ghostnote.errors import GhostnoteError


class Ledger:
    """The ledger at one address. Appending is safe from several processes at once; use it as a context manager."""

    def __init__(self, engine: Engine, url: URL, salts: Salts) -> None:
        self.engine, self.url, self.salts = engine, url, salts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.dispose()

    @property
    def name(self) -> str:
        """The address as people may see it."""
        return shown(self.url)

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        actor: str,
        at: datetime,
        cause: bytes | None = None,
        led: bool = False,
    ) -> Appended:
        """Write drafts in order, in one transaction: all of them are on disk when this returns, or none is.

        A draft whose decision is in the ledger already is left out; if that says something else, nothing is written and
        `GhostnoteError` raised. `actor` is `SYSTEM` or a person, `at` the time (aware), `cause` the decision from which
        these follow (a run, a case's decision); if `led`, the first draft is the cause of all others.
        """
        if not actor.strip():
            raise GhostnoteError("Say who decides: a ledger's entries have an actor.")
        with speaking(self.url), writing(self.engine) as connection:
            return append(connection, drafts, actor.strip(), at, cause, self.salts, self.name, led=led)

    def head(self) -> tuple[int, bytes]:
        """Number and hash of the last entry; (0, zeros) of an empty ledger. Kept elsewhere, it proves all before it."""
        with speaking(self.url), reading(self.engine) as connection:
            row = connection.execute(sa.select(head.c.seq, head.c.hash)).one()
        return int(row.seq), bytes(row.hash)

    def entries(
        self,
        *,
        kind: str | None = None,
        subject: Subject | None = None,
        cause: bytes | None = None,
        after: int = 0,
        newest_first: bool = False,
    ) -> Iterator[Entry]:
        """Entries in the order they were written (or the reverse), of one kind, subject or cause."""
        chosen = TOLD.where(entries.c.seq > after)
        order = entries.c.seq.desc() if newest_first else entries.c.seq
        with speaking(self.url), reading(self.engine) as connection:
            if subject is not None:
                found = known(connection, [subject]).get(subject)
                if found is None:
                    return
                chosen = chosen.where(entries.c.subject == found)
            if kind is not None:
                chosen = chosen.where(entries.c.kind == kind)
            if cause is not None:
                chosen = chosen.where(entries.c.cause == cause)
            with connection.execution_options(yield_per=CHUNK).execute(chosen.order_by(order)) as rows:
                for part in rows.partitions():
                    yield from told(part)

    def state(self, subject: Subject) -> State | None:
        """How things stand with one subject; None if nothing was ever decided about it."""
        return self.states_of([subject]).get(subject)

    def states_of(self, wanted: Sequence[Subject]) -> dict[Subject, State]:
        """How things stand with those of `wanted` about which something was decided."""
        with speaking(self.url), reading(self.engine) as connection:
            found = known(connection, wanted)
            rows: list[Any] = []
            for chunk in chunks(list(found.values())):
                rows += connection.execute(sa.select(states).where(states.c.subject.in_(chunk))).mappings().all()
            return {state.subject: state for state in stated(connection, rows)}

    def states_before(self, seq: int, wanted: Sequence[Subject]) -> dict[Subject, State]:
        """How things stood with those of `wanted` about which something was decided before entry `seq`."""
        with speaking(self.url), reading(self.engine) as connection:
            rows: list[Any] = []
            for chunk in chunks(list(known(connection, wanted).values())):
                about = entries.c.subject.in_(chunk), entries.c.kind.in_(STANDING), entries.c.seq < seq
                last = sa.select(sa.func.max(entries.c.seq)).where(*about).group_by(entries.c.subject)
                found = connection.execute(sa.select(entries).where(entries.c.seq.in_(last))).mappings()
                rows += [standing(row) for row in found]
            return {state.subject: state for state in stated(connection, rows)}

    def verdicts_at(self, seq: int, start: date, end: date) -> Iterator[tuple[str, str, int]]:
        """event_id, verdict and amount withheld of plays of days `start` to `end`, as they stood after entry `seq`.

        Only plays about which something was decided by then.
        """
        about = entries.c.kind == "play", entries.c.seq <= seq
        days = entries.c.day >= day_number(start), entries.c.day <= day_number(end)
        last = sa.select(sa.func.max(entries.c.seq)).where(*about, *days).group_by(entries.c.subject)
        chosen = (
            sa.select(subjects.c.identifier, entries.c.action, entries.c.amount)
            .join(subjects, subjects.c.reference == entries.c.subject)
            .where(entries.c.seq.in_(last))
        )
        with (
            speaking(self.url),
            reading(self.engine) as connection,
            connection.execution_options(yield_per=CHUNK).execute(chosen) as rows,
        ):
            for row in rows:
                yield row.identifier, row.action, row.amount

    def changed_days(self, after: int, upto: int) -> list[date]:
        """Days of plays about which something was decided after entry `after`, up to entry `upto`."""
        about = entries.c.kind == "play", entries.c.seq > after, entries.c.seq <= upto
        with speaking(self.url), reading(self.engine) as connection:
            rows = connection.execute(sa.select(entries.c.day).where(*about).distinct().order_by(entries.c.day))
            return [day_of(row.day) for row in rows if row.day is not None]

    def states(
        self, kind: str, *, start: date | None = None, end: date | None = None, parent: Subject | None = None
    ) -> Iterator[State]:
        """How things stand with all subjects of a kind, with plays' days from `start` to `end`, or of one parent."""
        chosen = sa.select(states).where(states.c.kind == kind)
        if start is not None:
            chosen = chosen.where(states.c.day >= day_number(start))
        if end is not None:
            chosen = chosen.where(states.c.day <= day_number(end))
        with speaking(self.url), reading(self.engine) as connection:
            if parent is not None:
                found = known(connection, [parent]).get(parent)
                if found is None:
                    return
                chosen = chosen.where(states.c.parent == found)
            with connection.execution_options(yield_per=CHUNK).execute(chosen.order_by(states.c.seq)) as rows:
                for part in rows.mappings().partitions():
                    yield from stated(connection, part)


def open_ledger(address: str, *, create: bool = False, salts: Salts = secrets.token_bytes) -> Ledger:
    """The ledger at a path (SQLite) or `postgresql://` URL; `GhostnoteError` if there is none and `create` is false.

    `salts` makes the random bytes that hide subjects; only tests hand in another one.
    """
    url = address_of(address)
    return Ledger(connect(url, create=create), url, salts)
