"""The real-time service beside the same HTTP server that answers a constant, client on the same cores, in turns.

A lake of the demo's scenario (GHOSTNOTE_BENCH_SERVING accounts, default 2000) teaches a bundle; walks are tailored
before anything is timed. Requests per second move with whatever else a machine does, so every figure is told beside the
constant server's of the same round, with the processor time that each server took per request (its process's, all
threads).

A start is timed with GHOSTNOTE_BENCH_ACCOUNTS accounts in the state (default 100000), each with a day's ten events.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from ghostnote.decisions.policy import Policy
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.features.fold import Fold
from ghostnote.features.tailoring import tailor
from ghostnote.models.bundle import save_bundle
from ghostnote.scoring.live import Live
from ghostnote.serving.engine.models import folded_by
from ghostnote.serving.load.events import invented
from ghostnote.serving.load.sending import Outcome, Target, requests_of
from ghostnote.serving.load.sending import run as send
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate
from ghostnote.training import train
from ghostnote.training.card import card

Row = dict[str, str | int | float]
ACCOUNTS = int(os.environ.get("GHOSTNOTE_BENCH_SERVING", "2000"))
IN_STATE = int(os.environ.get("GHOSTNOTE_BENCH_ACCOUNTS", "100000"))
REPEATS = int(os.environ.get("GHOSTNOTE_BENCH_REPEATS", "5"))
CONNECTIONS = (32, 128, 256)
SECONDS = 3.0
BATCH = 500
_TICKS = os.sysconf("SC_CLK_TCK")
_CONSTANT = "raw ASGI on uvicorn"


def measure() -> list[Row]:
    """Measure everything; takes minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = prepared(folder)
        rows = [_in_process(bundle, n) for n in (1, 64)]
        with constant() as plain, service(folder / "state", bundle, folder / "lake") as asked:
            rows += _single(plain, asked)
            rows += [_batches(asked, decisions=wanted) for wanted in (False, True)]
        rows.append(_start(folder, bundle))
    return rows


def prepared(folder: Path) -> Path:
    """A lake and a bundle; returns the bundle's folder. Walks that it needs are tailored."""
    scenario = msgspec.structs.replace(load_scenario("demo"), accounts=ACCOUNTS, days=8)
    simulate(scenario, folder / "lake", seed=5)
    lake = Lake(folder / "lake")
    bundle = train(lake)
    save_bundle(bundle, folder / "bundle", card(bundle))
    for plan in Fold(folded_by([bundle])[0]).plans:
        tailor(plan.program)
    return folder / "bundle"


# --- servers ---------------------------------------------------------------------------------------------------------


class Server:
    """A server in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process, self.target = process, Target.of(url, None)

    def spent(self) -> float:
        """Processor seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> float:
        """Resident memory in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmRSS"))


@contextmanager
def constant() -> Iterator[Server]:
    """The same HTTP server, answering a constant."""
    port = 18_765
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.http_servers", _CONSTANT, str(port)], text=True)
    try:
        _wait_for_port(port)
        yield Server(process, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def service(state: Path, bundle: Path, lake: Path | None) -> Iterator[Server]:
    """`ghostnote serve` without keys."""
    given = ["--bundle", str(bundle), *(["--lake", str(lake)] if lake else [])]
    command = [sys.executable, "-m", "ghostnote", "serve", "--state", str(state), *given]
    command += ["--port", "0", "--without-keys", "--json", "--refresh-minutes", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    told = ""
    while not told.endswith("}\n"):
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the service did not start")
        told += line
    try:
        yield Server(process, json.loads(told)["url"])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_for_port(port: int) -> None:
    import socket

    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the constant server did not start")


# --- measuring -------------------------------------------------------------------------------------------------------


def _events(count: int, seed: int) -> list[bytes]:
    return invented(count, datetime.now(UTC), 20_000, np.random.default_rng(seed))


def _asked(server: Server, count: int, connections: int, seed: int, rate: float | None = None) -> tuple[Outcome, float]:
    """What became of single requests, and the server's processor microseconds for each."""
    requests = requests_of(server.target, _events(count, seed), 1)
    before = server.spent()
    out = send(server.target, requests, connections=connections, seconds=SECONDS, rate=rate)
    assert set(out.statuses) == {200}, out.statuses
    return out, (server.spent() - before) / max(out.answered, 1) * 1e6


