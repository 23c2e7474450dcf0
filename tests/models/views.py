"""For each view of the events, rows that a detector can learn from, and the same rows otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.models import edge_lists

from ghostnote.models.edges import Edges
from ghostnote.models.table import Table
from ghostnote.models.tokens import TokenRows


@dataclass(frozen=True)
class Rows:
    """`view` has `fraud` planted among its rows; `settings` are what a detector is made with to find it.

    `shuffled` gives the view in another order and, by place in it, each row's place before; `poorer` are views that
    lack something, or hold what was never met; `larger` is the view so many times as large.
    """

    view: Any
    fraud: NDArray[np.bool_]
    settings: dict[str, Any]
    none: Any
    shuffled: Callable[[int], tuple[Any, NDArray[np.int64]]]
    poorer: dict[str, Any]
    larger: Callable[[int], Any]


def table() -> Rows:
    """A tenth of the rows lie high in one feature and low in another; a third says nothing, a fourth is never known."""
    random = np.random.default_rng(0)
    names, rows = ("high", "low", "noise", "never"), 800
    fraud = np.arange(rows) % 10 == 0
    values = random.normal(size=(rows, 4)).astype(np.float32)
    values[fraud, 0] += 3
    values[fraud, 1] -= 3
    values[random.random((rows, 4)) < 0.05] = np.nan
    values[:, 3] = np.nan
    whole = Table(names, values)

    def shuffled(seed: int) -> tuple[Table, NDArray[np.int64]]:
        order = np.random.default_rng(seed).permutation(rows)
        return whole.take(order), order

    extreme = values.copy()
    extreme[::3, 0], extreme[1::3, 1] = 1e30, -1e30
    return Rows(
        view=whole,
        fraud=fraud,
        settings={"directions": {"high": 1, "low": -1}},
        none=whole.take(np.zeros(rows, np.bool_)),
        shuffled=shuffled,
        poorer={
            "a column absent": Table(names[1:], values[:, 1:]),
            "no column at all": Table((), np.zeros((rows, 0), np.float32)),
            "nothing known": Table(names, np.full_like(values, np.nan)),
            "a column never met": Table((*names, "new"), np.column_stack([values, values[:, 0]])),
            "values never met": Table(names, extreme),
        },
        larger=lambda times: Table(names, np.tile(values, (times, 1))),
    )


def edges() -> Rows:
    """A crowd of which thirty accounts share forty artists that hardly anybody else plays."""
    accounts, members = 630, range(600, 630)
    rows = edge_lists.crowd(600) + edge_lists.farm(members, range(2000, 2040), each=20, hits=5)
    whole = edge_lists.edges(rows, accounts)

    def shuffled(seed: int) -> tuple[Edges, NDArray[np.int64]]:
        return edge_lists.shuffled(whole, seed), np.arange(accounts)

    return Rows(
        view=whole,
        fraud=np.isin(np.arange(accounts), members),
        settings={},
        none=edge_lists.edges([], 0),
        shuffled=shuffled,
        poorer={
            "no edge at all": edge_lists.edges([], accounts),
            "one kind of key only": edge_lists.edges([row for row in rows if row[2] == 0], accounts),
            "keys never met": edge_lists.edges([(a, k + 90_000, *rest) for a, k, *rest in rows], accounts),
        },
        larger=lambda times: edge_lists.edges(
            [(a + n * accounts, k + n * 5000, *rest) for n in range(times) for a, k, *rest in rows], accounts * times
        ),
    )


def tokens() -> Rows:
    """A tenth of the rows play tunes in turn, which all others play at random."""
    random, count, length = np.random.default_rng(0), 400, 16
    fraud = np.arange(count) % 10 == 0
    values = np.zeros((count, length, 2), dtype=np.uint8)
    for row in range(count):
        plays = int(random.integers(8, length + 1))
        tunes = (random.integers(4) + np.arange(plays)) % 4 if fraud[row] else random.integers(0, 4, plays)
        values[row, length - plays :] = np.column_stack([tunes + 1, random.integers(1, 3, plays)])
    channels = {"tune": 5, "gap": 3}
    whole = TokenRows(channels, values)

    def shuffled(seed: int) -> tuple[TokenRows, NDArray[np.int64]]:
        order = np.random.default_rng(seed).permutation(count)
        return whole.take(order), order

    blind = values.copy()
    blind[:, :, 1] = 0
    more = np.concatenate([values, np.full((count, length, 1), 7, np.uint8)], axis=2)
    return Rows(
        view=whole,
        fraud=fraud,
        settings={"length": length, "width": 16, "blocks": 1, "pretrain_rows": 3000, "tune_rows": 3000, "threads": 1},
        none=whole.take(np.zeros(count, np.bool_)),
        shuffled=shuffled,
        poorer={
            "a channel absent": TokenRows({"gap": 3}, values[:, :, 1:]),
            "a channel unknown": TokenRows(channels, blind),
            "nothing played": TokenRows(channels, np.zeros_like(values)),
            "fewer plays": whole.last(3),
            "more plays": whole.last(length + 5),
            "a channel never met": TokenRows({**channels, "mood": 9}, more),
            "values never met": TokenRows({"tune": 9, "gap": 9}, np.where(values == 2, 8, values).astype(np.uint8)),
        },
        larger=lambda times: TokenRows(channels, np.tile(values, (times, 1, 1))),
    )


VIEWS: dict[str, Callable[[], Rows]] = {"table": table, "edges": edges, "tokens": tokens}
