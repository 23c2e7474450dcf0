"""The fold against DuckDB: what SQL can say about sliding windows, it says the same."""

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from tests.features.worlds import plays, same_bits

from ghostnote.features.declaration import count, distinct, mean, share, total
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, JUST_OVER_30S, SHORT

FEATURES = (
    count("account", "1h", "x"),
    count("account", "24h", "x", where=SHORT),
    total("ms_played", "account", "7d", "x"),
    mean("ms_played", "ip", "24h", "x"),
    share(JUST_OVER_30S, "account", "24h", "x"),
    share(SHORT, "track", "7d", "x"),
    distinct("track", "account", "24h", "x"),
    distinct("account", "ip", "1h", "x", where=EVENT),
)
_VALUES = """
    count(*) {account_1h},
    count(*) FILTER (ms_played < 30000) {account_24h},
    sum(ms_played) {account_7d},
    avg(ms_played) {ip_24h},
    avg(CASE WHEN ms_played >= 30000 AND ms_played < 35000 THEN 1.0 ELSE 0.0 END) {account_24h},
    avg(CASE WHEN ms_played < 30000 THEN 1.0 ELSE 0.0 END) {track_7d},
    count(DISTINCT track_id) {account_24h},
    count(DISTINCT account_id) {ip_1h}
"""
_KEYS = {"account": "account_id", "ip": "ip", "track": "track_id"}
_HOURS = {"1h": 1, "24h": 24, "7d": 168}


def events(n: int, minutes: NDArray[np.float64]) -> pl.DataFrame:
    rng = np.random.default_rng(n)
    return plays(
        np.sort(minutes).tolist(),
        account_id=[f"a{i}" for i in rng.integers(0, 20, n)],
        track_id=[f"t{i}" for i in rng.zipf(1.5, n) % 50],
        ip=[f"10.0.0.{i}" for i in rng.integers(0, 9, n)],
        ms_played=rng.integers(0, 60_000, n).tolist(),
    )


def asked(stream: pl.DataFrame, frame: str) -> NDArray[np.float32]:
    """The features as SQL gives them; `frame` has places for the key's column and the window's hours."""
    windows = {
        f"{key}_{over}": "OVER (" + frame.format(key=column, hours=hours) + ")"
        for key, column in _KEYS.items()
        for over, hours in _HOURS.items()
    }
    with duckdb.connect() as connection:
        connection.register("stream", stream.select("event_id", "event_time", *_KEYS.values(), "ms_played").to_arrow())
        found = connection.sql(
            f"""
            WITH placed AS (
                SELECT *, epoch_us(event_time) AS t,
                       row_number() OVER (PARTITION BY event_time ORDER BY event_id) AS tie
                FROM stream
            )
            SELECT {_VALUES.format_map(windows)} FROM placed ORDER BY event_time, event_id
            """
        ).pl()
    return found.cast(pl.Float64).to_numpy().astype(np.float32)


def agree(stream: pl.DataFrame, frame: str) -> None:
    ours, theirs = Fold(FEATURES).update(stream), asked(stream, frame)
    for feature, a, b in zip(FEATURES, ours.T, theirs.T, strict=True):
        if feature.op == "mean":  # SQL's average is rounded on the way.
            np.testing.assert_allclose(a, b, rtol=1e-6)
        else:
            assert same_bits(np.ascontiguousarray(a), np.ascontiguousarray(b)), feature.name


def test_agrees_with_windows_by_interval() -> None:
    # All times differ, so that RANGE has no peers. The interval is a microsecond short: RANGE has both its ends.
    stream = events(4000, np.random.default_rng(1).permutation(200_000)[:4000] / 10)
    agree(
        stream,
        "PARTITION BY {key} ORDER BY event_time "
        "RANGE BETWEEN INTERVAL ({hours} * 3600000000 - 1) MICROSECOND PRECEDING AND CURRENT ROW",
    )


def test_agrees_with_windows_by_interval_with_ties() -> None:
    # Whole hours: many ties, and many events exactly at a window's edge. A tie's place goes into the ordering.
    stream = events(3000, np.random.default_rng(2).integers(0, 20 * 24, 3000) * 60.0)
    assert stream["event_time"].n_unique() < 500
    agree(
        stream,
        "PARTITION BY {key} ORDER BY t * 1024 + tie "
        "RANGE BETWEEN ({hours} * 3600000000 - 1) * 1024 + tie PRECEDING AND CURRENT ROW",
    )
