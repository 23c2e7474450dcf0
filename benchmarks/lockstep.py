"""Lockstep among edges with planted farms: time, memory, and what is found, beside what a team does today.

The rival is a join in Polars and connected components: accounts that share at least `_SHARED` keys of any kind which at
most `_RARE` accounts use. Each measurement has a process of its own, whose peak memory, the edges included, is taken at
its end. Sizes in millions of pairs of account and track come from GHOSTNOTE_BENCH_LOCKSTEP (default "1 10").
"""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.planted import Planted, planted
from ghostnote.models.edges import Edges
from ghostnote.models.lockstep import Lockstep

Row = dict[str, str | int | float]
Found = list[NDArray[np.int64]]

#: A key that so many use is rare; so many shared ones tie; so many accounts make a group. The rival's own, as usual.
_RARE, _SHARED, _FEWEST = 100, 5, 4
#: Where the rival's join is small enough to be measured, in millions.
_RIVAL_MOST = 1.0


def run() -> list[Row]:
    """Measure each size; takes minutes."""
    sizes = [float(size) for size in os.environ.get("GHOSTNOTE_BENCH_LOCKSTEP", "1 10").split()]
    rows = []
    for size in sizes:
        rows += _measured("lockstep", size)
        if size <= _RIVAL_MOST:
            rows += _measured("shared rare keys", size)
    return rows


def _lockstep(edges: Edges) -> Found:
    return [block.accounts for block in Lockstep().find(edges)]


def shared_rare_keys(edges: Edges) -> Found:
    """Groups of accounts by the rival."""
    used = pl.DataFrame({"account": edges.account, "kind": edges.kind, "key": edges.key}).unique()
    rare = used.filter(pl.len().over("kind", "key").is_between(2, _RARE))
    pairs = (
        rare.join(rare, on=["kind", "key"])
        .filter(pl.col("account") < pl.col("account_right"))
        .group_by("account", "account_right")
        .len()
        .filter(pl.col("len") >= _SHARED)
    )
    ends = pairs["account"].to_numpy(), pairs["account_right"].to_numpy()
    matrix = coo_array((np.ones(pairs.height), ends), shape=(edges.accounts, edges.accounts))
    _, component = connected_components(matrix, directed=False)
    size = np.bincount(component)
    return [np.flatnonzero(component == one) for one in np.flatnonzero(size >= _FEWEST)]


_METHODS: dict[str, Callable[[Edges], Found]] = {"lockstep": _lockstep, "shared rare keys": shared_rare_keys}


def _measured(method: str, millions: float) -> list[Row]:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    child = context.Process(target=_work, args=(theirs, method, round(millions * 1e6)))
    child.start()
    cost, quality = mine.recv()
    child.join()
    about: Row = {"millions": millions, "method": method}
    return [
        {"table": "Cost", **about, **cost},
        *({"table": "Found", **about, **one} for one in quality),
    ]


def _work(connection: Connection, method: str, size: int) -> None:
    find = _METHODS[method]
    # The first call pays for imports and compiling.
    find(planted(100_000).edges)
    world = planted(size)
    begin, busy = time.perf_counter(), time.process_time()
    found = find(world.edges)
    seconds, busy = time.perf_counter() - begin, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    cost = {
        "edges": len(world.edges),
        "accounts": world.edges.accounts,
        "seconds": seconds,
        "CPU seconds": busy,
        "peak memory in GB": peak,
        "groups": len(found),
    }
    connection.send((cost, _quality(world, found)))


def _quality(world: Planted, found: Found) -> list[Row]:
    """Of each kind of farm the share of members found; of all accounts found, the share that was planted."""
    inside = np.zeros(world.edges.accounts, dtype=np.bool_)
    for accounts in found:
        inside[accounts] = True
    everybody = np.concatenate([members for farms in world.farms.values() for members in farms])
    right = float(inside[everybody].sum() / max(inside.sum(), 1))
    return [
        {
            "farm": name,
            "farms": len(farms),
            "members": sum(map(len, farms)),
            "recall": float(inside[np.concatenate(farms)].mean()),
            "precision of all": right,
        }
        for name, farms in world.farms.items()
    ]
