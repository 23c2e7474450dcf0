"""A lake larger than memory: `ghostnote features --lake` in a process of its own, its time and its peak of memory.

Sizes in millions of plays come from GHOSTNOTE_BENCH_LAKE (default "1 3"); each takes about a minute a million.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from ghostnote.events.lake import LakeWriter

Row = dict[str, str | int | float]
_START = datetime(2026, 1, 1, tzinfo=UTC)
_PER_DAY = 700_000
_PER_ACCOUNT_DAY = 4
_MEMORY_GB = "1"


def run() -> list[Row]:
    """Measure every size; the plays of a day stay the same, longer lakes have more days."""
    sizes = [float(size) for size in os.environ.get("GHOSTNOTE_BENCH_LAKE", "1 3").split()]
    return [_measure(round(size * 1e6)) for size in sizes]


def _measure(plays: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        lake, out = Path(folder, "lake"), Path(folder, "out")
        write(lake, plays)
        command = "from ghostnote.cli import main; main()"
        arguments = ["features", "--lake", str(lake), "--out", str(out), "--memory", _MEMORY_GB, "--json"]
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", command, *arguments], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        if status:
            raise RuntimeError(f"ghostnote features ended with {status}")
        size = sum(path.stat().st_size for path in out.rglob("*.parquet"))
    return {
        "table": f"Every event's features in partitions (--memory {_MEMORY_GB})",
        "plays": plays,
        "days": max(1, plays // _PER_DAY),
        "seconds": seconds,
        "plays per second": plays / seconds,
        "processor seconds": usage.ru_utime + usage.ru_stime,
        "peak memory in GB": usage.ru_maxrss * (1024 if sys.platform != "darwin" else 1) / 1e9,
        "written in GB": size / 1e9,
    }


def write(path: Path, plays: int) -> None:
    """A lake of plays, tracks and ips, day by day: an account makes about four plays a day."""
    days = max(1, plays // _PER_DAY)
    per_day = plays // days
    accounts, tracks, ips = max(1, per_day // _PER_ACCOUNT_DAY), 500_000, max(1, per_day // 8)
    writer = LakeWriter(path)
    number = np.arange(tracks)
    writer.write(
        "tracks",
        pl.DataFrame(
            {
                "track_id": _ids("t", number),
                "artist_id": _ids("r", number // 10),
                "owner_id": _ids("o", number // 200),
                "duration_ms": 120_000 + number % 1000 * 150,
            }
        ),
    )
    kinds = np.where(np.arange(ips) % 50 == 0, "hosting", "residential")
    writer.write("ips", pl.DataFrame({"ip": _addresses(np.arange(ips)), "ip_kind": kinds}))
    for day in range(days):
        rng = np.random.default_rng(day)
        start = _START + timedelta(days=day)
        account = rng.integers(0, accounts, per_day)
        micros = np.sort(rng.integers(0, 86_400_000_000, per_day)) + int(start.timestamp() * 1e6)
        rows = pl.DataFrame(
            {
                "event_id": _ids(f"{day:03d}-", np.arange(per_day)),
                "event_time": pl.Series(micros).cast(pl.Datetime("us", "UTC")),
                "account_id": _ids("a", account),
                "track_id": _ids("t", rng.zipf(1.2, per_day) % tracks),
                "ms_played": rng.integers(0, 240_000, per_day),
                "ip": _addresses((account // 2 + (rng.random(per_day) < 0.1) * 7) % ips),
                "device_id": _ids("d", account),
                "source": rng.choice(["playlist", "search", "library"], per_day),
                "source_id": _ids("p", rng.zipf(1.4, per_day) % 20_000),
                "end_reason": rng.choice(["trackdone", "fwdbtn"], per_day),
                "country": rng.choice(["DE", "FR", "SE"], per_day),
            }
        )
        writer.write("plays", rows, start.date())


def _ids(prefix: str, numbers: np.ndarray) -> pl.Series:
    return pl.select(pl.format(prefix + "{}", pl.Series(numbers))).to_series()


def _addresses(numbers: np.ndarray) -> pl.Series:
    n = pl.Series(numbers)
    return pl.select(pl.format("10.{}.{}.{}", n // 65536 % 256, n // 256 % 256, n % 256)).to_series()
