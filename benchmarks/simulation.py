"""Simulated plays a second, and the memory that takes: more accounts, more days, one thread or all.

Each world is made in a process of its own, whose peak memory is taken at its end.
"""

import multiprocessing
import resource
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from ghostnote.simulation.crew import usual_threads
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate

Row = dict[str, str | int | float]

#: What is made: size, accounts, days.
WORLDS = (("1x", 10_000, 7), ("1x, 4x days", 10_000, 28), ("10x", 100_000, 7))


def run() -> list[Row]:
    """Measure every world with one thread and with all."""
    threads = usual_threads()
    return [
        _measured(size, accounts, days, count)
        for size, accounts, days in WORLDS
        for count in dict.fromkeys((1, threads))
    ]


def _measured(size: str, accounts: int, days: int, threads: int) -> Row:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    child = context.Process(target=_make, args=(theirs, accounts, days, threads))
    child.start()
    plays, seconds, busy, peak = mine.recv()
    child.join()
    return {
        "table": "The demo's scenario, written as a lake",
        "size": size,
        "accounts": accounts,
        "days": days,
        "threads": threads,
        "plays": plays,
        "seconds": seconds,
        "plays per second": plays / seconds,
        "CPU seconds per million": busy / plays * 1e6,
        "peak memory in MB": peak,
    }


def _make(connection: Connection, accounts: int, days: int, threads: int) -> None:
    scenario = load_scenario("demo")
    with tempfile.TemporaryDirectory() as folder:
        # The first world pays for imports and first calls.
        simulate(scenario, Path(folder) / "small", accounts=200, days=2, threads=threads)
        begin, busy = time.perf_counter(), time.process_time()
        world = simulate(scenario, Path(folder) / "lake", accounts=accounts, days=days, threads=threads)
        seconds, busy = time.perf_counter() - begin, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    connection.send((world.plays + world.artificial_plays, seconds, busy, peak))
