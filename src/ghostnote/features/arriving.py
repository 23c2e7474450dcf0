"""Events as they arrive become the stream's rows, a few at a time: what `stream.build_stream` makes of whole tables."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import repeat
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.events.schema import EVENT_TABLES, TABLES, TIME
from ghostnote.features.stream import KNOWN_BAD_COLUMN, PLAYLIST_SOURCE, subnet

_FOUR = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}")
_FOURS = re.compile(rf"^{_FOUR.pattern}$", re.MULTILINE)
Rows = dict[str, Any]
_DAY_US = 24 * 3_600_000_000
#: Columns that `tracks` and `ips` add, by table.
_ADDED = {"tracks": ("artist_id", "owner_id", "duration_ms", "released_at"), "ips": ("asn", "ip_kind", "country")}
_TYPES = {
    **{column.name: column.dtype for table in TABLES.values() for column in table.columns},
    "playlist_id": pl.String(),
    "subnet": pl.String(),
    KNOWN_BAD_COLUMN: pl.Boolean(),
}


def absent_columns(missing: Collection[str], *, labels: bool = False) -> frozenset[str]:
    """The stream's columns that data lacks of which `missing` (`table.column`, or a whole `table`) is not there.

    `missing` is what `history.Intake.missing_columns` says. `labels`: whether there are labels.
    """
    gone = {name for name in missing if "." in name}
    gone |= {f"{table}.{column}" for table in TABLES if table in missing for column in TABLES[table].names}
    columns = {name for table in EVENT_TABLES for name in TABLES[table].names}
    absent = {
        name
        for name in columns
        if all(f"{table}.{name}" in gone for table in EVENT_TABLES if name in TABLES[table].names)
    }
    if "country" in absent and "ips.country" not in gone:
        absent.remove("country")
    absent |= {name for name in _ADDED["tracks"] if f"tracks.{name}" in gone}
    absent |= {name for name in ("asn", "ip_kind") if f"ips.{name}" in gone or "ip" in absent}
    rest_on = {"subnet": ("ip",), "playlist_id": ("source", "source_id")}
    absent |= {name for name, needed in rest_on.items() if absent.intersection(needed)}
    return frozenset(absent | (set() if labels else {KNOWN_BAD_COLUMN}))


class Arriving:
    """Makes rows of the stream, with what the catalogue, the address table and labels know of them.

    `columns` are those that rows are to have, `absent` those of them that this service does not know at all (see
    `absent_columns`): they are left out. `tracks`, `ips` and `labels` are tables of the contract.
    """

    def __init__(
        self,
        columns: Collection[str],
        absent: Collection[str] = (),
        *,
        tracks: pl.DataFrame | None = None,
        ips: pl.DataFrame | None = None,
        labels: pl.DataFrame | None = None,
    ) -> None:
        self.columns = frozenset(columns) - frozenset(absent)
        self._own = sorted(name for name in self.columns if any(name in TABLES[table].names for table in EVENT_TABLES))
        self._tracks = _Known.of(tracks, "track_id", [n for n in _ADDED["tracks"] if n in self.columns])
        self._ips = _Known.of(ips, "ip", [n for n in _ADDED["ips"] if n in self.columns])
        self._labels = _verdicts(labels) if KNOWN_BAD_COLUMN in self.columns else {}

    def rows(self, kinds: Sequence[str], events: Mapping[str, Sequence[Any]], today: date | None = None) -> Rows:
        """The stream's columns as lists, one value an event, in the order given; `event_time` in us since 1970.

        `kinds`: signup, login, play or action. `events`: the contract's columns as lists, None where an event has no
        value, `event_time` as here or as int64; a column that is not among them is None for all. An event from more
        than a day after `today`, its day of arrival, is taken as that day's last, as in `build_stream`.
        """
        nothing = [None] * len(kinds)
        made: Rows = {name: events.get(name, nothing) for name in self._own}
        made |= {"kind": kinds, "event_time": _without_future(events["event_time"], today)}
        if self._tracks is not None and "track_id" in events:
            made |= self._tracks.of_ids(events["track_id"])
        else:
            made |= dict.fromkeys(self.columns.intersection(_ADDED["tracks"]), nothing)
        self._add_network(made, events.get("ip", nothing))
        if "playlist_id" in self.columns:
            given = zip(events.get("source", nothing), events.get("source_id", nothing), strict=True)
            made["playlist_id"] = [name if source == PLAYLIST_SOURCE else None for source, name in given]
        if KNOWN_BAD_COLUMN in self.columns:
            known, accounts = self._labels, events["account_id"]
            made[KNOWN_BAD_COLUMN] = [
                account in known and self._known_bad(account, made["event_time"][place])
                for place, account in enumerate(accounts)
            ]
        return made

    def _add_network(self, made: Rows, addresses: Sequence[str | None]) -> None:
        if "subnet" in self.columns:
            made["subnet"] = networks(addresses)
        if self._ips is None:
            made |= dict.fromkeys(self.columns.intersection(("asn", "ip_kind")), [None] * len(addresses))
            return
        found = self._ips.of_ids(addresses)
        if "country" in found:  # An event's own country comes first.
            own = made.get("country", [None] * len(addresses))
            found["country"] = [mine or theirs for mine, theirs in zip(own, found["country"], strict=True)]
        made |= found

    def _known_bad(self, account: str, time: int) -> bool:
        verdicts = self._labels.get(account, ())
        return next((bad for known_at, bad in reversed(verdicts) if known_at <= time), False)


def _without_future(times: Sequence[int] | NDArray[np.int64], today: date | None) -> NDArray[np.int64]:
    given = np.asarray(times, dtype=np.int64)
    if today is None or not len(given):
        return given
    end = (today - date(1970, 1, 1) + timedelta(days=1)) // timedelta(microseconds=1) - 1
    return given if given.max() <= end + _DAY_US else np.where(given <= end + _DAY_US, given, end)


class _Known:
    """What a table says of ids."""

    def __init__(self, table: pl.DataFrame, on: str, columns: Sequence[str]) -> None:
        unique = table.unique(subset=on, keep="last", maintain_order=True)
        # The row after the last stands for ids that the table does not know.
        self._places = {name: place for place, name in enumerate(unique[on].cast(pl.String))}
        self._columns = {name: [*_plain(unique[name]), None] for name in columns if name in unique.columns}

    @classmethod
    def of(cls, table: pl.DataFrame | None, on: str, columns: Sequence[str]) -> "_Known | None":
        return None if table is None else cls(table, on, columns)

    def of_ids(self, ids: Sequence[str | None]) -> Rows:
        """The table's columns for these ids; None where it does not have one."""
        places = list(map(self._places.get, ids, repeat(len(self._places))))
        if len(places) < 2:
            return {name: [values[place] for place in places] for name, values in self._columns.items()}
        chosen = itemgetter(*places)
        return {name: chosen(values) for name, values in self._columns.items()}


