"""Who touched what, and when, as arrays: what detectors of groups read, from the same stream as the features.

One edge per event and thing, with ids as codes, so that the same events give the same edges however they are split
into calls; `merged` adds them up in steps of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.features.codes import TextCodes

#: What an account can be tied to, by the stream's column: what is played, then what it runs on.
KINDS = (
    "track_id",
    "artist_id",
    "owner_id",
    "playlist_id",
    "ip",
    "subnet",
    "device_id",
    "payment_hash",
    "email_domain",
    "family_id",
)


@dataclass(frozen=True)
class Edges:
    """Edges as columns, all (edges,): `kind` uint8 (place in KINDS), `account` and `thing` int32 codes, `time` int64
    (us since 1970; after `merged`, where the step begins), `events` uint32, `ms` int64 listened.
    """

    kind: NDArray[np.uint8]
    account: NDArray[np.int32]
    thing: NDArray[np.int32]
    time: NDArray[np.int64]
    events: NDArray[np.uint32]
    ms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kind)


_NONE = Edges(
    kind=np.zeros(0, np.uint8),
    account=np.zeros(0, np.int32),
    thing=np.zeros(0, np.int32),
    time=np.zeros(0, np.int64),
    events=np.zeros(0, np.uint32),
    ms=np.zeros(0, np.int64),
)


class EdgeMaker:
    """Turns streams into edges; holds the dictionaries that give ids their codes."""

    def __init__(self, kinds: Sequence[str] = KINDS) -> None:
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            raise GhostnoteError(f"An account cannot be tied to {unknown[0]!r}: choose of {', '.join(KINDS)}.")
        self.kinds = tuple(kinds)
        self._accounts = TextCodes()
        self._things = {kind: TextCodes() for kind in self.kinds}

    def edges(self, stream: pl.DataFrame) -> Edges:
        """One edge per event and kind that the event has; a column that the stream lacks gives none."""
        accounts = self._accounts.encode(stream["account_id"])
        times = stream["event_time"].cast(pl.Datetime("us")).to_physical().to_numpy()
        ms = np.zeros(stream.height, dtype=np.int64)
        if stream.schema.get("ms_played", pl.Null) != pl.Null:
            ms = stream["ms_played"].cast(pl.Int64).fill_null(0).to_numpy()
        parts = [_NONE]
        for kind in self.kinds:
            if stream.schema.get(kind, pl.Null) == pl.Null:
                continue
            things = self._things[kind].encode(stream[kind])
            rows = np.flatnonzero((things >= 0) & (accounts >= 0))
            place = np.full(len(rows), KINDS.index(kind), dtype=np.uint8)
            ones = np.ones(len(rows), dtype=np.uint32)
            parts.append(Edges(place, accounts[rows], things[rows], times[rows], ones, ms[rows]))
        return joined(parts)

    def accounts(self) -> pl.Series:
        """The account ids by code."""
        return self._accounts.texts()

    def things(self, kind: str) -> pl.Series:
        """The ids of one kind by code."""
        return self._things[kind].texts()


def joined(parts: Sequence[Edges]) -> Edges:
    """Edges of several calls of one maker, one after the other."""
    columns: list[Any] = [np.concatenate([getattr(part, name) for part in parts]) for name in Edges.__annotations__]
    return Edges(*columns)


def merged(edges: Edges, step_us: int) -> Edges:
    """One edge per kind, account, thing and step of time (from 1970 on), by these; events and listening added up."""
    if step_us < 1:
        raise ValueError("a step of time is at least a microsecond")
    step = edges.time // step_us
    order = np.lexsort((step, edges.thing, edges.account, edges.kind))
    if not len(order):
        return edges
    keys: list[NDArray[Any]] = [column[order] for column in (edges.kind, edges.account, edges.thing, step)]
    new = np.zeros(len(order), dtype=np.bool_)
    new[0] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    starts = np.flatnonzero(new)
    events = np.add.reduceat(edges.events[order], starts).astype(np.uint32)
    kind, account, thing, when = (key[starts] for key in keys)
    return Edges(kind, account, thing, when * step_us, events, np.add.reduceat(edges.ms[order], starts))
