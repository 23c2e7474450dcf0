"""Edges made for tests: a crowd with tastes of its own, and blocks planted into it."""

from collections.abc import Sequence

import numpy as np

from ghostnote.models.edges import Edges, Kind

KINDS = (
    Kind("artist", chosen=True),
    Kind("device", origin=True),
    Kind("network", origin=True, crowded=True),
    Kind("owner"),
)
Rows = Sequence[tuple[int, int, int, int, float]]


def edges(rows: Rows, accounts: int, kinds: tuple[Kind, ...] = KINDS) -> Edges:
    """Edges from rows of account, key, kind, time, weight."""
    account, key, kind, time, weight = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Edges(
        accounts,
        kinds,
        np.array(account, dtype=np.int32),
        np.array(key, dtype=np.int32),
        np.array(kind, dtype=np.int8),
        np.array(time, dtype=np.int32),
        np.array(weight, dtype=np.float32),
    )


def crowd(accounts: int = 600, artists: int = 1500, seed: int = 0) -> list[tuple[int, int, int, int, float]]:
    """Honest accounts: a few dozen artists each, popular ones far more often; a device each, networks of forty."""
    random = np.random.default_rng(seed)
    odds = 1.0 / np.arange(1, artists + 1)
    rows = []
    for account in range(accounts):
        chosen = random.choice(artists, int(random.integers(5, 60)), replace=False, p=odds / odds.sum())
        rows += [
            (account, int(artist), 0, int(random.integers(0, 28)), float(random.integers(1, 9))) for artist in chosen
        ]
        rows += [(account, account, 1, 0, 50.0), (account, account // 40, 2, 0, 50.0)]
    return rows


def farm(
    members: Sequence[int], keys: Sequence[int], *, each: int, hits: int = 0, seed: int = 1
) -> list[tuple[int, int, int, int, float]]:
    """Accounts that play `each` of the artists `keys` four times, and as often what everybody plays, `hits` artists."""
    random = np.random.default_rng(seed)
    rows = []
    for member in members:
        rows += [
            (member, int(key), 0, int(random.integers(0, 28)), 4.0) for key in random.choice(keys, each, replace=False)
        ]
        rows += [
            (member, int(key), 0, int(random.integers(0, 28)), 4.0)
            for key in random.choice(50, min(hits, 50), replace=False)
        ]
        rows += [(member, member, 1, 0, 50.0)]
    return rows


def shuffled(given: Edges, seed: int = 0) -> Edges:
    """The same edges in another order."""
    order = np.random.default_rng(seed).permutation(len(given))
    columns = (given.account, given.key, given.kind, given.time, given.weight)
    return Edges(given.accounts, given.kinds, *(column[order] for column in columns))
