"""Who lives with whom, behind which shared address, and what devices they have."""

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.clients import PLATFORM, Devices, update_lag
from ghostnote.simulation.cohorts import COHORTS
from ghostnote.simulation.randomness import Ints, ragged

DEVICES_EACH = 4
#: What a home shares: the slot of the device that its first member brought.
_SHARED_SLOT = 2


def settle(cohort: Ints, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Each account's household: 1 to 6 accounts, or as many as its cohort lives with."""
    accounts = cohort.size
    sizes = rng.choice([1, 2, 3, 4, 5, 6], accounts, p=[0.62, 0.22, 0.08, 0.05, 0.02, 0.01])
    household = np.repeat(np.arange(accounts), sizes)[:accounts]
    for code, kind in enumerate(COHORTS.values()):
        members = np.flatnonzero(cohort == code)
        if kind.life.home_of is None or not members.size:
            continue
        least, most = kind.life.home_of
        home, _ = ragged(rng.integers(least, most + 1, members.size))
        household[members] = household.max() + 1 + home[: members.size]
    return household.astype(np.int32)


def sites(cohort: Ints) -> npt.NDArray[np.int32]:
    """The number of the network behind whose one address each account is; -1: none."""
    site = np.full(cohort.size, -1, dtype=np.int32)
    for code, kind in enumerate(COHORTS.values()):
        if kind.life.site is not None:
            members = np.flatnonzero(cohort == code)
            site[members] = site.max() + 1 + np.arange(members.size) // kind.life.site_of
    return site


def furnish(
    cohort: Ints, household: npt.NDArray[np.int32], rng: np.random.Generator
) -> tuple[Devices, npt.NDArray[np.int32]]:
    """`DEVICES_EACH` devices per account, and the code of the one that its home shares (-1: none).

    A phone first, then perhaps a computer, a speaker or the like, and a web player or an old phone.
    """
    choices = (
        (("ios", "android"), (0.53, 0.47)),
        (("macos", "windows", "web"), (0.34, 0.34, 0.32)),
        (("speaker", "console", "tv", "web"), (0.45, 0.2, 0.15, 0.2)),
        (("web", "android", "ios", "windows"), (0.3, 0.3, 0.2, 0.2)),
    )
    platform = np.empty((cohort.size, DEVICES_EACH), dtype=np.int8)
    for place, (names, shares) in enumerate(choices):
        platform[:, place] = rng.choice([PLATFORM[n] for n in names], cohort.size, p=shares)
    shared = np.full(cohort.size, -1, dtype=np.int32)
    for code, kind in enumerate(COHORTS.values()):
        members = np.flatnonzero(cohort == code)
        if kind.life.platform is not None:
            platform[members, 0] = PLATFORM[kind.life.platform]
        if kind.life.one_device:
            _, first, which = np.unique(household[members], return_index=True, return_inverse=True)
            owner = members[first]
            platform[owner, _SHARED_SLOT] = PLATFORM["speaker"]
            shared[members] = (owner * DEVICES_EACH + _SHARED_SLOT)[which]
    return Devices(platform.ravel(), update_lag(rng, platform.size)), shared
