"""Events to load a service with, each as JSON: a lake's, or invented ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import polars as pl

from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import EVENT_TABLES, TABLES
from ghostnote.features.stream import KINDS

_ACCOUNTS, _TRACKS = 20_000, 50_000
_PLATFORMS = ("android", "ios", "web", "desktop")
_COUNTRIES = ("SE", "DE", "US", "BR", "IN")
_encode = msgspec.json.Encoder().encode


def of_lake(lake: Lake, most: int) -> list[bytes]:
    """The lake's first `most` events, by day of arrival, then by their time."""
    found: list[bytes] = []
    days = sorted({day for table in EVENT_TABLES for day in lake.days(table)})
    for day in days:
        for row in _rows(lake, day):
            if len(found) == most:
                return found
            found.append(_encode({name: value for name, value in row.items() if value is not None}))
    return found


def _rows(lake: Lake, day: Any) -> Iterator[dict[str, Any]]:
    parts = []
    for table in EVENT_TABLES:
        if day in lake.days(table):
            rows = read(lake, table, day, day).rows
            names = [name for name in TABLES[table].names if name in rows.columns and name != "position"]
            parts.append(rows.select(pl.lit(KINDS[table]).alias("kind"), *names))
    yield from pl.concat(parts, how="diagonal").sort("event_time", "event_id").iter_rows(named=True)


def invented(count: int, start: datetime, per_second: float, rng: np.random.Generator) -> list[bytes]:
    """Plays of twenty thousand accounts, `1 / per_second` seconds apart; popular tracks more often than others.

    Their ids hold `start`, so that another run's are not taken for the same events sent again. They measure time: what
    is decided about them says nothing about fraud.
    """
    accounts = rng.integers(_ACCOUNTS, size=count).tolist()
    tracks = np.minimum(_TRACKS - 1, (_TRACKS ** rng.random(count)).astype(np.int64)).tolist()
    played = rng.integers(1_000, 240_000, size=count).tolist()
    run, apart = f"load-{start.astimezone(UTC):%Y%m%dT%H%M%S%f}", timedelta(seconds=1 / per_second)
    return [
        _encode(
            {
                "kind": "play",
                "event_id": f"{run}-{number}",
                "event_time": start + number * apart,
                "account_id": f"load-account-{account}",
                "track_id": f"load-track-{track}",
                "ms_played": ms,
                "source": "playlist",
                "source_id": f"load-playlist-{track % 500}",
                "ip": f"198.18.{account >> 8 & 255}.{account & 255}",
                "device_id": f"load-device-{account}",
                "platform": _PLATFORMS[account % len(_PLATFORMS)],
                "country": _COUNTRIES[account % len(_COUNTRIES)],
            }
        )
        for number, (account, track, ms) in enumerate(zip(accounts, tracks, played, strict=True))
    ]
