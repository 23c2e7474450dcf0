"""The sequence view: rows of plays as tokens, what every detector of sequences is given."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TokenRows:
    """`values` is uint8 of shape (rows, length, channels): each row's last plays, oldest first, padded with zeros in
    front. `channels` names them in order, each with how many different values it can have.

    0 is unknown in every channel; a play has at least one that is known. Row order carries no meaning.
    """

    channels: Mapping[str, int]
    values: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.values.dtype != np.uint8:
            raise ValueError(f"tokens are uint8, not {self.values.dtype}")
        if self.values.ndim != 3 or self.values.shape[2] != len(self.channels):
            raise ValueError(f"tokens have shape {self.values.shape}, but there are {len(self.channels)} channels")
        most = self.values.max(axis=(0, 1), initial=0)
        for (name, size), value in zip(self.channels.items(), most.tolist(), strict=True):
            if value >= size:
                raise ValueError(f"channel {name} has {size} values, but {value} is among them")

    def __len__(self) -> int:
        return int(self.values.shape[0])

    @property
    def length(self) -> int:
        """How many plays a row has room for."""
        return int(self.values.shape[1])

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which places hold a play, shape (rows, length)."""
        return np.asarray((self.values != 0).any(axis=2), dtype=np.bool_)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.integer]) -> "TokenRows":
        """The chosen rows, by mask or by index."""
        return TokenRows(self.channels, self.values[rows])

    def aligned(self, channels: Mapping[str, int]) -> "TokenRows":
        """The channels asked for, in their order; what is not here, or beyond their values, is unknown."""
        if dict(channels) == dict(self.channels):
            return self
        place = {name: column for column, name in enumerate(self.channels)}
        values = np.zeros((*self.values.shape[:2], len(channels)), dtype=np.uint8)
        for target, (name, size) in enumerate(channels.items()):
            if name in place:
                own = self.values[:, :, place[name]]
                values[:, :, target] = np.where(own < size, own, 0)
        return TokenRows(channels, values)

    def last(self, length: int) -> "TokenRows":
        """The last `length` plays of every row, padded in front if a row has room for fewer."""
        missing = max(length - self.length, 0)
        padded = np.pad(self.values[:, max(self.length - length, 0) :], ((0, 0), (missing, 0), (0, 0)))
        return TokenRows(self.channels, padded)
