"""What an HTTP stack costs a request: one process each, side by side, in turns. Needs `wrk` and what it is to compare.

The stacks that the service does not use are not among its dependencies: `pip install granian uvicorn httptools uvloop
starlette litestar fastapi msgspec` into an environment of its own, then `python -m benchmarks.http` there. Processor
time is of the whole server (`/proc/<pid>/stat`), which a busy machine blurs less than requests per second.
"""

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.http_servers import PATH, PLAY, STACKS, missing

Row = dict[str, str | int | float]
CONNECTIONS = (32, 128)
ROUNDS, SECONDS = 5, 1
YARDSTICK = "raw ASGI on uvicorn"
WAITING = ("raw ASGI on uvicorn", "RSGI on Granian", "Starlette on uvicorn, ASGI endpoint")
_TITLES = {
    "at-once": "answered at once",
    "in-loop": "answered after a batch of 0.3 ms in the loop's thread",
    "in-thread": "answered after a batch of 0.3 ms in another thread",
}
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


class Measured(NamedTuple):
    """One run of `wrk`: requests a second, milliseconds at two percentiles, the server's microseconds per request."""

    rate: float
    p50: float
    p99: float
    processor: float


def run() -> list[Row]:
    """Medians over the rounds, by stack and number of connections."""
    if shutil.which("wrk") is None:
        return [{"table": "HTTP stacks", "left out": "wrk is not installed: apt-get install wrk"}]
    chosen = [
        (way, stack)
        for way in _TITLES
        for stack in STACKS
        if not missing(stack) and (way == "at-once" or stack in WAITING)
    ]
    rows = _compare(chosen)
    absent = {name for stack in STACKS for name in missing(stack)}
    return rows + [{"table": "left out", "library": name, "why": "it is not installed"} for name in sorted(absent)]


def _compare(chosen: Sequence[tuple[str, str]]) -> list[Row]:
    taken: dict[tuple[str, str, int], list[Measured]] = {}
    with ExitStack() as running, tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        header = 'wrk.headers["Content-Type"] = "application/json"'
        script.write_text(f"wrk.method = \"POST\"\nwrk.body = '{PLAY.decode()}'\n{header}\n")
        servers = {(way, stack): running.enter_context(_server(stack, way)) for way, stack in chosen}
        for turn in range(ROUNDS + 1):
            for (way, stack), (pid, port) in servers.items():
                for connections in CONNECTIONS:
                    measured = _ask(pid, port, connections, script)
                    if turn:  # The first one warms up.
                        taken.setdefault((way, stack, connections), []).append(measured)
    medians = {key: Measured(*map(statistics.median, zip(*runs, strict=True))) for key, runs in taken.items()}
    return [_row(*key, medians) for key in sorted(medians, key=lambda key: (list(_TITLES).index(key[0]), key[2]))]


def _row(way: str, stack: str, connections: int, medians: dict[tuple[str, str, int], Measured]) -> Row:
    own, base = medians[way, stack, connections], medians.get((way, YARDSTICK, connections))
    row: Row = {"table": _TITLES[way], "stack": stack, "connections": connections, "processor, us": own.processor}
    if base:
        row |= {"of raw uvicorn": own.processor / base.processor, "its rate": own.rate / base.rate}
    return row | {"requests/s": round(own.rate), "p50, ms": own.p50, "p99, ms": own.p99}


@contextmanager
def _server(stack: str, way: str) -> Iterator[tuple[int, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.http_servers", stack, str(port)]
    environment = os.environ | {"GHOSTNOTE_WAY": way}
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL, env=environment)
    try:
        _await(process, port)
        yield process.pid, port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as asking:
            if asking.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"The server did not start: {process.args} says why.")


def _ask(pid: int, port: int, connections: int, script: Path) -> Measured:
    url = f"http://127.0.0.1:{port}{PATH}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", str(script), url]
    before = _processor(pid)
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = _processor(pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(f"The server failed under load: {said}")
    found = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if not found or not rate or not int(found[1]):
        raise SystemExit(f"wrk said something unknown: {said}")
    return Measured(float(rate[1]), _percentile(said, 50), _percentile(said, 99), spent / int(found[1]) * 1e6)


def _percentile(said: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", said)
    return float(found[1]) * _UNITS[found[2]] if found else float("nan")


def _processor(session: int) -> float:
    """Seconds that all processes of a session have spent: Granian serves in a child."""
    spent = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session:
            spent += int(fields[11]) + int(fields[12])
    return spent / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    for _row_found in run():
        print(_row_found)
