"""The tables of a lake become one stream of events, in the order in which the fold walks them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.ordering import in_order
from ghostnote.events.schema import EVENT_TABLES, POSITION, TABLES, TIME
from ghostnote.features.codes import TextCodes

#: What the rows of each event table are called in the stream's `kind`, in the order that tells equal times apart.
KINDS: Mapping[str, str] = {"signups": "signup", "logins": "login", "plays": "play", "actions": "action"}
_KIND = pl.Enum(list(KINDS.values()))
PLAYLIST_SOURCE = "playlist"
#: Whether the event's account was known to be bad when it happened: the latest label on it by then says fraud.
KNOWN_BAD_COLUMN = "known_bad"

#: Columns that the stream adds to those of the tables, and what they are worked out from.
_DERIVED = (
    "playlist_id",
    "subnet",
    "artist_id",
    "owner_id",
    "duration_ms",
    "released_at",
    "asn",
    "ip_kind",
    KNOWN_BAD_COLUMN,
)

#: What columns of the stream are worked out from, besides themselves.
_SOURCES = frozenset({"ip", "track_id", "source", "source_id", POSITION})


def stream_columns() -> tuple[str, ...]:
    """Every column that a stream has, in order."""
    names = ["kind", "dt"]
    names += [column for table in EVENT_TABLES for column in TABLES[table].names]
    return tuple(dict.fromkeys([*names, *_DERIVED]))


def build_stream(
    tables: Mapping[str, pl.DataFrame | pl.LazyFrame], columns: Collection[str] | None = None
) -> pl.DataFrame:
    """Unite signups, logins, plays and actions, with what `tracks`, `ips` and `labels` know of them.

    Sorted by day of arrival (`dt`, if the tables have it), event_time, kind (a sign-up comes before the same instant's
    plays) and event_id. Events that a service numbered (`position`) come in its order within their day, so that whoever
    walks them sees what it saw. `kind` is signup, login, play or action. A column that no table has is null, of type
    Null: that is how the fold tells "this service does not know" from "not on this event". So pass a table that is
    merely empty today as an empty table, do not leave it out. `columns` limits the result (kind, event_id, event_time
    and account_id always stay): `Fold.columns` says what the fold reads. An event from more than a day after its day of
    arrival is taken as that day's last. Of labels nothing gets in but whether the latest one on the event's account
    with `known_at` up to `event_time` says fraud.

    Raises GhostnoteError if there is no event table, or one lacks event_id, event_time or account_id.
    """
    wanted = stream_columns() if columns is None else tuple(n for n in stream_columns() if n in _always(columns))
    read = None if columns is None else _SOURCES.union(wanted)
    known = {name: tables.get(name) for name in ("tracks", "ips", "labels")}
    parts = [_part(name, tables[name], read) for name in EVENT_TABLES if name in tables]
    del tables  # Or what is left out of a day's rows would stay beside the stream.
    if not parts:
        raise GhostnoteError(f"There are no events: give at least one of {', '.join(EVENT_TABLES)}.")
    events = _without_future(pl.concat(parts, how="diagonal_relaxed"))
    del parts
    events = _with_tracks(events, known["tracks"], read)
    events = _with_ips(events, known["ips"], read)
    if known["labels"] is not None and KNOWN_BAD_COLUMN in wanted:
        events = _with_labels(events, known["labels"])
    if "source_id" in events.columns and "source" in events.columns:
        playlist = pl.when(pl.col("source") == PLAYLIST_SOURCE).then("source_id")
        events = events.with_columns(playlist.alias("playlist_id"))
    absent = [pl.lit(None).alias(name) for name in wanted if name not in events.columns]
    extra = [name for name in events.columns if columns is None and name not in wanted]
    numbered = [POSITION] if POSITION in events.columns and POSITION not in (*wanted, *extra) else []
    order = [name for name in ("dt", POSITION, "event_time", "kind", "event_id") if name in events.columns]
    events = events.with_columns(absent).select(*wanted, *extra, *numbered)
    return in_order(events, order).drop(numbered)


def _always(columns: Collection[str]) -> set[str]:
    return {"kind", "dt", "event_id", "event_time", "account_id", *columns}


def _part(name: str, table: pl.DataFrame | pl.LazyFrame, read: Collection[str] | None) -> pl.DataFrame:
    """A table's events, of its columns those in `read`; None: all."""
    rows = table.lazy().collect()
    if read is not None:
        rows = rows.select(column for column in rows.columns if column in read)
    for required in ("event_id", "event_time", "account_id"):
        if required not in rows.columns:
            raise GhostnoteError(f"The table {name} has no column {required}: every event needs one.")
    return rows.with_columns(pl.col("event_time").cast(TIME), pl.lit(KINDS[name], _KIND).alias("kind"))


