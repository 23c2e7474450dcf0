"""The honest accounts of a world: who they are, how they listen, where they live.

Everything about a person that lasts is drawn here, once, as one array per trait with a row per account.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.events.schema import PLANS
from ghostnote.simulation.catalogue import GENRES, Positive, Share
from ghostnote.simulation.clients import PLATFORM, Devices, update_lag
from ghostnote.simulation.networks import COUNTRIES
from ghostnote.simulation.randomness import Ints, Stream, generator, ragged
from ghostnote.simulation.rows import DAY, HOUR

PLAN = {name: code for code, name in enumerate(PLANS)}
COHORTS = ("keen", "casual", "sleeper")
DEVICES_EACH = 4
_OPEN_END = np.iinfo(np.int64).max


class CohortParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one cohort listens (defaults: keen listeners, calibrated on 128 real exports; primary source).

    Simulated keen listeners' days are within 25 % of the real ones from p25 to p99, and within 45 % at p5 and p99.9.
    `active_share`: mean share of days with any play; `plays`: median over people of plays per active day, with
    `plays_spread` (sigma of the log between people) and `day_shape` (gamma shape between one person's days);
    `skip`, `skip_spread`, `mood_spread`: log-odds of leaving a track within 30 s, between people and between sittings;
    `skim_days`: share of active days on which somebody skims through `skim_factor` times as many tracks;
    `loop_sittings`: share of sittings that repeat one or two tracks; `repeat`: mean share of plays that repeat the last
    track; `obsession`: mean share of plays that go to a handful of current favourites; `devotion`: mean
    share of days given to one artist.
    """

    active_share: Share = 0.80
    plays: Positive = 59.0
    plays_spread: Annotated[float, msgspec.Meta(ge=0)] = 0.56
    day_shape: Positive = 0.85
    skip: float = -1.3
    skip_spread: Annotated[float, msgspec.Meta(ge=0)] = 0.8
    mood_spread: Annotated[float, msgspec.Meta(ge=0)] = 1.1
    skim_days: Share = 0.004
    skim_factor: Positive = 5.0
    loop_sittings: Share = 0.025
    repeat: Share = 0.006
    obsession: Share = 0.008
    devotion: Share = 0.18


def _casual() -> CohortParameters:
    return CohortParameters(active_share=0.42, plays=11.0, plays_spread=0.7, skip=-1.6, skim_days=0.001)


def _sleeper() -> CohortParameters:
    return CohortParameters(active_share=0.7, plays=16.0, plays_spread=0.6)


class PopulationParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mix of honest accounts.

    `keen_share` and `sleeper_share` are shares of accounts, the rest is casual; `new_per_day` is the growth in accounts
    per day of the world, `leave_per_day` the share of accounts that stop for good on a day; `travellers` is the share
    abroad at some time in a fortnight, `vpn_share` the share that uses a VPN now and then.
    """

    keen_share: Share = 0.25
    sleeper_share: Share = 0.008
    new_per_day: Annotated[float, msgspec.Meta(ge=0, le=0.2)] = 0.004
    leave_per_day: Annotated[float, msgspec.Meta(ge=0, le=0.2)] = 0.002
    travellers: Share = 0.04
    vpn_share: Share = 0.03
    keen: CohortParameters = msgspec.field(default_factory=CohortParameters)
    casual: CohortParameters = msgspec.field(default_factory=_casual)
    sleeper: CohortParameters = msgspec.field(default_factory=_sleeper)

    def __post_init__(self) -> None:
        if self.keen_share + self.sleeper_share > 1:
            raise ValueError("`keen_share` and `sleeper_share` add up to more than 1")

    def of(self, cohort: str) -> CohortParameters:
        found = getattr(self, cohort)
        assert isinstance(found, CohortParameters)
        return found


Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Population:
    """One row per honest account, in the order of account codes.

    `signed_up` and `left` in microseconds since 1970; `wake` in local hours, `awake` in hours; `peaks` two favourite
    times of day as shares of the waking day; `taste` three genre codes, best loved first; `tz` hours ahead of UTC;
    `trip_first` and `trip_last` are days of the world (none: first > last).
    """

    cohort: npt.NDArray[np.int8]
    country: npt.NDArray[np.int8]
    household: npt.NDArray[np.int32]
    plan: npt.NDArray[np.int8]
    signed_up: npt.NDArray[np.int64]
    left: npt.NDArray[np.int64]
    active_share: Numbers
    plays_mean: Numbers
    day_shape: Numbers
    sittings: Numbers
    skip: Numbers
    mood_spread: Numbers
    skim_days: Numbers
    skim_factor: Numbers
    loop_sittings: Numbers
    repeat: Numbers
    obsession: Numbers
    devotion: Numbers
    favourites: Numbers
    library: Numbers
    block_length: Numbers
    habits: npt.NDArray[np.float32]
    shuffle: Numbers
    offline: Numbers
    wake: Numbers
    awake: Numbers
    peaks: npt.NDArray[np.float32]
    out_share: Numbers
    works: npt.NDArray[np.int8]
    vpn: Numbers
    taste: npt.NDArray[np.int8]
    tz: Numbers
    trip_first: Numbers
    trip_last: Numbers
    trip_country: npt.NDArray[np.int8]
    lease_days: Numbers

    @property
    def size(self) -> int:
        return self.cohort.size


#: Where plays start, as shares of blocks of plays of one account on average; people differ widely around it.
BLOCK_SOURCES = ("playlist", "library", "album", "artist", "radio", "search", "autoplay", "queue", "own playlist")
_BLOCK_SHARES = np.array([0.20, 0.18, 0.13, 0.09, 0.09, 0.06, 0.06, 0.04, 0.15])


def make_population(
    parameters: PopulationParameters, *, accounts: int, start: int, days: int, seed: int
) -> tuple[Population, Devices]:
    """The honest accounts of a world of `days` that begins at `start`, and their `DEVICES_EACH` devices each."""
    rng = generator(seed, Stream.POPULATION)
    cohort = rng.choice(len(COHORTS), accounts, p=_cohort_shares(parameters)).astype(np.int8)
    household, household_size = _households(accounts, rng)
    shares = np.array([share for _, share, _ in COUNTRIES])
    homes = int(household[-1]) + 1
    country = rng.choice(len(COUNTRIES), homes, p=shares / shares.sum()).astype(np.int8)[household]
    plan = _plans(household, household_size, rng)
    signed_up = _sign_up_times(parameters, accounts, start, days, country, rng)
    lifetime = rng.exponential(1 / max(parameters.leave_per_day, 1e-9), accounts) * DAY
    left = np.maximum(signed_up, start) + lifetime
    traits = _listening(parameters, cohort, rng) | _rhythm(parameters, accounts, days, plan, rng)
    population = Population(
        cohort=cohort,
        country=country,
        household=household,
        plan=plan,
        signed_up=signed_up,
        left=np.where(left < _OPEN_END / 2, left, _OPEN_END / 2).astype(np.int64),
        tz=np.array([tz for _, _, tz in COUNTRIES], dtype=np.float32)[country],
        **traits,
    )
    return population, _devices(accounts, rng)


def _cohort_shares(parameters: PopulationParameters) -> list[float]:
    return [parameters.keen_share, 1 - parameters.keen_share - parameters.sleeper_share, parameters.sleeper_share]


def _households(accounts: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Each account's household, and how many accounts live there (1 to 6)."""
    sizes = rng.choice([1, 2, 3, 4, 5, 6], accounts, p=[0.62, 0.22, 0.08, 0.05, 0.02, 0.01])
    household, _ = ragged(sizes[: int(np.searchsorted(np.cumsum(sizes), accounts)) + 1])
    home = household[:accounts].astype(np.int32)
    return home, np.bincount(home)[home].astype(np.int64)


