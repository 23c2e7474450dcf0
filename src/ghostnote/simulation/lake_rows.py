"""From events as arrays to rows of a lake, and what its dimensions have to hold because of them."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ghostnote.events.lake import LakeWriter
from ghostnote.progress import Progress, silent
from ghostnote.simulation.crew import in_order
from ghostnote.simulation.likeness import Likeness
from ghostnote.simulation.randomness import Ints, Words
from ghostnote.simulation.rows import DAY, SECOND, Actions, Events, Logins, Plays, Signups
from ghostnote.simulation.spool import Spool, slices
from ghostnote.simulation.tables import Writer

#: Rows of one file, at most: what bounds memory.
_ROWS_AT_ONCE = 500_000
_KINDS = {"plays": Plays, "logins": Logins, "actions": Actions, "signups": Signups}
AnyRows = Plays | Logins | Actions | Signups


class LakeRows:
    """Collects events, and writes them by day once they are all there, in the likeness asked for.

    Use it as a context: what it keeps meanwhile lies beside the lake's files, and is gone at the end.
    """

    def __init__(self, lake: LakeWriter, likeness: Likeness) -> None:
        self._lake, self._likeness = lake, likeness
        self._folder = Path(mkdtemp(prefix=".spool-", dir=lake.path))
        self._spools: dict[str, Spool[Any]] = {name: Spool(kind, self._folder) for name, kind in _KINDS.items()}
        self._addresses = np.zeros(0, dtype=np.bool_)

    def __enter__(self) -> "LakeRows":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def collect(self, events: Events) -> None:
        """Keep events until they are written."""
        for name in _KINDS:
            parts: list[AnyRows] = getattr(events, name)
            for rows in parts:
                self._spools[name].add(rows, self._arrival(rows))
                self._saw(rows.ip)

    def write(self, writer: Writer, threads: int, progress: Progress = silent) -> None:
        """Write what was collected, one file per table and day (more of a large day), in the order of time."""
        work = [(name, day) for name in _KINDS for day in self._spools[name].days()]
        done = in_order(lambda item: self._write_day(writer, *item), work, threads)
        for number, _ in enumerate(done):
            progress("Writing days", number, len(work))
        progress("Writing days", len(work), len(work))

    def dimensions(self, writer: Writer, tracks: Ints) -> None:
        """Write the tracks of these codes, and every address that came up: in the order of their ids."""
        ip = np.flatnonzero(self._addresses)
        for table, rows, codes in (("tracks", writer.tracks(tracks), None), ("ips", writer.ips(ip), ip)):
            fitted = self._likeness.fit(table, rows, writer.names.tokens, account=None, ip=codes)
            if fitted is not None and fitted.height:
                self._lake.write(table, fitted.sort(fitted.columns[0]))

    def _arrival(self, rows: AnyRows) -> Ints:
        if not isinstance(rows, Plays):
            return rows.time
        return rows.end if self._likeness.prompt else rows.arrival

    def _write_day(self, writer: Writer, table: str, day: int) -> None:
        spool = self._spools[table]
        packed = spool.take(day)
        time = packed["end" if table == "plays" else "time"] // self._likeness.step
        order = _in_time(time, writer.rank(table, packed["number"]))
        for chosen in slices(order, _ROWS_AT_ONCE):
            part = spool.rows(packed, chosen)
            frame: pl.DataFrame = getattr(writer, table)(part)
            fitted = self._likeness.fit(table, frame, writer.names.tokens, account=part.account, ip=part.ip)
            if fitted is not None and fitted.height:
                self._lake.write(table, fitted, datetime.fromtimestamp(day * DAY // SECOND, UTC).date())

    def _saw(self, ip: Ints) -> None:
        highest = int(ip.max(initial=-1)) + 1
        if highest > self._addresses.size:
            self._addresses = np.append(self._addresses, np.zeros(highest - self._addresses.size, dtype=np.bool_))
        self._addresses[ip] = True


def _in_time(time: Ints, rank: Words) -> npt.NDArray[np.int64]:
    """The order of the contract: by time, and equal times by id, whose order `rank` has."""
    order = np.argsort(time)
    ordered = time[order]
    if (ordered[1:] == ordered[:-1]).any():
        order = np.lexsort((rank, time))
    return order
