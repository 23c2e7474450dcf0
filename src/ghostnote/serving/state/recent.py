"""The features of the accounts that were seen last, as of their last event: what people ask the service about."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Shares of recent accounts that lie below what is told of peers.
PEERS = (0.05, 0.5, 0.95)


class Recent:
    """Keeps a row of features for each of the last `size` accounts; the one not seen for longest makes room."""

    def __init__(self, features: int, size: int = 50_000) -> None:
        self._values = np.full((size, features), np.nan, dtype=np.float32)
        self._times = np.zeros(size, dtype=np.int64)
        self._places: dict[str, int] = {}
        self._accounts: list[str | None] = [None] * size
        self._next = 0

    def __len__(self) -> int:
        return len(self._places)

    @property
    def bytes(self) -> int:
        """Memory held by values, in bytes."""
        return int(self._values.nbytes + self._times.nbytes)

    def put(self, accounts: Sequence[str], times: NDArray[np.int64], values: NDArray[np.float32]) -> None:
        """Take in events' times (us since 1970) and features, (events, features); of an account's events the last one
        counts.
        """
        last = dict(zip(accounts, range(len(accounts)), strict=True))
        known = list(map(self._places.get, last))
        # Whoever comes in may take the place of one who is among these.
        places = [self._place(name) for name in last] if None in known else known
        rows = np.fromiter(last.values(), dtype=np.intp, count=len(last))
        into = np.array(places, dtype=np.intp)
        self._values[into] = values[rows]
        self._times[into] = times[rows]

    def _place(self, account: str) -> int:
        """An account's place; the one that was given longest ago, if it has none."""
        place = self._places.get(account)
        if place is not None:
            return place
        place = self._next
        old = self._accounts[place]
        if old is not None:
            del self._places[old]
        self._accounts[place] = account
        self._places[account] = place
        self._next = (place + 1) % len(self._accounts)
        return place

    def of(self, account: str) -> tuple[int, NDArray[np.float32]] | None:
        """The time of an account's last event (us since 1970) and its features then; None if it is not among them."""
        place = self._places.get(account)
        return None if place is None else (int(self._times[place]), self._values[place].copy())

    def peers(self, random: np.random.Generator, sample: int = 2000) -> NDArray[Any]:
        """Quantiles (`PEERS`) of each feature over a sample of recent accounts, (3, features); NaN: none has it."""
        held = np.array(sorted(self._places.values()), dtype=np.int64)
        if not len(held):
            return np.full((len(PEERS), self._values.shape[1]), np.nan)
        chosen = self._values[random.choice(held, min(sample, len(held)), replace=False)]
        known = ~np.isnan(chosen).all(axis=0)
        found = np.full((len(PEERS), chosen.shape[1]), np.nan)
        found[:, known] = np.nanquantile(chosen[:, known], PEERS, axis=0)
        return found
