"""A state that is killed again and again: `python -m tests.serving.chaos <folder> <kills> <seed>` counts it.

One process imports everything once and never computes, so that it may fork: each of its children is a life of the
service, which gets SIGKILL at a random moment. Between lives the clock goes back, the last snapshot is cut short, or
half a record or zeros stand at the log's end; in some the disk is full for a while, or upkeep goes on beside it, and
outlives it. At the end another child compares what is left with a run that nothing disturbed.
"""

import json
import os
import random
import select
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from tests.serving.chaos_worker import FEATURES, START, Deciding, event, opened, upkeep, work

from ghostnote.serving.engine.engine import Engine
from ghostnote.serving.state.log import Log, records, segments
from ghostnote.serving.state.opening import Known, arriving
from ghostnote.serving.state.places import Places
from ghostnote.serving.state.seen import hashes_of
from ghostnote.serving.state.snapshots import snapshots
from ghostnote.serving.state.state import State
from ghostnote.serving.upkeep.filing import file_log

#: Of the latest acknowledged events some are sent again: fewer than the log always holds.
_AGAIN = 60
#: Threads that Polars has from the first; its allocator starts its own anew in a child, the other waits for files.
_IDLE = ("jemalloc_bg", "polars-ooc")


class Chaos:
    """`told`: what was acknowledged about each event, the first time. `counts`: what happened, how often."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.random = root, random.Random(seed)
        self.told: dict[str, list[Any]] = {}
        self.counts: Counter[str] = Counter()
        self.next = 0
        self.waiting: list[int] = []
        self.beside: list[int] = []
        self.cut: set[str] = set()
        self.spoilt = -1

    def life(self, number: int, *, kill: bool = True) -> None:
        """Start a process, send it events, kill it after a few answers or a moment, and note what it acknowledged."""
        batches = self._batches()
        room = self.random.randrange(4) if self.random.random() < 0.15 else None
        reading, writing = os.pipe()
        child = forked(lambda: work(self.root, f"life{number}", batches, room, writing))
        os.close(writing)
        if self.random.random() < 0.3:
            self.beside.append(forked(lambda: upkeep(self.root)))
            self.counts["upkeeps"] += 1
        lines = self.random.randrange(30) if self.random.random() < 0.9 else 0
        said = b"" if not kill else _some(reading, lines)
        if kill:
            time.sleep(self.random.random() * (0.008 if lines else 0.6))
            os.kill(child, signal.SIGKILL)
        while more := os.read(reading, 1 << 16):
            said += more
        os.close(reading)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"life {number} failed by itself"
        self.counts["kills"] += os.WIFSIGNALED(status)
        # A line without an end was not told yet.
        for line in said.split(b"\n")[:-1]:
            self._note(json.loads(line))
        self._meddle()

    def _batches(self) -> list[tuple[list[int], str]]:
        """What was not acknowledged comes first, in other batches, and with it what was."""
        fresh = list(range(self.next, self.next + 120))
        self.next += 120
        self.waiting = [number for number in [*self.waiting, *fresh] if f"e{number}" not in self.told]
        day = START.date() + timedelta(days=self.waiting[0] // 400)
        if self.random.random() < 0.2:
            day -= timedelta(days=3)
            self.counts["clocks_back"] += 1
        latest = [int(name[1:]) for name in list(self.told)[-_AGAIN:]]
        batches, at = [], 0
        while at < len(self.waiting):
            size = self.random.randint(1, 7)
            again = self.random.sample(latest, min(len(latest), self.random.choice([0, 0, 1, 3])))
            batches.append(([*self.waiting[at : at + size], *again], day.isoformat()))
            at += size
        return batches

    def _note(self, line: Any) -> None:
        if isinstance(line, str):
            self.counts[line] += 1
            return
        for name, *made in line:
            self.counts["repeated"] += name in self.told
            assert self.told.setdefault(name, made) == made, f"{name} was decided twice: {self.told[name]}, {made}"

    def _meddle(self) -> None:
        """What a crash, or a disk, may leave behind."""
        places = Places(self.root)
        kept = snapshots(places.snapshots)
        # The one before is whole, so that snapshots are what most lives begin from.
        if len(kept) > 1 and kept[-2].name not in self.cut and self.random.random() < 0.15:
            self.cut.add(kept[-1].name)
            path = kept[-1] / self.random.choice(["fold.packed", "seen.npz", "about.json"])
            if path.exists():
                os.truncate(path, self.random.randrange(path.stat().st_size + 1) // 2)
                self.counts["snapshots_cut"] += 1
        there = segments(places.log)
        # One crash leaves one end: nothing more is added to what no life has looked at yet. The first is sure to come.
        often = 0.2 if self.counts["halves"] else 1.0
        if there and self.random.random() < often and there[-1].stat().st_size != self.spoilt:
            whole = there[-1].read_bytes()[24:]
            with there[-1].open("ab") as file:
                part = whole[: self.random.randrange(1, 60)]
                file.write(self.random.choice([part, b"\xff" * 50, bytes(self.random.randrange(1, 5000))]))
            self.spoilt = there[-1].stat().st_size
            self.counts["halves"] += 1
        for child in self.beside if self.random.random() < 0.5 else []:
            os.kill(child, signal.SIGKILL)
            self.counts["upkeeps_killed"] += 1
        self._reap()

    def _reap(self, flags: int = os.WNOHANG) -> None:
        for child in list(self.beside):
            done, status = os.waitpid(child, flags)
            if done:
                self.beside.remove(child)
                assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "upkeep failed by itself"

    def settle(self) -> None:
        """All that is done beside the service ends."""
        self._reap(0)


def forked(run: Callable[[], None]) -> int:
    """A child that runs this and ends: 1 and a traceback if it failed."""
    threads = [path.read_text() for path in Path("/proc/self/task").glob("[0-9]*/comm")]
    beyond = [name for name in threads if not name.startswith(_IDLE)]
    assert len(beyond) == 1, f"a process with threads that compute must not fork: {beyond}"
    child = os.fork()
    if child:
        return child
    try:
        run()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _some(reading: int, lines: int) -> bytes:
    """What is written until there are so many lines, or for ten seconds."""
    said, until = b"", time.monotonic() + 10
    while said.count(b"\n") < lines and time.monotonic() < until:
        if select.select([reading], [], [], 0.5)[0]:
            more = os.read(reading, 1 << 16)
            if not more:
                break
            said += more
    return said


def compare(chaos: Chaos) -> None:
    """Raises AssertionError unless nothing acknowledged is lost, doubled or otherwise than it was told."""
    places = Places(chaos.root)
    disturbed = opened(chaos.root)
    file_log(places)
    verdicts = pl.concat([pl.read_parquet(path) for path in places.verdicts.rglob("log-*.parquet")]).sort("position")
    assert verdicts["position"].to_list() == list(range(verdicts.height))
    assert verdicts["event_id"].n_unique() == verdicts.height
    kept = {name: [life, bits, at] for name, life, bits, at in verdicts.select(
        "event_id", "bundle", "policy", "position").iter_rows()}  # fmt: skip
    assert {name: kept.get(name) for name in chaos.told} == chaos.told
    events = pl.concat(
        [pl.read_parquet(path).select("event_id", "position").with_columns(dt=pl.lit(path.parent.name[3:]))
         for path in places.lake.rglob("log-*.parquet")]
    ).sort("position")  # fmt: skip
    assert events.drop("dt").equals(verdicts.select("event_id", "position"))
    assert events["dt"].is_sorted()
    for record in records(places.log):
        assert record.position + record.count <= verdicts.height
    undisturbed = _undisturbed(chaos.root / "undisturbed", events, verdicts["policy"].to_list())
    probes = [event(number) for number in range(chaos.next, chaos.next + 500)]
    day = undisturbed.day
    assert disturbed.day == day
    assert disturbed.follow(probes, day)[1].tobytes() == undisturbed.follow(probes, day)[1].tobytes()
    # What the log holds is known.
    begins = next(records(places.log)).position
    assert np.all(disturbed.seen.find(hashes_of(verdicts["event_id"].to_list()[begins:])) >= 0)


def _undisturbed(root: Path, events: pl.DataFrame, bits: list[str]) -> State:
    """The state after the same events on the same days; each must have had the features that it had in the chaos."""
    state = State.of(FEATURES, arriving(Known(), frozenset()), 20)
    engine = Engine(state, Log(root), Deciding("undisturbed"))
    found: list[str] = []
    for (day,), rows in events.group_by("dt", maintain_order=True):
        now = datetime.combine(date.fromisoformat(str(day)), clock(12), tzinfo=UTC)
        for part in rows.iter_slices(333):
            made = engine.take([event(int(name[1:])) for name in part["event_id"]], now)
            found += [each.policy for each in made]
    assert found == bits
    return state


def main(folder: str, kills: str, seed: str) -> None:
    """Prints one JSON object of counts."""
    began, root = time.monotonic(), Path(folder)
    shutil.rmtree(root, ignore_errors=True)
    chaos = Chaos(root, int(seed))
    number = 0
    while chaos.counts["kills"] < int(kills):
        chaos.life(number)
        number += 1
    chaos.life(number, kill=False)
    chaos.settle()
    checked = forked(lambda: compare(chaos))
    _, status = os.waitpid(checked, 0)
    assert status == 0, "what is left is not what was acknowledged"
    counts = {**chaos.counts, "acknowledged": len(chaos.told), "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