def _plans(household: Ints, household_size: Ints, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """The plan today: families and pairs share one, the rest pay alone or not at all."""
    homes = int(household[-1]) + 1
    shared = (rng.random(homes) < 0.6)[household]
    alone = rng.choice(
        [PLAN["free"], PLAN["premium"], PLAN["student"], PLAN["trial"]], household.size, p=[0.52, 0.38, 0.07, 0.03]
    )
    plan = np.where(shared & (household_size == 2), PLAN["duo"], alone)
    return np.where(shared & (household_size > 2), PLAN["family"], plan).astype(np.int8)


def _sign_up_times(
    parameters: PopulationParameters, accounts: int, start: int, days: int, country: Ints, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Microseconds: over years before the world begins, and every day while it lasts; mostly by day, local time."""
    grown = 1 - (1 + parameters.new_per_day) ** -float(days)
    before = -np.minimum(rng.exponential(450.0, accounts), 2500.0) - 0.01
    day = np.floor(np.where(rng.random(accounts) < grown, rng.random(accounts) * days, before))
    tz = np.array([tz for _, _, tz in COUNTRIES])[country]
    hour = (8 + 16 * rng.beta(1.8, 1.5, accounts) - tz) % 24
    return np.asarray(start + day * DAY + hour * HOUR, dtype=np.int64)


def _listening(
    parameters: PopulationParameters, cohort: npt.NDArray[np.int8], rng: np.random.Generator
) -> dict[str, npt.NDArray[np.float32]]:
    """How much, how patiently and how repetitively each account listens."""
    count = cohort.size
    kinds = [parameters.of(name) for name in COHORTS]

    def of(name: str) -> Numbers:
        return np.array([getattr(kind, name) for kind in kinds], dtype=np.float32)[cohort]

    active = of("active_share")
    concentration = np.where(cohort == COHORTS.index("casual"), 2.2, 5.5)
    habits = rng.standard_gamma(np.broadcast_to(_BLOCK_SHARES * 2.5, (count, _BLOCK_SHARES.size)), dtype=np.float64)
    traits = {
        "active_share": rng.beta(active * concentration, (1 - active) * concentration),
        "plays_mean": of("plays") * rng.lognormal(0, 1, count) ** of("plays_spread"),
        "day_shape": of("day_shape") * rng.lognormal(0, 0.2, count),
        "sittings": rng.lognormal(0.08, 0.3, count),
        "skip": of("skip") + of("skip_spread") * rng.standard_normal(count),
        "mood_spread": of("mood_spread") * rng.lognormal(0, 0.2, count),
        "skim_days": of("skim_days"),
        "skim_factor": of("skim_factor"),
        # A few people are responsible for most loops and repeats.
        "loop_sittings": np.minimum(of("loop_sittings") * rng.gamma(0.35, 1 / 0.35, count), 0.8),
        "repeat": np.minimum(of("repeat") * rng.gamma(0.5, 2.0, count), 0.6),
        "obsession": np.minimum(of("obsession") * rng.gamma(0.4, 2.5, count), 0.7),
        "devotion": np.minimum(of("devotion") * rng.gamma(0.5, 2.0, count), 0.8),
        "favourites": np.clip(rng.lognormal(5.1, 1.15, count), 6, 5000),
        "library": np.clip(rng.lognormal(7.6, 0.9, count), 80, 8000),
        "block_length": np.clip(rng.lognormal(2.5, 0.55, count), 3, 90),
        "habits": np.cumsum(habits / habits.sum(axis=1, keepdims=True), axis=1),
        "shuffle": rng.beta(1.3, 1.0, count),
    }
    return {name: np.asarray(values, dtype=np.float32) for name, values in traits.items()}


def _rhythm(
    parameters: PopulationParameters, count: int, days: int, plan: Ints, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """When and where each account listens."""
    trip_first = rng.random(count) * (days + 10) - 10
    away = rng.random(count) < parameters.travellers * (days + 10) / 14
    numbers = {
        "offline": np.where(plan == PLAN["free"], 0, rng.beta(0.55, 1.9, count)),
        "wake": rng.normal(7.6, 1.5, count),
        "awake": np.clip(rng.normal(15.8, 1.0, count), 11, 19),
        "peaks": rng.beta([1.4, 3.0], [3.0, 1.6], (count, 2)),
        "out_share": rng.beta(1.2, 2.6, count),
        "vpn": np.where(rng.random(count) < parameters.vpn_share, rng.beta(1, 2, count), 0),
        "trip_first": np.where(away, trip_first, 1),
        "trip_last": np.where(away, trip_first + rng.gamma(2.0, 3.0, count), 0),
        "lease_days": np.clip(rng.lognormal(3.0, 1.0, count), 1, 400),
    }
    traits: dict[str, npt.NDArray[Any]] = {
        name: np.asarray(values, dtype=np.float32) for name, values in numbers.items()
    }
    genre_shares = np.arange(1, len(GENRES) + 1) ** -0.6
    whole = {
        "works": rng.choice([0, 1, 2], count, p=[0.45, 0.4, 0.15]),
        "taste": rng.choice(len(GENRES), (count, 3), p=genre_shares / genre_shares.sum()),
        "trip_country": rng.integers(0, len(COUNTRIES), count),
    }
    return traits | {name: values.astype(np.int8) for name, values in whole.items()}


def _devices(accounts: int, rng: np.random.Generator) -> Devices:
    """A phone first, then perhaps a computer, a speaker or the like, and a web player or an old phone."""
    choices = (
        (("ios", "android"), (0.53, 0.47)),
        (("macos", "windows", "web"), (0.34, 0.34, 0.32)),
        (("speaker", "console", "tv", "web"), (0.45, 0.2, 0.15, 0.2)),
        (("web", "android", "ios", "windows"), (0.3, 0.3, 0.2, 0.2)),
    )
    platform = np.empty((accounts, DEVICES_EACH), dtype=np.int8)
    for place, (names, shares) in enumerate(choices):
        platform[:, place] = rng.choice([PLATFORM[n] for n in names], accounts, p=shares)
    return Devices(platform.ravel(), update_lag(rng, platform.size))