def _plain(column: pl.Series) -> list[Any]:
    """Values of which equal texts are one object: a catalogue repeats its artists and owners."""
    if isinstance(column.dtype, pl.String | pl.Categorical | pl.Enum):
        known: dict[str | None, str | None] = {}
        return [known.setdefault(value, value) for value in column.cast(pl.String)]
    return column.to_list()


def networks(addresses: Sequence[str | None]) -> list[str | None]:
    """`subnet` of addresses: see `stream.subnet`, which answers for all but plainly written IPv4 ones."""
    every = _all_plain(addresses)
    if every is not None:
        return every
    found: list[str | None] = []
    rest: list[int] = []
    for place, address in enumerate(addresses):
        match = _FOUR.fullmatch(address) if address is not None else None
        found.append(match[1] if match else None)
        if match is None and address is not None:
            rest.append(place)
    if rest:
        asked = pl.DataFrame({"ip": [addresses[place] for place in rest]}, schema={"ip": pl.String})
        for place, network in zip(rest, asked.select(subnet())["ip"], strict=True):
            found[place] = network
    return found


def _all_plain(addresses: Sequence[str | None]) -> list[str | None] | None:
    """The networks if all addresses are plainly written IPv4 ones, found in one go; else None."""
    try:
        lines = "\n".join(addresses)  # type: ignore[arg-type]
    except TypeError:  # One is unknown.
        return None
    found: list[str | None] = _FOURS.findall(lines)
    return found if len(found) == len(addresses) == lines.count("\n") + 1 else None


def _verdicts(labels: pl.DataFrame | None) -> dict[str, list[tuple[int, bool]]]:
    """What was found out about accounts, and when, by account in order of time."""
    found: dict[str, list[tuple[int, bool]]] = {}
    if labels is None:
        return found
    of_accounts = labels.filter(pl.col("subject_type") == "account").sort("known_at", maintain_order=True)
    known_at = of_accounts["known_at"].cast(TIME).dt.timestamp("us")
    for account, time, verdict in zip(of_accounts["subject_id"], known_at, of_accounts["verdict"], strict=True):
        found.setdefault(account, []).append((time, verdict == "fraud"))
    return found
