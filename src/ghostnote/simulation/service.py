"""The streaming service that people listen on and campaigns attack: what both can see of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.catalogue import Catalogue
from ghostnote.simulation.clients import Devices
from ghostnote.simulation.happenings import Happenings
from ghostnote.simulation.networks import Networks
from ghostnote.simulation.playlists import Playlists
from ghostnote.simulation.rows import DAY


@dataclass(frozen=True)
class Accounts:
    """The accounts that exist, by account code: what a hijacker could know of them.

    `signed_up` and `left` in microseconds; `activity` is the mean number of plays per day; `quiet_hour` the hour UTC
    around which the account sleeps; `country` a place in `COUNTRIES`; `device` the code of its main device.
    """

    signed_up: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    activity: npt.NDArray[np.float32]
    quiet_hour: npt.NDArray[np.float32]
    country: npt.NDArray[np.int8]
    device: npt.NDArray[np.int32]

    @property
    def count(self) -> int:
        return self.signed_up.size


@dataclass(frozen=True)
class Service:
    """A service from `start` to `end` (microseconds since 1970, UTC; `start` is a midnight).

    `plays` is how many plays it has, or is expected to have: campaigns are sized against it.
    """

    seed: int
    start: int
    end: int
    plays: float
    catalogue: Catalogue
    playlists: Playlists
    networks: Networks
    devices: Devices
    accounts: Accounts
    happenings: Happenings

    @property
    def days(self) -> int:
        return -(-(self.end - self.start) // DAY)
