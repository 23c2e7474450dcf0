"""The fold against SQL windows (DuckDB) and rolling groups (Polars), and the whole catalogue alone.

The same events, the same seven features, and the same answers: they are compared before anything is timed. Tools take
turns in every repetition, so that whatever else a machine does falls on all. Batch is a whole history at once.
Micro-batch is a live service: calls of 512 events, answered with the features of these; the others query the last 24
hours of the keys concerned, as one would, and the fold just goes on.

Sizes in millions of plays come from GHOSTNOTE_BENCH_PLAYS (default "1 10"), 50 plays an account over 14 days;
repetitions from GHOSTNOTE_BENCH_REPEATS (default 5). Walks are tailored to their programs before anything is timed.
"""

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.rules import needed
from ghostnote.features.account_days import with_columns
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.declaration import Feature, count, distinct, gap_mean, share, total
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, JUST_OVER_30S
from ghostnote.features.tailoring import tailor

Row = dict[str, str | int | float]
Values = NDArray[np.float32]

CALL = 512
REPEATS = int(os.environ.get("GHOSTNOTE_BENCH_REPEATS", "5"))
#: Calls timed in each repetition.
CALLS = 20
#: Of each size in which a live service may ask.
_CALLS_OF_A_SIZE = 100
_REST = _CALLS_OF_A_SIZE * (2 * (512 + 64 + 16) + 3)
_DAYS = 14
_START_US = 1_767_225_600_000_000
_DAY_US = 24 * 3_600_000_000
SEVEN = (
    count("account", "1h", "x"),
    count("account", "24h", "x"),
    total("ms_played", "account", "24h", "x"),
    share(JUST_OVER_30S, "account", "24h", "x"),
    distinct("track", "account", "24h", "x"),
    gap_mean("account", "24h", "x"),
    distinct("account", "ip", "24h", "x", where=EVENT),
)


