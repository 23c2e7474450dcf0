"""Events as arrays of numbers, before they become strings and files.

Codes stand for ids: an account's code is its place in the world's account list, and so on for tracks, addresses and
devices. -1 means "none".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from ghostnote.events.schema import ACTIONS as ACTION_KINDS
from ghostnote.events.schema import SOURCES
from ghostnote.simulation.randomness import Bools, Ints

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

#: Why a play started or ended, in the words of a widespread client (the export's `reason_start`, `reason_end`).
START_REASONS = ("trackdone", "fwdbtn", "backbtn", "clickrow", "playbtn", "appload", "remote")
END_REASONS = ("trackdone", "fwdbtn", "backbtn", "endplay", "logout", "unexpected-exit")
SOURCE = {name: code for code, name in enumerate(SOURCES)}
START = {name: code for code, name in enumerate(START_REASONS)}
END = {name: code for code, name in enumerate(END_REASONS)}
ACTION = {name: code for code, name in enumerate(ACTION_KINDS)}
OBJECTS = ("artist", "track", "album", "playlist", "account")
OBJECT = {name: code for code, name in enumerate(OBJECTS)}


@dataclass
class Rows:
    """Equally long arrays, one per field."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, chosen: Ints | Bools) -> Self:
        """The rows at the given places, or where a mask is true."""
        # Places once: a mask would be searched for every field.
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return type(self)(**{f.name: np.take(getattr(self, f.name), places) for f in fields(self)})

    @classmethod
    def none(cls) -> Self:
        """No rows."""
        return cls(**{f.name: np.zeros(0, dtype=np.int64) for f in fields(cls)})

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)})


@dataclass
class Plays(Rows):
    """Plays. `end` and `arrival` in microseconds since 1970 (UTC), `ms` in milliseconds.

    `source_ref` numbers the playlist, album or artist named by `source`; `campaign` is -1 for what a person heard;
    `number` is unique within the world and becomes the event_id; `target` marks plays of a campaign's own tracks.
    """

    end: npt.NDArray[np.int64]
    arrival: npt.NDArray[np.int64]
    account: npt.NDArray[np.int32]
    track: npt.NDArray[np.int32]
    ms: npt.NDArray[np.int32]
    source: npt.NDArray[np.int8]
    source_ref: npt.NDArray[np.int64]
    start_reason: npt.NDArray[np.int8]
    end_reason: npt.NDArray[np.int8]
    shuffle: npt.NDArray[np.bool_]
    offline: npt.NDArray[np.bool_]
    ip: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    number: npt.NDArray[np.int64]
    campaign: npt.NDArray[np.int16]
    target: npt.NDArray[np.bool_]


@dataclass
class Logins(Rows):
    """Sign-ins. `time` in microseconds since 1970 (UTC)."""

    time: npt.NDArray[np.int64]
    account: npt.NDArray[np.int32]
    ip: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    success: npt.NDArray[np.bool_]
    number: npt.NDArray[np.int64]


@dataclass
class Actions(Rows):
    """Follows, saves, likes. `time` in microseconds since 1970 (UTC); `subject` numbers the object."""

    time: npt.NDArray[np.int64]
    account: npt.NDArray[np.int32]
    action: npt.NDArray[np.int8]
    kind: npt.NDArray[np.int8]
    subject: npt.NDArray[np.int64]
    ip: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    number: npt.NDArray[np.int64]


@dataclass
class Signups(Rows):
    """New accounts. `time` in microseconds since 1970 (UTC).

    `plan`, `domain` and `shape` are places in `PLANS`, `identities.DOMAINS` and `identities.SHAPES`; `email`, `payment`
    and `family` number an address, a payment instrument and a family plan (-1: none); `referrer` is a place in
    `identities.REFERRERS` (-1: none).
    """

    time: npt.NDArray[np.int64]
    account: npt.NDArray[np.int32]
    country: npt.NDArray[np.int8]
    plan: npt.NDArray[np.int8]
    domain: npt.NDArray[np.int16]
    shape: npt.NDArray[np.int8]
    email: npt.NDArray[np.int64]
    payment: npt.NDArray[np.int64]
    family: npt.NDArray[np.int64]
    referrer: npt.NDArray[np.int8]
    ip: npt.NDArray[np.int32]
    device: npt.NDArray[np.int32]
    number: npt.NDArray[np.int64]


@dataclass
class Events:
    """What one part of a world did: sign-ups, logins, plays, actions (each may be missing)."""

    plays: list[Plays] = field(default_factory=list)
    logins: list[Logins] = field(default_factory=list)
    actions: list[Actions] = field(default_factory=list)
    signups: list[Signups] = field(default_factory=list)

    def add(self, other: "Events") -> None:
        self.signups += other.signups
        self.plays += other.plays
        self.logins += other.logins
        self.actions += other.actions

    def until(self, end: int) -> "Events":
        """What had arrived before `end` (microseconds)."""
        return Events(
            plays=[rows.take(rows.arrival < end) for rows in self.plays],
            logins=[rows.take(rows.time < end) for rows in self.logins],
            actions=[rows.take(rows.time < end) for rows in self.actions],
            signups=[rows.take(rows.time < end) for rows in self.signups],
        )

    @property
    def play_count(self) -> int:
        return sum(len(p) for p in self.plays)
