"""The edges view: who touched what, how often and when. What a detector of groups is given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """One kind of key, by name. `origin`: it says where an account comes from (a device), not what it does.

    `crowded`: strangers share it for honest reasons (a network, an hour of sign-up), so that it never ties alone.
    `chosen`: different keys of it are different choices: artists are, the tracks of one artist are one.
    `listed`: a key of it stands for much else: whoever plays one list plays the same tracks, for an honest reason.
    """

    name: str
    chosen: bool = False
    origin: bool = False
    crowded: bool = False
    listed: bool = False


@dataclass(frozen=True)
class Edges:
    """Accounts x keys x time. Arrays of shape (edges,): account, key and kind are codes from 0, keys numbered per kind.

    `time` is a bucket (int32) of whatever length the caller chose, `weight` how many events fell into it: whole
    numbers, so that sums do not depend on the order of edges, which carries no meaning. Edges given twice add up.
    `accounts` is the number of account codes, those without any edge among them.
    """

    accounts: int
    kinds: tuple[Kind, ...]
    account: Ints
    key: Ints
    kind: NDArray[np.int8]
    time: Ints
    weight: NDArray[np.float32]

    def __post_init__(self) -> None:
        columns = (self.account, self.key, self.kind, self.time, self.weight)
        if any(column.shape != self.account.shape or column.ndim != 1 for column in columns):
            raise ValueError("account, key, kind, time and weight must be of one length")
        if not len(self.account):
            return
        if self.account.min() < 0 or self.account.max() >= self.accounts:
            raise ValueError(f"account codes must lie in [0, {self.accounts})")
        if self.key.min() < 0:
            raise ValueError("key codes must not be negative")
        if self.kind.min() < 0 or self.kind.max() >= len(self.kinds):
            raise ValueError(f"kind codes must lie in [0, {len(self.kinds)})")
        if not (self.weight > 0).all() or not np.isfinite(self.weight).all():
            raise ValueError("weights must be positive and finite: leave out what did not happen")

    def __len__(self) -> int:
        return len(self.account)
