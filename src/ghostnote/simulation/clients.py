"""Devices and the client software on them."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ghostnote.simulation.dictionaries import named, worded
from ghostnote.simulation.randomness import Floats, Ints
from ghostnote.simulation.rows import DAY

PLATFORMS = ("ios", "android", "macos", "windows", "web", "speaker", "console", "tv")
PLATFORM = {name: code for code, name in enumerate(PLATFORMS)}
#: Major version and days between releases of each platform's client.
_RELEASES = ((9, 7), (9, 7), (1, 14), (1, 14), (1, 5), (3, 60), (4, 90), (2, 60))
_VERSIONS = 400
_WEB = PLATFORM["web"]


@dataclass(frozen=True)
class Devices:
    """Every device of a world, by device code.

    `platform` is a place in `PLATFORMS`; `lag` how many days after its release the device gets a client version.
    """

    platform: npt.NDArray[np.int8]
    lag: npt.NDArray[np.float32]

    @property
    def count(self) -> int:
        return self.platform.size

    def extend(self, platform: Ints, lag: Floats) -> "Devices":
        """These devices and new ones after them."""
        return Devices(
            np.concatenate([self.platform, platform.astype(np.int8)]),
            np.concatenate([self.lag, lag.astype(np.float32)]),
        )

    def named(self, device: Ints) -> npt.NDArray[np.bool_]:
        """Whether a device sends an id: a web player does not."""
        return np.asarray(self.platform[device] != _WEB)

    def platforms(self, device: Ints) -> pa.DictionaryArray:
        return worded(PLATFORMS, self.platform[device])

    def versions(self, device: Ints, time: Ints) -> pa.DictionaryArray:
        """The client version on each device at each time (microseconds)."""
        platform = self.platform[device]
        every = np.array([days for _, days in _RELEASES], dtype=np.float64)[platform]
        # Counted from 2020, so that a version names the same day in every world.
        age = time / DAY - 18262 - self.lag[device]
        index = np.clip(age / every, 0, _VERSIONS - 1).astype(np.int64)
        major = np.array([major for major, _ in _RELEASES], dtype=np.int64)[platform]
        return named(major * _VERSIONS + index, lambda found: _version_names().take(found))


@cache
def _version_names() -> pa.Array:
    majors = range(max(major for major, _ in _RELEASES) + 1)
    return pa.array([f"{major}.{number // 10}.{number % 10 * 2}" for major in majors for number in range(_VERSIONS)])


def update_lag(rng: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    """Days from a version's release to its arrival on a device: most within a fortnight, some never update."""
    lag = rng.gamma(1.2, 6.0, count) + np.where(rng.random(count) < 0.05, rng.uniform(100, 900, count), 0)
    return np.asarray(lag, dtype=np.float32)
