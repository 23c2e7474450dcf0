"""What a lake holds and what it lacks: the numbers that `ghostnote validate` shows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from ghostnote.events.lake import DAY, Lake
from ghostnote.events.quarantine import write_quarantine
from ghostnote.events.reading import Reading, read, read_days
from ghostnote.events.schema import POSITION, TABLES, Table
from ghostnote.progress import Progress, silent

#: What cannot be seen without a column, in general words; the same column costs about the same in every table.
COSTS = {
    "source": "what plays were started from: playlist loops and autoplay cannot be told from chosen plays",
    "source_id": "which playlist or album plays came from: playlists that are made for bots stay unseen",
    "start_reason": "why plays started: clicks cannot be told from automatic starts",
    "end_reason": "why plays ended: skips must be guessed from their length",
    "shuffle": "whether order was random",
    "offline": "whether plays were made without a connection: late plays look odd without it",
    "ip": "which accounts share an address, subnet or hosting company",
    "device_id": "which accounts share a device",
    "platform": "which clients an account uses, and how many at once",
    "client_version": "clients that nobody else uses",
    "country": "plays from two countries at once, and travel that cannot be",
    "email_domain": "throw-away e-mail domains",
    "email_shape": "addresses made by a pattern",
    "email_hash": "addresses used again",
    "referrer": "where waves of sign-ups come from",
    "payment_hash": "accounts that share a payment instrument",
    "family_id": "families, which share devices and addresses for honest reasons",
    "owner_id": "who is paid: artificial plays cannot be followed to who gains",
    "duration_ms": "how much of a track was heard",
    "released_at": "new releases, which honest fans repeat too",
    "genre": "how narrow an account's listening is",
    "asn": "plays from the network of one hosting company",
    "ip_kind": "plays from hosting companies and VPNs",
    "kind": "results by kind of attack",
    "campaign_id": "results by campaign",
}
#: The same for a table that is not there at all.
TABLE_COSTS = {
    "signups": "account age, plan, payment and e-mail: factories of fake accounts show only by what they play",
    "logins": "hijacked accounts, whose logins change before their plays do",
    "plays": "everything: without plays there is nothing to judge",
    "actions": "follows, saves and shares that nobody meant",
    "tracks": "artists, owners and lengths: plays can be judged only by track",
    "ips": "hosting companies and VPNs",
    "labels": "what is known: only rules and unusual behaviour can rank accounts, and results cannot be measured",
}


@dataclass
class Inspected:
    """One table of a lake. `absent`: columns no row fills. `missing_days`: days without rows between the others."""

    name: str
    files: int = 0
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    first: datetime | None = None
    last: datetime | None = None
    days: list[date] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)

    @property
    def absent(self) -> tuple[str, ...]:
        # Only a service numbers events: nobody else lacks that.
        return tuple(name for name in TABLES[self.name].names if name not in self.filled and name != POSITION)

    @property
    def missing_days(self) -> tuple[date, ...]:
        # Labels come when they come: a day without any is nothing missing.
        if not self.days or self.name == "labels":
            return ()
        there, span = set(self.days), (self.days[-1] - self.days[0]).days
        every = (self.days[0] + timedelta(days=count) for count in range(span + 1))
        return tuple(day for day in every if day not in there)


def inspect(lake: Lake, quarantine: Path | None = None, progress: Progress = silent) -> tuple[Inspected, ...]:
    """Read every table of `lake`, a day at a time; with `quarantine`, write the rejected rows there.

    Raises `GhostnoteError` if the disk refuses the quarantine.
    """
    tables = [Inspected(name) for name in lake.tables()]
    readings = (reading for table in tables for reading in _readings(lake, table, progress))
    if quarantine is not None:
        write_quarantine(readings, quarantine)
    else:
        for _ in readings:
            pass
    return tuple(tables)


def _readings(lake: Lake, table: Inspected, progress: Progress) -> Iterator[Reading]:
    contract = TABLES[table.name]
    if contract.arrival is None:
        reading = read(lake, table.name, progress=progress)
        _count(table, contract, reading)
        yield reading
        return
    for day, reading in read_days(lake, table.name, progress=progress):
        _count(table, contract, reading)
        if reading.rows.height:
            table.days.append(day)
        yield reading


def _count(table: Inspected, contract: Table, reading: Reading) -> None:
    rows = reading.rows
    table.files += reading.files
    table.rows += rows.height
    table.duplicates += reading.duplicates
    table.unreadable += reading.unreadable
    table.rejected.update(dict(reading.rejected.group_by("rule").len().iter_rows()))
    nulls = rows.drop(DAY).null_count()
    table.filled |= {name for name in nulls.columns if rows.height and nulls[name][0] < rows.height}
    if contract.arrival is None or rows.is_empty():
        return
    time = pl.col(contract.order[0])
    first, last = rows.select(time.min().alias("first"), time.max().alias("last")).row(0)
    table.first = min(first, table.first or first)
    table.last = max(last, table.last or last)
