"""Small random streams that are rich in what goes wrong: ties, missing ids, late events, idle weeks."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.events.schema import TABLES
from ghostnote.features.stream import build_stream

_START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
_MINUTE_US = 60_000_000


def _pick(rng: np.random.Generator, values: list[str], n: int, missing: float = 0.0) -> pl.Series:
    chosen = [
        None if gone else values[i]
        for i, gone in zip(rng.integers(0, len(values), n), rng.random(n) < missing, strict=True)
    ]
    return pl.Series(chosen, dtype=pl.String)


def _ids(prefix: str, n: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(n)]


def tables(
    seed: int, n: int = 200, days: float = 12, late: float = 0.1, missing: float = 0.1
) -> dict[str, pl.DataFrame]:
    """Tables of about `n` events over `days`; a share `late` of them arrives up to ten days after it happened."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["signups", "logins", "plays", "actions"], n, p=[0.05, 0.1, 0.75, 0.1])
    # Bursts a few minutes wide with exact ties, and pauses of days between them.
    bursts = rng.random(max(2, n // 15)) * days * 24 * 60
    minutes = rng.choice(bursts, n) + rng.exponential(20, n)
    times = _START + minutes.astype(np.int64) * _MINUTE_US
    arrivals = times + (rng.random(n) < late) * (rng.random(n) * 10 * 24 * 60).astype(np.int64) * _MINUTE_US
    accounts = _ids("a", 4)
    rows = pl.DataFrame(
        {
            "event_id": [f"e{i:05d}" for i in rng.permutation(n)],
            "event_time": pl.Series(times).cast(pl.Datetime("us", "UTC")),
            "dt": pl.Series(arrivals).cast(pl.Datetime("us", "UTC")).dt.date(),
            "table": kinds,
            "account_id": _pick(rng, accounts, n),
            "ip": _pick(rng, ["10.0.0.1", "10.0.0.2", "10.0.1.1", "2001:db8::1", "f3a9c1"], n, missing),
            "device_id": _pick(rng, _ids("d", 3), n, missing),
            "country": _pick(rng, ["DE", "FR", "SE"], n, missing),
            "platform": _pick(rng, ["ios", "web"], n),
            "track_id": _pick(rng, _ids("t", 6), n),
            "ms_played": rng.choice([500, 20_000, 30_000, 31_250, 34_999, 35_000, 180_000, 200_000], n),
            "source": _pick(rng, ["playlist", "search", "library"], n, missing),
            "source_id": _pick(rng, _ids("p", 2), n, missing),
            "end_reason": _pick(rng, ["trackdone", "fwdbtn", "backbtn"], n, missing),
            "action": _pick(rng, ["follow", "save", "playlist_follow", "share"], n),
            "object_type": _pick(rng, ["artist"], n),
            "object_id": _pick(rng, _ids("x", 3), n),
            "email_domain": _pick(rng, ["m.org", "n.net"], n, missing),
            "payment_hash": _pick(rng, _ids("pay", 2), n, 0.3),
            "plan": _pick(rng, ["free", "premium"], n),
            "shuffle": pl.Series(rng.random(n) < 0.4).set(pl.Series(rng.random(n) < missing), None),
            "offline": pl.Series(rng.random(n) < 0.2).set(pl.Series(rng.random(n) < missing), None),
            "client_version": _pick(rng, ["1.0", "1.1", "2.0"], n, missing),
            "email_shape": _pick(rng, ["a9", "a.a"], n, missing),
            "success": rng.random(n) < 0.8,
        }
    )
    result = {
        name: rows.filter(table=name).select("dt", *[c for c in TABLES[name].names if c in rows.columns])
        for name in ("signups", "logins", "plays", "actions")
    }
    result["tracks"] = pl.DataFrame(
        {
            "track_id": _ids("t", 5),
            "artist_id": ["r0", "r0", "r1", "r1", "r2"],
            "owner_id": ["o0", "o0", "o0", None, "o1"],
            "duration_ms": [200_000, 35_000, None, 60_000, 180_000],
        }
    )
    result["ips"] = pl.DataFrame({"ip": ["10.0.0.1", "10.0.1.1"], "ip_kind": ["hosting", "residential"]})
    result["labels"] = pl.DataFrame(
        {
            "subject_type": ["account", "account", "account", "track"],
            "subject_id": ["a0", "a1", "a1", "t0"],
            "verdict": ["fraud", "fraud", "legit", "fraud"],
            "source": ["review"] * 4,
            "event_time": pl.Series([_START] * 4).cast(pl.Datetime("us", "UTC")),
            "known_at": pl.Series([_START + int(x * days * 24 * 60) * _MINUTE_US for x in (0.3, 0.1, 0.6, 0.0)]).cast(
                pl.Datetime("us", "UTC")
            ),
        }
    )
    return result


def stream(seed: int, n: int = 200, **options: float) -> pl.DataFrame:
    """The same as one stream."""
    return build_stream(tables(seed, n, **options))


def plays(minutes: Sequence[float], **columns: Sequence[object]) -> pl.DataFrame:
    """A stream of plays at the given minutes after 2026-01-01, ids in the order given; one account, track and ip."""
    n = len(minutes)
    rows = {
        "event_id": [f"e{i:05d}" for i in range(n)],
        "event_time": pl.Series([_START + round(m * _MINUTE_US) for m in minutes]).cast(pl.Datetime("us", "UTC")),
        "account_id": ["a"] * n,
        "track_id": ["t"] * n,
        "ms_played": [60_000] * n,
        "ip": ["10.0.0.1"] * n,
    }
    # Without a day of arrival and in the order given, as a live service would hand them over.
    order = [f"e{i:05d}" for i in range(n)]
    events = build_stream({"plays": pl.DataFrame({**rows, **columns})})
    return pl.DataFrame({"event_id": order}).join(events, on="event_id", maintain_order="left").select(events.columns)


def same_bits(left: NDArray[np.float32], right: NDArray[np.float32]) -> bool:
    """Whether two arrays of float32 are equal bit by bit; missing equals missing."""
    missing = np.isnan(left) & np.isnan(right)
    return left.shape == right.shape and bool(np.all(missing | (left.view(np.uint32) == right.view(np.uint32))))
