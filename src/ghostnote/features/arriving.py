"""Events as they arrive become the stream's rows, a few at a time: what `stream.build_stream` makes of whole tables."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from ghostnote.events.schema import EVENT_TABLES, TABLES, TIME
from ghostnote.features.codes import TextCodes
from ghostnote.features.stream import KNOWN_BAD_COLUMN, PLAYLIST_SOURCE, subnet

_FOUR = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}")
_DAY_US = 24 * 3_600_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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

    def frame(
        self, kinds: Sequence[str], events: Mapping[str, Sequence[Any]], today: date | None = None
    ) -> pl.DataFrame:
        """One row an event, in the order given.

        `kinds`: signup, login, play or action. `events`: the contract's columns as lists, None where an event has no
        value; `event_time` in microseconds since 1970. An event from more than a day after `today`, its day of
        arrival, is taken as that day's last, as in `build_stream`.
        """
        times = np.array(events["event_time"], dtype=np.int64)
        if today is not None:
            end = (today - date(1970, 1, 1) + timedelta(days=1)) // timedelta(microseconds=1) - 1
            times = np.where(times > end + _DAY_US, end, times)
        series = [pl.Series("kind", kinds, dtype=pl.String), pl.Series("event_time", times).cast(TIME)]
        series += [
            pl.Series(name, events[name], dtype=_TYPES[name])
            if name in events
            else pl.Series(name, [None], dtype=_TYPES[name]).new_from_index(0, len(kinds))
            for name in self._own
            if name != "event_time"
        ]
        made = {part.name: part for part in series}
        if self._tracks is not None and "track_id" in made:
            made |= self._tracks.of_ids(made["track_id"])
        if "ip" in events:
            self._add_network(made, events["ip"])
        if "playlist_id" in self.columns:
            given = zip(
                events.get("source", [None] * len(kinds)), events.get("source_id", [None] * len(kinds)), strict=True
            )
            lists = [name if source == PLAYLIST_SOURCE else None for source, name in given]
            made["playlist_id"] = pl.Series("playlist_id", lists, dtype=pl.String)
        if KNOWN_BAD_COLUMN in self.columns:
            known = zip(events["account_id"], times.tolist(), strict=True)
            made[KNOWN_BAD_COLUMN] = pl.Series(KNOWN_BAD_COLUMN, [self._known_bad(*each) for each in known])
        return pl.DataFrame(list(made.values()))

    def _add_network(self, made: dict[str, pl.Series], addresses: Sequence[str | None]) -> None:
        if "subnet" in self.columns:
            made["subnet"] = networks(addresses)
        if self._ips is None:
            return
        found = self._ips.of_ids(pl.Series("ip", addresses, dtype=pl.String))
        if "country" in found and "country" in made:  # An event's own country comes first.
            found["country"] = (
                made["country"].fill_null(found["country"]) if made["country"].null_count() else made["country"]
            )
        made |= found

    def _known_bad(self, account: str, time: int) -> bool:
        verdicts = self._labels.get(account, ())
        return next((bad for known_at, bad in reversed(verdicts) if known_at <= time), False)


class _Known:
    """What a table says of ids, looked up in a compiled dictionary."""

    def __init__(self, table: pl.DataFrame, on: str, columns: Sequence[str]) -> None:
        unique = table.unique(subset=on, keep="last", maintain_order=True)
        self._codes = TextCodes()
        self._codes.encode(unique[on])
        self._columns = [_text(unique[name]) for name in columns if name in unique.columns]
        self._size = unique.height

    @classmethod
    def of(cls, table: pl.DataFrame | None, on: str, columns: Sequence[str]) -> "_Known | None":
        return None if table is None else cls(table, on, columns)

    def of_ids(self, ids: pl.Series) -> dict[str, pl.Series]:
        """The table's columns for these ids; null where it does not have one."""
        codes = self._codes.encode(ids)
        rows = pl.Series(codes)
        known = (codes >= 0) & (codes < self._size)
        if not known.all():
            rows = rows.set(~pl.Series(known), None)
        return {column.name: column.gather(rows) for column in self._columns}


def networks(addresses: Sequence[str | None]) -> pl.Series:
    """`subnet` of addresses: see `stream.subnet`, which answers for all but plainly written IPv4 ones."""
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
    return pl.Series("subnet", found, dtype=pl.String)


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


def _text(column: pl.Series) -> pl.Series:
    return column.cast(pl.String) if isinstance(column.dtype, pl.Categorical | pl.Enum) else column
