"""The event contract: every table and column, typed, in one place.

Validation, the generated reference page and the empty tables all come from `TABLES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

TIME = pl.Datetime("us", "UTC")

#: An id longer than this is not an id but an accident (a pasted URL, a shifted column).
MAX_ID_LENGTH = 256
#: One play cannot last longer than a day; longer ones are counter overflows or unit mistakes.
MAX_MS_PLAYED = 24 * 3600 * 1000


@dataclass(frozen=True)
class Column:
    """One column of a table: its type, whether a row may lack it, and what it may hold."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    doc: str
    required: bool = False
    values: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None

    @property
    def kind(self) -> str:
        """The type in words: `id`, `time`, `whole number`, `yes/no` or `one of`."""
        if self.values:
            return "one of"
        if self.dtype == TIME:
            return "time"
        if self.dtype == pl.Boolean:
            return "yes/no"
        return "text" if self.dtype == pl.String else "whole number"


@dataclass(frozen=True)
class Table:
    """One table of a lake.

    `order` names the columns that give rows their place in time (empty: a dimension without time);
    `arrival` is the time column by whose day the table is partitioned when nothing better is known.
    `unique` names the column whose repeated values count once.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ("event_time", "event_id")
    arrival: str | None = "event_time"
    unique: str | None = "event_id"

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.dtype for column in self.columns})

    def empty(self) -> pl.DataFrame:
        """A table of no rows with every column of the contract."""
        return pl.DataFrame(schema=self.schema)


def _id(name: str, doc: str, *, required: bool = False) -> Column:
    return Column(name, pl.String(), doc, required)


def _time(name: str, doc: str, *, required: bool = True) -> Column:
    return Column(name, TIME, doc, required)


def _one_of(name: str, doc: str, *values: str, required: bool = False) -> Column:
    return Column(name, pl.String(), doc, required, values=values)


PLANS = ("free", "trial", "premium", "family", "student", "duo")
SOURCES = ("playlist", "album", "artist", "search", "radio", "library", "queue", "autoplay", "external")
ACTIONS = ("follow", "save", "like", "playlist_add", "playlist_follow", "share")
IP_KINDS = ("residential", "mobile", "hosting", "vpn", "education", "business")
SUBJECTS = ("account", "play", "track")
VERDICTS = ("fraud", "legit")
LABEL_SOURCES = ("review", "chargeback", "honeypot", "distributor", "appeal", "simulation")

_EVENT_ID = _id("event_id", "Names the event; a repeated one counts once.", required=True)
_ACCOUNT = _id("account_id", "The account.", required=True)
_DEVICE = _id("device_id", "The device or installation.")
#: The column that only the real-time service fills in.
POSITION = "position"
_POSITION = Column(
    POSITION, pl.Int64(), "Its place in the order in which the service took events in; others leave it out.", low=0
)
_COUNTRY = _id("country", "Two-letter country code.")

SIGNUPS = Table(
    "signups",
    "An account was created.",
    (
        _EVENT_ID,
        _time("event_time", "When the account was created."),
        _ACCOUNT,
        _id("country", "Two-letter country code.", required=True),
        _one_of("plan", "The plan at sign-up.", *PLANS, required=True),
        _id("email_domain", "The part of the address behind the @; the address itself stays out."),
        _id("email_shape", "The address's shape: runs of letters as `a`, of digits as `9`."),
        _id("email_hash", "A keyed hash of the address."),
        _id("ip", "The address it came from.", required=True),
        _DEVICE,
        _id("platform", "Operating system or client family.", required=True),
        _id("client_version", "The client's version."),
        _id("referrer", "Where the sign-up came from."),
        _id("payment_hash", "A keyed hash of the payment instrument."),
        _id("family_id", "The family plan it belongs to."),
        _POSITION,
    ),
)

LOGINS = Table(
    "logins",
    "Somebody signed in, or tried to.",
    (
        _EVENT_ID,
        _time("event_time", "When it happened."),
        _ACCOUNT,
        _id("ip", "The address it came from.", required=True),
        _DEVICE,
        _id("platform", "Operating system or client family.", required=True),
        _id("country", "Two-letter country code.", required=True),
        Column("success", pl.Boolean(), "Whether the password was right.", required=True),
        _POSITION,
    ),
)

PLAYS = Table(
    "plays",
    "A play ended.",
    (
        _EVENT_ID,
        _time("event_time", "When the play ended."),
        _ACCOUNT,
        _id("track_id", "The track.", required=True),
        Column(
            "ms_played",
            pl.Int64(),
            "How long it sounded, in milliseconds.",
            required=True,
            low=0,
            high=MAX_MS_PLAYED,
        ),
        _one_of("source", "What the play was started from.", *SOURCES),
        _id("source_id", "The playlist, album or artist it was started from."),
        _id("start_reason", "Why it started, in the client's word."),
        _id("end_reason", "Why it ended, in the client's word."),
        Column("shuffle", pl.Boolean(), "Whether shuffle was on."),
        Column("offline", pl.Boolean(), "Whether it was played without a connection."),
        _id("ip", "The address it came from."),
        _DEVICE,
        _id("platform", "Operating system or client family."),
        _id("client_version", "The client's version."),
        _COUNTRY,
        _POSITION,
    ),
)

ACTIONS_TABLE = Table(
    "actions",
    "An account followed, saved, liked, added or shared something.",
    (
        _EVENT_ID,
        _time("event_time", "When it happened."),
        _ACCOUNT,
        _one_of("action", "What it did.", *ACTIONS, required=True),
        _id("object_type", "What it did it to: artist, track, album, playlist or account.", required=True),
        _id("object_id", "Which one.", required=True),
        _id("ip", "The address it came from."),
        _DEVICE,
        _POSITION,
    ),
)

TRACKS = Table(
    "tracks",
    "The catalogue: what can be played and who is paid for it.",
    (
        _id("track_id", "The track.", required=True),
        _id("artist_id", "The artist.", required=True),
        _id("owner_id", "Who is paid: the distributor's or label's account."),
        Column("duration_ms", pl.Int64(), "Length in milliseconds.", low=0, high=MAX_MS_PLAYED),
        _time("released_at", "When it was released.", required=False),
        _id("genre", "Genre, in the catalogue's word."),
    ),
    order=(),
    arrival=None,
    unique="track_id",
)

IPS = Table(
    "ips",
    "What is known of addresses.",
    (
        _id("ip", "The address, or its keyed hash.", required=True),
        _id("asn", "Autonomous system: the network it belongs to."),
        _one_of("ip_kind", "What kind of network it is.", *IP_KINDS),
        _COUNTRY,
    ),
    order=(),
    arrival=None,
    unique="ip",
)

LABELS = Table(
    "labels",
    "What somebody found out, about when, and when they found it out.",
    (
        _one_of("subject_type", "What the label is about.", *SUBJECTS, required=True),
        _id("subject_id", "The account_id, the play's event_id or the track_id.", required=True),
        _one_of("verdict", "What it is.", *VERDICTS, required=True),
        _id("kind", "Kind of attack, or of honest listener."),
        _id("campaign_id", "The campaign it belongs to, where known."),
        _one_of("source", "Who says so.", *LABEL_SOURCES, required=True),
        _time("event_time", "When the thing labelled happened."),
        _time("known_at", "When the label became known: nothing before this time may use it."),
    ),
    order=("known_at", "subject_type", "subject_id"),
    arrival="known_at",
    unique=None,
)

#: Every table of a lake by name.
TABLES: Mapping[str, Table] = MappingProxyType(
    {t.name: t for t in (SIGNUPS, LOGINS, PLAYS, ACTIONS_TABLE, TRACKS, IPS, LABELS)}
)
#: The tables whose rows are events of an account, in the order in which equal times are told apart.
EVENT_TABLES = ("signups", "logins", "plays", "actions")
