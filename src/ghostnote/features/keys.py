"""The nouns of a declaration: the keys, items, values and windows that features may speak of."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import polars as pl

from ghostnote.errors import GhostnoteError

HOUR_US = 3_600_000_000
#: The longest finite window in microseconds: squared gaps of a longer one could overflow 64 bits.
LONGEST_WINDOW_US = 28 * 24 * HOUR_US
#: The window that never forgets; as a length in microseconds.
EVER = -1


@dataclass(frozen=True)
class Key:
    """What events are grouped by: one id column of the stream, or two for a pair.

    A `carried` key's column is known from the account's sign-up alone and holds for all its later events.
    """

    name: str
    columns: tuple[str, ...]
    carried: bool = False


@dataclass(frozen=True)
class Item:
    """What a window's events are told apart by, for `distinct`, `top_share`, `entropy` and `run_length`.

    `column` is an id column of the stream; or `number` is an expression that gives whole numbers in [0, 2**31) from the
    column `read` of whole numbers or times, and `worked_out` the same for an array of it (int64; times in us).
    """

    name: str
    column: str = ""
    number: pl.Expr | None = field(default=None, compare=False, repr=False)
    read: str = ""
    worked_out: Callable[[Any], Any] | None = field(default=None, compare=False, repr=False)

    @property
    def expr(self) -> pl.Expr:
        """The item over the stream's columns."""
        return pl.col(self.column) if self.number is None else self.number


@dataclass(frozen=True)
class Value:
    """A whole-number column of the stream that can be summed, and its unit."""

    name: str
    unit: str


def _keys(*keys: Key) -> Mapping[str, Key]:
    return MappingProxyType({key.name: key for key in keys})


KEYS = _keys(
    Key("account", ("account_id",)),
    Key("track", ("track_id",)),
    Key("artist", ("artist_id",)),
    Key("owner", ("owner_id",)),
    Key("ip", ("ip",)),
    Key("subnet", ("subnet",)),
    Key("device", ("device_id",)),
    Key("playlist", ("playlist_id",)),
    Key("payment", ("payment_hash",), carried=True),
    Key("email_domain", ("email_domain",), carried=True),
    Key("account_track", ("account_id", "track_id")),
    Key("account_artist", ("account_id", "artist_id")),
    Key("account_owner", ("account_id", "owner_id")),
    Key("account_device", ("account_id", "device_id")),
    Key("account_ip", ("account_id", "ip")),
    Key("account_country", ("account_id", "country")),
)

_time = pl.col("event_time").dt.timestamp("us")
ITEMS: Mapping[str, Item] = MappingProxyType(
    {
        item.name: item
        for item in (
            *(Item(key.name, key.columns[0]) for key in KEYS.values() if len(key.columns) == 1 and not key.carried),
            Item("country", "country"),
            Item("platform", "platform"),
            Item("source", "source"),
            Item("client_version", "client_version"),
            Item("email_shape", "email_shape"),
            Item("second", "", pl.col("ms_played") // 1000, "ms_played", lambda ms: ms // 1000),
            Item("hour", "", _time // HOUR_US, "event_time", lambda us: us // HOUR_US),
            Item("hour_of_day", "", _time // HOUR_US % 24, "event_time", lambda us: us // HOUR_US % 24),
        )
    }
)

VALUES: Mapping[str, Value] = MappingProxyType({v.name: v for v in (Value("ms_played", "ms"),)})

_WINDOW = re.compile(r"([1-9]\d{0,3})([hd])")
_USUAL_WINDOWS = ("1h", "24h", "7d", "28d", "ever")


def window_us(name: str) -> int:
    """A window's length in microseconds (`ever`: EVER). Raises GhostnoteError for what is no window."""
    if name == "ever":
        return EVER
    match = _WINDOW.fullmatch(name)
    if match is None:
        raise GhostnoteError(f"There is no window {name!r}: {nearest(name, _USUAL_WINDOWS)}.")
    length = int(match[1]) * HOUR_US * (24 if match[2] == "d" else 1)
    if length > LONGEST_WINDOW_US:
        raise GhostnoteError(f"The window {name!r} is too long: use at most 28d, or ever.")
    return length


def nearest(name: str, valid: Iterable[str]) -> str:
    """The rest of an error's sentence: the valid name that `name` most resembles, or all of them."""
    names = list(valid)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}" if close else f"choose one of {', '.join(names)}"