def run() -> list[Row]:
    """Measure everything; takes minutes."""
    rows: list[Row] = []
    for features in (SEVEN, _SERVED, *_CATALOGUES.values()) if "GHOSTNOTE_BENCH_TAILORED" in os.environ else (SEVEN,):
        for plan in Fold(features).plans:
            tailor(plan.program)
    sizes = [round(float(size) * 1e6) for size in os.environ.get("GHOSTNOTE_BENCH_PLAYS", "1 10").split()]
    for n in sizes:
        events = plays(n)
        rows += _batch(events)
        rows += _micro(events)
        rows.append(_single(events))
        del events
        gc.collect()
    rows += _calls("what a bundle and the rules need", _SERVED, sizes[0] // 10)
    rows += [_catalogue(name, features, n // 10) for n in sizes for name, features in _CATALOGUES.items()]
    return _with_growth(rows)


# --- events ----------------------------------------------------------------------------------------------------------


def plays(n: int) -> pl.DataFrame:
    """Plays of two weeks by n / 50 accounts; no two in one millisecond, so that no answer depends on ties."""
    rng = np.random.default_rng(n)
    times = (np.sort(rng.integers(0, _DAYS * _DAY_US // 1000 - n, n)) + np.arange(n)) * 1000
    accounts = n // 50
    # A few accounts play most: activity is log-normal.
    weights = rng.lognormal(0, 1, accounts).cumsum()
    account = np.searchsorted(weights, rng.random(n) * weights[-1])
    home = rng.integers(0, accounts // 2, accounts)
    ip = np.where(rng.random(n) < 0.9, home[account], rng.integers(0, accounts // 2, n))
    return pl.DataFrame(
        {
            "i": np.arange(n),
            "kind": pl.repeat("play", n, eager=True),
            "event_time": pl.Series(times + _START_US).cast(pl.Datetime("us", "UTC")),
            "account_id": _ids("account", account),
            "track_id": _ids("track", rng.zipf(1.3, n) % 100_000),
            "ip": _ids("ip", ip),
            "ms_played": rng.integers(0, 300_000, n),
        }
    )


def everything(n: int) -> pl.DataFrame:
    """The same plays with every column that the catalogue reads."""
    rng = np.random.default_rng(1)
    events = plays(n)
    track = events["track_id"].str.slice(5).cast(pl.Int64).to_numpy()
    account = events["account_id"].str.slice(7).cast(pl.Int64).to_numpy()
    kind = rng.choice(["signup", "login", "play", "action"], n, p=[0.01, 0.05, 0.9, 0.04])
    play = pl.Series(kind) == "play"

    def of(which: str, values: pl.Series | NDArray[Any]) -> pl.Series:
        return pl.select(pl.when(pl.Series(kind) == which).then(pl.lit(pl.Series(values)))).to_series()

    ip = events["ip"].str.slice(2).cast(pl.Int64).to_numpy()
    return events.with_columns(
        kind=pl.Series(kind),
        track_id=of("play", events["track_id"]),
        artist_id=of("play", _ids("artist", track // 10)),
        owner_id=of("play", _ids("owner", track // 100)),
        playlist_id=of("play", _ids("list", rng.zipf(1.5, n) % 5000)),
        duration_ms=pl.Series(180_000 + track % 1000 * 100).cast(pl.Int64).set(~play, None),
        ms_played=events["ms_played"].set(~play, None),
        end_reason=of("play", rng.choice(["trackdone", "fwdbtn"], n)),
        source=of("play", rng.choice(["playlist", "search", "library"], n)),
        device_id=_ids("device", account * 2 + rng.integers(0, 2, n)),
        subnet=_ids("net", ip // 20),
        country=pl.Series(rng.choice(["DE", "FR", "SE", "US"], n)),
        ip_kind=pl.Series(rng.choice(["residential", "hosting"], n, p=[0.95, 0.05])),
        action=of("action", rng.choice(["follow", "save"], n)),
        success=of("login", rng.random(n) < 0.9),
        plan=of("signup", pl.repeat("free", n, eager=True)),
        email_domain=of("signup", _ids("mail", rng.zipf(1.5, n) % 100)),
        payment_hash=of("signup", _ids("card", account)),
    )


def _ids(prefix: str, numbers: NDArray[Any]) -> pl.Series:
    return pl.select(pl.format(prefix + "{}", pl.Series(numbers))).to_series()


# --- three ways to the same answers ----------------------------------------------------------------------------------

_OVER_24H = "RANGE BETWEEN INTERVAL 86399999999 MICROSECOND PRECEDING AND CURRENT ROW"
_BY_ACCOUNT = f"""
    count(*) OVER (PARTITION BY account_id ORDER BY event_time
                   RANGE BETWEEN INTERVAL 3599999999 MICROSECOND PRECEDING AND CURRENT ROW) AS a,
    count(*) OVER account AS b,
    sum(ms_played) OVER account AS c,
    avg((ms_played >= 30000 AND ms_played < 35000)::INT) OVER account AS d,
    count(DISTINCT track_id) OVER account AS e,
    CASE WHEN count(*) OVER account > 1
         THEN (epoch_us(event_time) - epoch_us(min(event_time) OVER account)) / 1e6 / (count(*) OVER account - 1)
         END AS f
    FROM {{events}} WINDOW account AS (PARTITION BY account_id ORDER BY event_time {_OVER_24H})
"""
_BY_IP = f"""
    count(DISTINCT account_id) OVER ip AS g
    FROM {{events}} WINDOW ip AS (PARTITION BY ip ORDER BY event_time {_OVER_24H})
"""


class _Folded:
    name = "fold"

    def __init__(self, history: pl.DataFrame, features: tuple[Feature, ...] = SEVEN) -> None:
        self._fold = Fold(features)
        for part in history.iter_slices(500_000):
            self._fold.update(part)

    @staticmethod
    def batch(events: pl.DataFrame) -> Values:
        return Fold(SEVEN).update(events)

    def call(self, events: pl.DataFrame) -> Values:
        return self._fold.update(events)

    def columns(self, events: dict[str, list[Any]]) -> Values:
        return self._fold.update_rows(events)

    def one(self, event: dict[str, Any]) -> Values:
        return self._fold.update_one(event)


class _Sql:
    name = "DuckDB"

    def __init__(self, history: pl.DataFrame) -> None:
        self._connection = duckdb.connect()
        self._connection.register("history", history.to_arrow())
        self._connection.execute("CREATE TABLE events AS SELECT * FROM history")
        self._connection.unregister("history")

    def batch(self, events: pl.DataFrame) -> Values:
        account, ip = _BY_ACCOUNT.format(events="events"), _BY_IP.format(events="events")
        return self._asked(f"SELECT * FROM (SELECT i, {account}) JOIN (SELECT i, {ip}) USING (i) ORDER BY i")

    def call(self, events: pl.DataFrame) -> Values:
        self._connection.register("batch", events.to_arrow())
        self._connection.execute("INSERT INTO events SELECT * FROM batch")
        first, since = events["i"][0], int(events["event_time"].dt.timestamp("us")[0]) - _DAY_US
        recent = f"FROM events WHERE event_time > make_timestamptz({since})"
        return self._asked(f"""
            WITH of_accounts AS (SELECT * {recent} AND account_id IN (SELECT account_id FROM batch)),
                 of_ips AS (SELECT * {recent} AND ip IN (SELECT ip FROM batch))
            SELECT * FROM (SELECT i, {_BY_ACCOUNT.format(events="of_accounts")})
            JOIN (SELECT i, {_BY_IP.format(events="of_ips")}) USING (i) WHERE i >= {first} ORDER BY i
        """)

    def _asked(self, query: str) -> Values:
        columns = self._connection.sql(query).fetchnumpy()
        return np.column_stack([np.ma.filled(columns[name].astype(np.float32), np.nan) for name in "abcdefg"])


class _Rolling:
    name = "Polars"

    def __init__(self, history: pl.DataFrame) -> None:
        self._history = history

    def batch(self, events: pl.DataFrame) -> Values:
        return self._rolled(events, events)

    def call(self, events: pl.DataFrame) -> Values:
        self._history = self._history.vstack(events)
        first = self._history["event_time"].search_sorted(events["event_time"][0] - timedelta(hours=24), "right")
        recent = self._history[first:]
        of_accounts = recent.join(events.select("account_id").unique(), on="account_id", how="semi")
        of_ips = recent.join(events.select("ip").unique(), on="ip", how="semi")
        return self._rolled(of_accounts, of_ips, int(events["i"][0]))

    @staticmethod
    def _rolled(of_accounts: pl.DataFrame, of_ips: pl.DataFrame, first: int = 0) -> Values:
        ms = pl.col("ms_played")
        hour = _groups(of_accounts, "account_id", "1h", [pl.len().alias("a")])
        day = _groups(
            of_accounts,
            "account_id",
            "24h",
            [
                pl.len().alias("b"),
                ms.sum().alias("c"),
                ms.is_between(30_000, 35_000, closed="left").mean().alias("d"),
                pl.col("track_id").n_unique().alias("e"),
                # All gaps between plays next to each other add up to the time from the first to the last.
                pl.when(pl.len() > 1).then((_us("last") - _us("first")) / 1e6 / (pl.len() - 1)).alias("f"),
            ],
        )
        ips = _groups(of_ips, "ip", "24h", [pl.col("account_id").n_unique().alias("g")])
        lazy = pl.concat(
            [part.filter(pl.col("i") >= first).sort("i").drop("i") for part in (hour, day, ips)], how="horizontal"
        )
        return lazy.collect().cast(pl.Float32).to_numpy()


def _us(which: str) -> pl.Expr:
    time = pl.col("at").dt.timestamp("us")
    return time.first() if which == "first" else time.last()


def _groups(events: pl.DataFrame, key: str, period: str, aggregates: list[pl.Expr]) -> pl.LazyFrame:
    rolling = (
        events.lazy().with_columns(at="event_time").rolling("event_time", period=period, closed="right", group_by=key)
    )
    return rolling.agg(pl.col("i").last(), *aggregates).drop(key, "event_time")


# --- measuring -------------------------------------------------------------------------------------------------------


def _timed(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    gc.collect()
    begin = clock()
    call()
    return clock() - begin


def _both(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds that passed, and seconds of processor time of all threads."""
    spent: list[float] = []
    passed = _timed(lambda: spent.append(_timed(call, time.process_time)))
    return passed, spent[0]


#: What a live service folds.
_SERVED = with_columns(TRAINED, needed(), CATALOG)
_CATALOGUES = {"what training uses": TRAINED, "every shipped feature": CATALOG}


def _batch(events: pl.DataFrame) -> Iterator[Row]:
    tools = [_Folded(events[:1000]), _Sql(events), _Rolling(events)]
    expected = tools[0].batch(events)
    for tool in tools[1:]:
        _same(tool.name, tool.batch(events), expected)
    taken = [[_both(lambda tool=tool: tool.batch(events)) for tool in tools] for _ in range(REPEATS)]
    medians = [statistics.median(passed for passed, _ in column) for column in zip(*taken, strict=True)]
    spent = [statistics.median(processor for _, processor in column) for column in zip(*taken, strict=True)]
    for tool, median, processor in zip(tools, medians, spent, strict=True):
        yield {
            "table": "Seven features, a whole history at once",
            "tool": tool.name,
            "events": events.height,
            "seconds": median,
            "events per second": events.height / median,
            "times the fold's": median / medians[0],
            "processor ns per event": processor / events.height * 1e9,
            "times the fold's processor time": processor / spent[0],
        }


def _micro(events: pl.DataFrame) -> Iterator[Row]:
    timed = CALL * CALLS * REPEATS
    history, live = events[:-timed], events[-timed:]
    expected = _Folded.batch(events)[-timed:]
    tools = [_Folded(history), _Sql(history), _Rolling(history)]
    gc.collect()
    seconds: list[list[float]] = [[] for _ in tools]
    answers: list[list[Values]] = [[] for _ in tools]
    for part in live.iter_slices(CALL):
        for tool, took, given in zip(tools, seconds, answers, strict=True):
            begin = time.perf_counter()
            given.append(tool.call(part))
            took.append(time.perf_counter() - begin)
    for tool, given in zip(tools, answers, strict=True):
        _same(tool.name, np.concatenate(given), expected)
    medians = [statistics.median(took) for took in seconds]
    for tool, median in zip(tools, medians, strict=True):
        yield {
            "table": f"Seven features, calls of {CALL:,} events after all others",
            "tool": tool.name,
            "events held": history.height,
            "ms per call": median * 1e3,
            "events per second": CALL / median,
            "times the fold's": median / medians[0],
        }


def _single(events: pl.DataFrame) -> Row:
    fold = _Folded(events[:-1000])
    seconds = []
    for event in events[-1000:].rows(named=True):
        begin = time.perf_counter()
        fold.one(event)
        seconds.append(time.perf_counter() - begin)
    return {
        "table": "Seven features, one event at a time",
        "events held": events.height,
        "us, median": statistics.median(seconds) * 1e6,
        "us, 99th percentile": float(np.percentile(seconds, 99)) * 1e6,
        "events per second": 1 / statistics.fmean(seconds),
    }


def _calls(name: str, features: tuple[Feature, ...], n: int) -> Iterator[Row]:
    """Calls of some sizes after n events, in processor time: as frames, as columns of values, and one event."""
    events = everything(n + _REST)
    fold, at = _Folded(events[:n], features), n
    for size in (512, 64, 16, 1):
        for way in ("frame", "columns", "event")[: 3 if size == 1 else 2]:
            spent = []
            for _ in range(_CALLS_OF_A_SIZE):
                part, at = _fresh(events[at : at + size]), at + size
                call = {
                    "frame": partial(fold.call, part),
                    "columns": partial(fold.columns, part.to_dict(as_series=False)),
                    "event": partial(fold.one, part.row(0, named=True)),
                }[way]
                spent.append(_timed(call, time.process_time))
            yield {
                "table": f"{len(features)} features ({name}), calls after {n:,} events",
                "handed over as": way,
                "events per call": size,
                "us of processor time, median": statistics.median(spent) * 1e6,
                "us, 99th percentile": float(np.percentile(spent, 99)) * 1e6,
                "us per event": statistics.median(spent) / size * 1e6,
            }


def _fresh(part: pl.DataFrame) -> pl.DataFrame:
    """A frame of its own memory, as a service makes it of what it received: not a piece of a large one."""
    return pl.DataFrame(part.to_dict(as_series=False), schema=part.schema)


def _catalogue(name: str, features: tuple[Feature, ...], n: int) -> Row:
    events = everything(n)
    seconds = []
    for _ in range(REPEATS):
        fold = Fold(features)
        gc.collect()
        begin = time.perf_counter()
        for part in events.iter_slices(500_000):
            fold.update(part)
        seconds.append(time.perf_counter() - begin)
    batch = statistics.median(seconds)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "state")
        saving = _timed(lambda: fold.snapshot(path))
        size = path.stat().st_size
        restoring = _timed(lambda: Fold(features).restore(path))
    return {
        "table": "The catalogue, calls of 500,000 events",
        "tool": name,
        "features": len(features),
        "events": n,
        "seconds": batch,
        "events per second": n / batch,
        "state in MB": fold.bytes / 1e6,
        "snapshot in MB": size / 1e6,
        "MB per second saved": size / 1e6 / saving,
        "MB per second restored": size / 1e6 / restoring,
    }


def _same(name: str, values: Values, expected: Values) -> None:
    """All but the share must be equal to the bit; the share's division is not everybody's."""
    np.testing.assert_allclose(values, expected, rtol=1e-6, err_msg=f"{name} gives other answers than the fold")


def _with_growth(rows: list[Row]) -> list[Row]:
    """How the cost per event grew from the smallest size: 1 is linear."""
    first: dict[tuple[object, object], float] = {}
    for row in rows:
        cost = 1 / float(row["events per second"])
        row["cost per event, times the first"] = cost / first.setdefault((row["table"], row.get("tool")), cost)
    return rows
