"""The fold against what others use for features in windows, where it is installed: pandas, river, PySpark.

None of them comes with Ghostnote: `pip install pandas river pyspark` (PySpark needs Java) into an environment of its
own. What is missing is named and left out. Plays as in `benchmarks.features`; how many comes from
GHOSTNOTE_BENCH_OTHERS (in millions, default 0.2). Answers are compared with the fold's before anything is timed. river
has no exact distinct count in a window of time and no mean gap, so it gives four of the seven. Batch only, each tool in
its usual way.

`python -m benchmarks.others` prints the rows.
"""

import importlib
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.features import REPEATS, SEVEN, Row, Values, plays
from ghostnote.features.fold import Fold
from ghostnote.features.tailoring import tailor

_DAY_US = 24 * 3_600_000_000
#: The columns of the seven that river can give: counts in 1 h and 24 h, listened time, share of plays of 30-35 s.
_FOUR = [0, 1, 2, 3]


def run() -> list[Row]:
    """Measure every tool that is there."""
    n = round(float(os.environ.get("GHOSTNOTE_BENCH_OTHERS", "0.2")) * 1e6)
    for plan in Fold(SEVEN).plans:
        tailor(plan.program)
    events = plays(n)
    expected = Fold(SEVEN).update(events)
    rows = [_measured("fold", lambda: Fold(SEVEN).update(events), events, 7)]
    for name, (make, columns) in _TOOLS.items():
        try:
            module = importlib.import_module(name)
        except ImportError:
            rows.append({"table": _table(n), "tool": f"{name}: not installed, not compared"})
            continue
        work = make(module, events)
        np.testing.assert_allclose(work(), expected[:, columns], rtol=1e-5, atol=1e-6, err_msg=f"{name} differs")
        rows.append(_measured(f"{name} {module.__version__}", work, events, len(columns)))
    for row in rows:
        if "seconds" in row:
            row["times the fold's"] = float(row["seconds"]) / float(rows[0]["seconds"])
    return rows


def _table(n: int) -> str:
    return f"Seven features of {n:,} plays, a whole history at once"


def _measured(name: str, work: Callable[[], Values], events: pl.DataFrame, features: int) -> Row:
    seconds, spent = [], []
    for _ in range(REPEATS):
        begin, processor = time.perf_counter(), _processor()
        work()
        seconds.append(time.perf_counter() - begin)
        spent.append(_processor() - processor)
    return {
        "table": _table(events.height),
        "tool": name,
        "features": features,
        "seconds": statistics.median(seconds),
        "processor us per play": statistics.median(spent) / events.height * 1e6,
    }


def _processor() -> float:
    """Processor seconds of this process and of those that it has started and that still run (Spark's Java)."""
    own = time.process_time()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            own += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own


# --- three more ways to the same answers -----------------------------------------------------------------------------


def _pandas(_: Any, events: pl.DataFrame) -> Callable[[], Values]:
    frame: Any = events.to_pandas()

    def rolled(key: str, over: str) -> Any:
        return frame.groupby(key, sort=False).rolling(over, on="event_time", closed="right")

    def different(codes: Any) -> int:
        return len(np.unique(codes))

    def work() -> Values:
        frame["near"] = ((frame.ms_played >= 30_000) & (frame.ms_played < 35_000)).astype(float)
        frame["us"] = frame.event_time.astype("int64").astype(float)
        if str(frame.event_time.dtype).startswith("datetime64[ns"):
            frame["us"] /= 1000
        for name in ("track_id", "account_id"):
            frame[f"{name} code"] = frame[name].factorize()[0].astype(float)
        out = np.empty((len(frame), 7), dtype=np.float64)

        def put(column: int, answer: Any, key: str = "account_id") -> None:
            # Answers come key by key, in the order of their first events.
            out[frame[key].factorize()[0].argsort(kind="stable"), column] = answer.to_numpy()

        put(0, rolled("account_id", "1h")["us"].count())
        day = rolled("account_id", "24h")
        put(1, day["us"].count())
        put(2, day["ms_played"].sum())
        put(3, day["near"].mean())
        put(4, day["track_id code"].apply(different, raw=True))
        put(5, day["us"].min())
        put(6, rolled("ip", "24h")["account_id code"].apply(different, raw=True), "ip")
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = (frame.us.to_numpy() - out[:, 5]) / 1e6 / (out[:, 1] - 1)
        out[:, 5] = np.where(out[:, 1] > 1, gap, np.nan)
        return out.astype(np.float32)

    return work


def _river(_: Any, events: pl.DataFrame) -> Callable[[], Values]:
    stats, tools = importlib.import_module("river.stats"), importlib.import_module("river.utils")
    rows = [
        (time.replace(tzinfo=None), account, ms)
        for time, account, ms in events.select("event_time", "account_id", "ms_played").iter_rows()
    ]
    hour, day = timedelta(hours=1), timedelta(hours=24)

    def work() -> Values:
        held: Any = defaultdict(
            lambda: (
                tools.TimeRolling(stats.Sum(), period=hour),
                *(tools.TimeRolling(stat(), period=day) for stat in (stats.Sum, stats.Sum, stats.Mean)),
            )
        )
        out = np.empty((len(rows), 4), dtype=np.float32)
        for i, (at, account, ms) in enumerate(rows):
            windows = held[account]
            for window, value in zip(windows, (1, 1, ms, 30_000 <= ms < 35_000), strict=True):
                window.update(value, t=at)
            out[i] = [window.get() for window in windows]
        return out

    return work


def _spark(_: Any, events: pl.DataFrame) -> Callable[[], Values]:
    sql = importlib.import_module("pyspark.sql")
    f: Any = importlib.import_module("pyspark.sql.functions")
    spark = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = spark.config("spark.sql.shuffle.partitions", "4").config("spark.driver.memory", "2g").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    us = events["event_time"].dt.timestamp("us")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plays.parquet")
        events.select("i", "account_id", "track_id", "ip", "ms_played", us.alias("us")).write_parquet(path)
        frame = spark.read.parquet(str(path)).cache()
        frame.count()  # Then they are in its memory, as they are in ours.

    def window(key: str, length: int) -> Any:
        return sql.Window.partitionBy(key).orderBy("us").rangeBetween(1 - length, 0)

    def work() -> Values:
        day = window("account_id", _DAY_US)
        near = ((f.col("ms_played") >= 30_000) & (f.col("ms_played") < 35_000)).cast("double")
        number = f.count(f.lit(1)).over(day)
        asked = frame.select(
            "i",
            f.count(f.lit(1)).over(window("account_id", _DAY_US // 24)).alias("a"),
            number.alias("b"),
            f.sum("ms_played").over(day).alias("c"),
            f.avg(near).over(day).alias("d"),
            f.size(f.collect_set("track_id").over(day)).alias("e"),
            f.when(number > 1, (f.col("us") - f.min("us").over(day)) / 1e6 / (number - 1)).alias("f"),
            f.size(f.collect_set("account_id").over(window("ip", _DAY_US))).alias("g"),
        )
        answers = np.array([tuple(row) for row in asked.collect()], dtype=np.float64)
        answer: Values = answers[np.argsort(answers[:, 0]), 1:].astype(np.float32)
        return answer

    return work


_EVERY = list(range(7))
_TOOLS: dict[str, tuple[Callable[[Any, pl.DataFrame], Callable[[], Values]], list[int]]] = {
    "pandas": (_pandas, _EVERY),
    "river": (_river, _FOUR),
    "pyspark": (_spark, _EVERY),
}


if __name__ == "__main__":
    for measured in run():
        print(measured)