def _without_future(events: pl.DataFrame) -> pl.DataFrame:
    """An event from more than a day after the day it arrived on happened at that day's end, at the latest.

    One false time would hold its keys' clocks in the future. A day is left for days of arrival that are not in UTC.
    """
    if "dt" not in events.columns or events.schema["dt"] == pl.Null:
        return events
    earliest, latest = events["dt"].cast(pl.Date).min(), events["event_time"].max()
    # What keeps to its day, as most do, needs no look at every event.
    if not isinstance(earliest, date) or not isinstance(latest, datetime) or (latest.date() - earliest).days <= 1:
        return events
    day = pl.col("dt").cast(pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    end = day + pl.duration(days=1) - pl.duration(microseconds=1)
    false = pl.col("event_time") > end + pl.duration(days=1)
    return events.with_columns(pl.when(false).then(end).otherwise("event_time").cast(TIME).alias("event_time"))


def _with_tracks(
    events: pl.DataFrame, tracks: pl.DataFrame | pl.LazyFrame | None, read: Collection[str] | None
) -> pl.DataFrame:
    if tracks is None or "track_id" not in events.columns:
        return events
    return _joined(events, _chosen(tracks.lazy().collect(), "track_id", read), "track_id")


def _chosen(dimension: pl.DataFrame, key: str, read: Collection[str] | None) -> pl.DataFrame:
    """What a dimension says that is asked for; None: all but the genre."""
    asked = stream_columns() if read is None else read
    return dimension.select(name for name in dimension.columns if name == key or name in asked)


def _with_ips(
    events: pl.DataFrame, ips: pl.DataFrame | pl.LazyFrame | None, read: Collection[str] | None
) -> pl.DataFrame:
    """Network, kind and country of addresses; an event's own country comes first."""
    if "ip" not in events.columns or events.schema["ip"] == pl.Null:
        return events
    known = TextCodes()
    known.encode(events["ip"])
    seen = pl.DataFrame({"ip": known.texts()}).with_columns(subnet().alias("subnet"))
    if ips is not None:
        seen = _joined(seen, _chosen(ips.lazy().collect(), "ip", read), "ip")
    return _joined(events, seen, "ip")


def _with_labels(events: pl.DataFrame, labels: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """What was known of the accounts, and when: nothing that came to light later may be seen."""
    of_accounts = labels.lazy().filter(pl.col("subject_type") == "account")
    verdicts = of_accounts.select(
        pl.col("subject_id").cast(pl.String).alias("account_id"),
        pl.col("known_at").cast(TIME).alias("event_time"),
        (pl.col("verdict") == "fraud").alias(KNOWN_BAD_COLUMN),
    ).collect()
    placed = events.with_row_index("__row")
    asked = placed.select("__row", pl.col("account_id").cast(pl.String), "event_time")
    asked = asked.join(verdicts.select("account_id").unique(), on="account_id", how="semi").sort("event_time")
    known = asked.join_asof(
        verdicts.sort("event_time", maintain_order=True),
        on="event_time",
        by="account_id",
        strategy="backward",
        check_sortedness=False,
    ).select("__row", KNOWN_BAD_COLUMN)
    answered = placed.join(known, on="__row", how="left", maintain_order="left").drop("__row")
    return answered.with_columns(pl.col(KNOWN_BAD_COLUMN).fill_null(value=False))


def _joined(events: pl.DataFrame, dimension: pl.DataFrame, on: str) -> pl.DataFrame:
    """What the last of a dimension's rows with an event's `on` says; an event's own values come first."""
    known = TextCodes()
    there = known.encode(dimension[on])
    asked = known.encode(events[on])
    rows = np.full(len(known) + 1, dimension.height, dtype=np.uint32)  # The last one stands for null.
    rows[there] = np.arange(dimension.height, dtype=np.uint32)
    rows[-1] = dimension.height
    place = pl.Series(rows[asked])
    found = dimension.drop(on).select(pl.all().gather(place.set(place == dimension.height, None)))
    filled = [pl.coalesce(name, found[name]).alias(name) for name in found.columns if name in events.columns]
    return events.with_columns(filled).hstack(found.select(n for n in found.columns if n not in events.columns))


def subnet() -> pl.Expr:
    """The /24 of an IPv4 address, the /64 of an IPv6 one; null for anything else, such as a keyed hash."""
    ip = pl.col("ip").str.to_lowercase()
    # A server that listens on both protocols writes IPv4 addresses as ::ffff:192.0.2.7.
    four = ip.str.extract(r"^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$")
    six = pl.when(ip.str.contains(r"^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}$")).then(ip)
    # "::" stands for as many zeros as are left out: one network has one name, however its addresses are written.
    zeros = pl.lit("0:" * 8).str.slice(0, 2 * (8 - six.str.count_matches(":")).cast(pl.Int64))
    groups = six.str.replace("::", ":" + zeros, literal=True).str.extract_groups(r"^([^:]*):([^:]*):([^:]*):([^:]*):")
    named = [groups.struct.field(str(i)).str.strip_chars_start("0").replace("", "0") for i in range(1, 5)]
    return pl.coalesce(four, pl.concat_str(named, separator=":"))
