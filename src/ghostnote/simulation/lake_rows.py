"""From events as arrays to rows of a lake, and what its dimensions have to hold because of them."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ghostnote.events.encoded import write_encoded
from ghostnote.events.lake import LakeWriter
from ghostnote.progress import Progress, silent
from ghostnote.simulation.crew import in_order
from ghostnote.simulation.likeness import Likeness
from ghostnote.simulation.randomness import Ints, Words
from ghostnote.simulation.rows import DAY, SECOND, Actions, Events, Logins, Plays, Signups
from ghostnote.simulation.spool import Span, Spool
from ghostnote.simulation.tables import Writer

#: Plays that a span of a day holds on average: what bounds memory.
_PLAYS_AT_ONCE = 400_000
_KINDS = {"plays": Plays, "logins": Logins, "actions": Actions, "signups": Signups}
AnyRows = Plays | Logins | Actions | Signups


@dataclass(frozen=True)
class _Work:
    """One file to write: a span of a table's rows, and where it goes."""

    table: str
    span: Span
    path: Path


class LakeRows:
    """Collects events, and writes them by day once they are all there, in the likeness asked for.

    Use it as a context: what it keeps meanwhile lies beside the lake's files, and is gone at the end. `plays_a_day` is
    about how many plays a day will have.
    """

    def __init__(self, lake: LakeWriter, likeness: Likeness, plays_a_day: float = 0.0) -> None:
        self._lake, self._likeness = lake, likeness
        self._folder = Path(mkdtemp(prefix=".spool-", dir=lake.path))
        spans = max(1, round(plays_a_day / _PLAYS_AT_ONCE))
        self._spools: dict[str, Spool[Any]] = {name: Spool(kind, self._folder, spans) for name, kind in _KINDS.items()}
        self._addresses = np.zeros(0, dtype=np.bool_)
        self._lock = Lock()

    def __enter__(self) -> "LakeRows":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def collect(self, events: Events) -> None:
        """Keep events until they are written; several threads may do so at once."""
        for name in _KINDS:
            parts: list[AnyRows] = getattr(events, name)
            for rows in parts:
                time = rows.end if isinstance(rows, Plays) else rows.time
                arrival = rows.arrival if isinstance(rows, Plays) and not self._likeness.prompt else time
                self._spools[name].add(rows, arrival, time)
                self._saw(rows.ip)

    def write(self, writer: Writer, threads: int, progress: Progress = silent) -> None:
        """Write what was collected, one file per table and span of a day, in the order of time."""
        wanted = [(name, span) for name in _KINDS for span in self._spools[name].spans()]
        done = in_order(lambda work: self._write_span(writer, work), self._places(wanted), threads)
        for number, _ in enumerate(done):
            progress("Writing days", number, len(wanted))
        progress("Writing days", len(wanted), len(wanted))

    def dimensions(self, writer: Writer, tracks: Ints) -> None:
        """Write the tracks of these codes, and every address that came up: in the order of their ids."""
        ip = np.flatnonzero(self._addresses)
        for table, rows, codes in (("tracks", writer.tracks(tracks), None), ("ips", writer.ips(ip), ip)):
            fitted = self._likeness.fit(table, rows, writer.names.tokens, account=None, ip=codes)
            if fitted is not None and fitted.num_rows:
                write_encoded(fitted.sort_by(fitted.column_names[0]), self._lake.place(table))

    def _places(self, wanted: list[tuple[str, Span]]) -> Iterator[_Work]:
        """Files get their numbers in the order of time, whoever writes them first."""
        for table, span in wanted:
            if table in self._likeness.gaps:
                day = datetime.fromtimestamp(span[0] * DAY // SECOND, UTC).date()
                yield _Work(table, span, self._lake.place(table, day))

    def _write_span(self, writer: Writer, work: _Work) -> None:
        rows: AnyRows = self._spools[work.table].take(work.span)
        time = (rows.end if isinstance(rows, Plays) else rows.time) // self._likeness.step
        rows = rows.take(_in_time(time, rows.number, lambda numbers: writer.rank(work.table, numbers)))
        table: pa.Table = getattr(writer, work.table)(rows)
        fitted = self._likeness.fit(work.table, table, writer.names.tokens, account=rows.account, ip=rows.ip)
        assert fitted is not None
        write_encoded(fitted, work.path)

    def _saw(self, ip: Ints) -> None:
        highest = int(ip.max(initial=-1)) + 1
        with self._lock:
            if highest > self._addresses.size:
                more = np.zeros(highest - self._addresses.size, dtype=np.bool_)
                self._addresses = np.append(self._addresses, more)
            self._addresses[ip] = True


def _in_time(time: Ints, number: Ints, rank: Callable[[Ints], Words]) -> npt.NDArray[np.int64]:
    """The order of the contract: by time, and equal times by id, whose order `rank` has."""
    order = np.argsort(time)
    same = np.diff(time[order]) == 0
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    # Ties are few, or else everything: only they are looked at again, and stay in their places.
    order[tied] = rows[np.lexsort((rank(number[rows]), time[rows]))]
    return order