def _single(plain: Server, asked: Server) -> Iterator[Row]:
    best = 0.0
    for connections in CONNECTIONS:
        rates: list[tuple[float, float]] = []
        costs: list[tuple[float, float]] = []
        for repeat in range(REPEATS):
            seed = 1000 * connections + repeat
            constant_out, constant_cost = _asked(plain, 100_000, connections, seed)
            out, cost = _asked(asked, 100_000, connections, seed)
            rates.append((out.answered / out.seconds, constant_out.answered / constant_out.seconds))
            costs.append((cost, constant_cost))
        mine, theirs = (statistics.median(column) for column in zip(*rates, strict=True))
        best = max(best, mine)
        yield {
            "table": "Single plays: fold, models, policy, log and its sync, answered",
            "connections": connections,
            "decisions per second": mine,
            "constant answers per second": theirs,
            "share of the constant server": statistics.median(one / other for one, other in rates),
            "processor us": statistics.median(cost for cost, _ in costs),
            "constant's processor us": statistics.median(cost for _, cost in costs),
        }
    half = [_asked(asked, round(best / 2 * SECONDS) + 1, 128, 77 + n, rate=best / 2)[0].told() for n in range(REPEATS)]
    yield {
        "table": "Single plays at half of the best rate, latency from when each was due",
        "decisions per second": best / 2,
        **{
            f"{name}, ms": statistics.median(each["latency_ms"][name] for each in half)
            for name in ("p50", "p95", "p99", "max")
        },
    }


def _batches(asked: Server, *, decisions: bool) -> Row:
    rates, costs = [], []
    for repeat in range(REPEATS):
        events = _events(100_000, 5000 + repeat + 1000 * decisions)
        requests = requests_of(asked.target, events, BATCH, decisions=decisions)
        before = asked.spent()
        out = send(asked.target, requests, connections=4, seconds=SECONDS)
        assert set(out.statuses) == {200}
        rates.append(out.events / out.seconds)
        costs.append((asked.spent() - before) / out.events * 1e6)
    return {
        "table": f"Bodies of {BATCH} plays, decisions {'sent back' if decisions else 'kept for the log alone'}",
        "events per second": statistics.median(rates),
        "processor us per event": statistics.median(costs),
        "service's memory in MB": asked.memory(),
    }


def _in_process(bundle: Path, count: int) -> Row:
    """Fold and judge, without HTTP and log: processor time of calls in a loop of nothing else."""
    from ghostnote.features.arriving import Arriving
    from ghostnote.models.bundle import load_bundle
    from ghostnote.serving.state.state import State
    from ghostnote.serving.wire.events import event_of

    features, absent = folded_by([load_bundle(bundle)])
    live = Live(load_bundle(bundle), Policy(), features)
    state = State.of(features, lambda columns: Arriving(columns, absent))
    events = [event_of(body) for body in _events(count * 400, 9)]
    day = events[0].event_time.date()
    seconds = []
    for start in range(0, len(events), count):
        call = events[start : start + count]
        begin = time.process_time()
        _, values = state.follow(call, day)
        live.opinions([event.kind for event in call], values)
        seconds.append(time.process_time() - begin)
    return {
        "table": "Rows, fold and models in process, without HTTP and log",
        "events a call": count,
        "ms, median": statistics.median(seconds) * 1e3,
        "ms, 99th percentile": float(np.percentile(seconds, 99)) * 1e3,
    }


def starting() -> list[Row]:
    """The start alone, which needs no other measurement: `python -m benchmarks --only starting`."""
    with tempfile.TemporaryDirectory() as name:
        return [_start(Path(name), prepared(Path(name)))]


def _start(folder: Path, bundle: Path) -> Row:
    """How long a start takes that goes on from a snapshot, and how large that is."""
    lake, state = folder / "large", folder / "large-state"
    writer = LakeWriter(lake)
    begin = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    account = np.repeat(np.arange(IN_STATE), 10)
    rng = np.random.default_rng(3)
    at = np.sort(rng.integers(0, 86_400_000_000, len(account)))
    rng.shuffle(account)
    plays = pl.DataFrame(
        {
            "event_id": pl.select(pl.format("p{}", pl.Series(np.arange(len(account))))).to_series(),
            "event_time": pl.Series(int(begin.timestamp() * 1e6) + at).cast(pl.Datetime("us", "UTC")),
            "account_id": pl.select(pl.format("a{}", pl.Series(account))).to_series(),
            "track_id": pl.select(pl.format("t{}", pl.Series(rng.zipf(1.3, len(account)) % 100_000))).to_series(),
            "ms_played": rng.integers(0, 300_000, len(account)),
            "ip": pl.select(
                pl.format("10.{}.{}.1", pl.Series(account // 250 % 250), pl.Series(account % 250))
            ).to_series(),
            "device_id": pl.select(pl.format("d{}", pl.Series(account))).to_series(),
        }
    )
    writer.write("plays", plays, begin.date())
    with service(state, bundle, lake) as first:
        memory = first.memory()
    size = sum(path.stat().st_size for path in state.glob("snapshots/*/*"))
    took = time.perf_counter()
    with service(state, bundle, None) as second:
        took = time.perf_counter() - took
        first = _asked(second, 1, 1, 5)[0].latencies[0]
    return {
        "table": "A start from a snapshot, until it listens",
        "accounts in the state": IN_STATE,
        "seconds": took,
        "the first play's ms": first,
        "snapshot in MB": size / 1e6,
        "service's memory in MB": memory,
    }


def run() -> Sequence[Row]:
    """What `python -m benchmarks` calls."""
    return measure()
