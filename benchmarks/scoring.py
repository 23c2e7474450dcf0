"""Batch scoring end to end, stage by stage: a simulated week of the demo's scenario, judged by a small world's bundle.

Each run has a process of its own, whose peak memory is taken at its end. First it runs as it always does; then once
more with nothing done at the same time, to tell its stages apart. Accounts come from GHOSTNOTE_BENCH_SCORING
(default "7000 70000": about one and ten million plays). Beside it, what nobody gets around: the same plays read by
Polars alone, and the bundle's play model asked about the ready features of a day's plays.
"""

import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl

from benchmarks.stages import Stages
from ghostnote.decisions.policy import Policy
from ghostnote.events.lake import Lake
from ghostnote.features import fold, history
from ghostnote.models.bundle import load_bundle, save_bundle
from ghostnote.models.table import Table
from ghostnote.models.tails import Tails
from ghostnote.scoring import audiences, decide, judge, kept, links, output, period, plays, score, tally
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate
from ghostnote.training import train
from ghostnote.training.card import card

Row = dict[str, str | int | float]
_DAYS = 7
#: The world that the bundle learns from.
_TRAINED, _TRAINED_DAYS = 2000, 8
#: What is watched: where it is called from, by which name, and the stage that it belongs to.
_WATCHED = (
    (history, "read_days", "read and check"),
    (history, "read", "read and check"),
    (history, "build_stream", "one stream"),
    (fold.Fold, "update", "fold"),
    (judge, "account_days", "account-days"),
    (judge.Judge, "_day_probability", "models of days"),
    (Tails, "score", "models of days"),
    (judge.Judge, "play_scores", "model of plays"),
    (judge.Judge, "_with_evidence", "rules"),
    (judge.Judge, "_plays", "rows of plays"),
    (judge, "links_of", "links"),
    (audiences.Audiences, "add", "audiences"),
    (kept.Kept, "append", "keep for reasons"),
    (decide, "find", "lockstep"),
    (period.Period, "decided", "decide"),
    (period.Period, "reasons", "reasons"),
    (plays.Plays, "add", "keep plays"),
    (plays.Plays, "days", "read plays again"),
    (links.Links, "add", "links"),
    (tally.Tally, "tables", "table of plays"),
    (output, "write_parquet_parts", "write plays"),
    (output, "_others", "other tables"),
    (output, "write_parquet", "write the others"),
)


def run() -> list[Row]:
    """Measure every size, with lockstep where a policy asks for it; then the bounds."""
    sizes = [int(size) for size in os.environ.get("GHOSTNOTE_BENCH_SCORING", "7000 70000").split()]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder, "bundle")
        _apart(learn, bundle)
        for accounts in sizes:
            lake = Path(folder, f"lake-{accounts}")
            _apart(_make, lake, accounts)
            for lockstep in (False, True):
                for by_stage in (False, True):
                    rows += _apart(measure, lake, bundle, Path(folder, "out"), lockstep, by_stage)
            rows += _apart(bounds, lake, bundle)
    return rows


def learn(bundle: Path) -> list[Row]:
    """A bundle that knows a small world of another seed."""
    with tempfile.TemporaryDirectory() as folder:
        scenario = load_scenario("demo")
        simulate(scenario, Path(folder, "lake"), accounts=_TRAINED, days=_TRAINED_DAYS, seed=7)
        learnt = train(Lake(Path(folder, "lake")))
    save_bundle(learnt, bundle, card(learnt))
    return []


def measure(lake: Path, bundle: Path, out: Path, lockstep: bool, by_stage: bool = True) -> list[Row]:
    """Score `lake`, in this very process, and tell what it took; `by_stage`: each stage, one after the other."""
    stages = Stages()
    if by_stage:
        vars(importlib.import_module("ghostnote.scoring.score"))["ahead"] = iter
        for place, name, stage in _WATCHED:
            stages.watch(place, name, stage)
    loaded, policy = load_bundle(bundle), Policy(lockstep=lockstep)
    before = _peak()
    wall, processor = time.perf_counter(), time.process_time()
    summary = score(Lake(lake), loaded, out, made_at=datetime(2026, 4, 1, tzinfo=UTC), policy=policy)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    if by_stage:
        stages.rest("all else", wall, processor)
    plays, peak = summary.counts.plays, _peak()
    named = (
        f"Scoring end to end{', with lockstep' if lockstep else ''}{', by stage' if by_stage else ''}: {plays:,} plays"
    )
    total = {"all": [wall, processor]}
    return [
        {
            "table": f"{named}, peak memory {peak / 1e9:.2f} GB, {(peak - before) / plays:,.0f} bytes a play",
            "stage": stage,
            "seconds": spent[0],
            "processor seconds": spent[1],
            "us a play": spent[1] / plays * 1e6,
            "plays per second": plays / max(spent[0], 1e-9),
        }
        for stage, spent in (stages.spent | total).items()
    ]


def bounds(lake: Path, bundle: Path) -> list[Row]:
    """Reading alone, and the play model alone."""
    files = sorted(str(path) for path in (lake / "plays").rglob("*.parquet"))
    loaded = load_bundle(bundle)
    judging = judge.Judge(loaded, Policy())
    day = next(history.walk(Lake(lake), judging.folded, history.Intake()))
    is_play = (day.stream["kind"] == "play").to_numpy()
    names = tuple(loaded.manifest.features)
    ready = Table(names, day.values[is_play][:, : len(names)])
    model = loaded.play
    plays = pl.scan_parquet(files).select(pl.len()).collect().item()
    done = [
        _bound(
            "Polars reads the plays, a file at a time", plays, lambda: [pl.read_parquet(file).height for file in files]
        )
    ]
    if model is not None:
        done.append(_bound("the play model on ready features of a day", len(ready), lambda: model.score(ready)))
    return [{"table": f"What nobody gets around: {plays:,} plays", **row} for row in done]


def _bound(what: str, plays: int, work: Callable[[], object]) -> Row:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        "what": what,
        "plays": plays,
        "seconds": wall,
        "processor seconds": processor,
        "us a play": processor / plays * 1e6,
    }


def _make(lake: Path, accounts: int) -> list[Row]:
    simulate(load_scenario("demo"), lake, accounts=accounts, days=_DAYS)
    return []


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1024 if sys.platform != "darwin" else 1)


def _apart(work: Callable[..., list[Row]], *given: object) -> list[Row]:
    """Do it in a process of its own."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    child = context.Process(target=_answer, args=(theirs, work, given))
    child.start()
    theirs.close()
    try:
        answer: list[Row] = mine.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} ended without an answer") from None
    finally:
        child.join()
    return answer


def _answer(connection: Connection, work: Callable[..., list[Row]], given: tuple[object, ...]) -> None:
    connection.send(work(*given))
