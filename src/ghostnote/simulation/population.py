"""The honest accounts of a world: who they are, how they listen, where they live.

Everything about a person that lasts is drawn here, once, as one array per trait with a row per account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.events.schema import PLANS
from ghostnote.simulation.catalogue import GENRES, Share
from ghostnote.simulation.clients import Devices
from ghostnote.simulation.cohorts import COHORT, COHORT_NAMES, COHORTS, CohortParameters, CohortShares
from ghostnote.simulation.homes import furnish, settle, sites
from ghostnote.simulation.networks import COUNTRIES, KIND, Country, country_shares
from ghostnote.simulation.randomness import Bools, Floats, Ints, Stream, generator
from ghostnote.simulation.rows import DAY, HOUR

#: How alike people are in their share of active days (a + b of the beta distribution).
CONCENTRATION = {"keen": 5.5, "casual": 2.2}
PLAN = {name: code for code, name in enumerate(PLANS)}
_OPEN_END = np.iinfo(np.int64).max


class PopulationParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mix of honest accounts.

    `shares` are those of the cohorts among accounts, and each cohort's name how it listens; `new_per_day` is the growth
    in accounts per day of the world, `leave_per_day` the share of accounts that stop for good on a day; `travellers` is
    the share of ordinary accounts abroad at some time in a fortnight, `vpn_share` the share that uses a VPN now and
    then; `countries` are shares of accounts (none: those in `networks.COUNTRIES`), `wake` the mean local hour at which
    people get up; migrants sign up on `migration_day`, else two fifths into the world.
    """

    shares: CohortShares = CohortShares()
    new_per_day: Annotated[float, msgspec.Meta(ge=0, le=0.2)] = 0.004
    leave_per_day: Annotated[float, msgspec.Meta(ge=0, le=0.2)] = 0.002
    travellers: Share = 0.04
    vpn_share: Share = 0.03
    countries: dict[Country, Share] = {}
    wake: Annotated[float, msgspec.Meta(ge=0, lt=24)] = 7.6
    migration_day: Annotated[float, msgspec.Meta(ge=0)] | None = None
    keen: CohortParameters = COHORTS["keen"].listening
    casual: CohortParameters = COHORTS["casual"].listening
    sleeper: CohortParameters = COHORTS["sleeper"].listening
    organised_fan: CohortParameters = COHORTS["organised_fan"].listening
    shop: CohortParameters = COHORTS["shop"].listening
    shared_home: CohortParameters = COHORTS["shared_home"].listening
    campus: CohortParameters = COHORTS["campus"].listening
    carrier_nat: CohortParameters = COHORTS["carrier_nat"].listening
    traveller: CohortParameters = COHORTS["traveller"].listening
    night_worker: CohortParameters = COHORTS["night_worker"].listening
    child_on_repeat: CohortParameters = COHORTS["child_on_repeat"].listening
    skimmer: CohortParameters = COHORTS["skimmer"].listening
    viral_listener: CohortParameters = COHORTS["viral_listener"].listening
    release_fan: CohortParameters = COHORTS["release_fan"].listening
    migrant: CohortParameters = COHORTS["migrant"].listening

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
    `trip_first` and `trip_last` are days of the world (none: first > last), `roams` changes country during the trip;
    `site` numbers the network behind whose one address an account is for `on_site` of its sittings, `site_kind` is a
    place in `IP_KINDS` (-1: none); `shared_device` is the code of the device that a home shares (-1: none).
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
    roams: npt.NDArray[np.bool_]
    site: npt.NDArray[np.int32]
    site_kind: npt.NDArray[np.int8]
    on_site: Numbers
    shared_device: npt.NDArray[np.int32]

    @property
    def size(self) -> int:
        return self.cohort.size

    def of(self, cohort: str, accounts: Ints) -> Ints:
        """Which of `accounts` belong to a cohort."""
        return np.asarray(accounts[self.cohort[accounts] == COHORT[cohort]])

    def whereabouts(self, account: Ints, day: Ints) -> tuple[Bools, Ints]:
        """Whether each account is abroad on a day of the world, and the country it is in."""
        away = (self.trip_first[account] <= day) & (day <= self.trip_last[account])
        stage = np.where(self.roams[account], (day + account % 4) // 4 * 7, 0)
        abroad = (self.trip_country[account] + stage) % len(COUNTRIES)
        return away, np.where(away, abroad, self.country[account])


#: Where plays start, as shares of blocks of plays of one account on average; people differ widely around it.
BLOCK_SOURCES = ("playlist", "library", "album", "artist", "radio", "search", "autoplay", "queue", "own playlist")
_BLOCK_SHARES = np.array([0.20, 0.18, 0.13, 0.09, 0.09, 0.06, 0.06, 0.04, 0.15])


def make_population(
    parameters: PopulationParameters, *, accounts: int, start: int, days: int, seed: int
) -> tuple[Population, Devices]:
    """The honest accounts of a world of `days` that begins at `start`, and their `DEVICES_EACH` devices each."""
    rng = generator(seed, Stream.POPULATION)
    cohort = rng.choice(len(COHORT_NAMES), accounts, p=_normal(parameters.shares.in_order())).astype(np.int8)
    household = settle(cohort, rng)
    homes = int(household.max()) + 1
    site = sites(cohort)
    shares = country_shares(parameters.countries)
    country = rng.choice(shares.size, homes, p=shares).astype(np.int8)[household]
    of_site = rng.choice(shares.size, int(site.max()) + 2, p=shares)
    country = np.where(site >= 0, of_site[site], country).astype(np.int8)
    plan = _plans(household, np.bincount(household)[household], rng)
    signed_up = _sign_up_times(parameters, cohort, start, days, country, rng)
    lifetime = rng.exponential(1 / max(parameters.leave_per_day, 1e-9), accounts) * DAY
    left = np.maximum(signed_up, start) + lifetime
    traits = _listening(parameters, cohort, rng) | _rhythm(parameters, cohort, days, plan, rng)
    devices, shared = furnish(cohort, household, rng)
    population = Population(
        cohort=cohort,
        country=country,
        household=household,
        plan=plan,
        signed_up=signed_up,
        left=np.where(left < _OPEN_END / 2, left, _OPEN_END / 2).astype(np.int64),
        tz=np.array([tz for _, _, tz in COUNTRIES], dtype=np.float32)[country],
        lease_days=np.clip(rng.lognormal(3.0, 1.0, homes), 1, 400).astype(np.float32)[household],
        site=site,
        site_kind=_lived(cohort, [-1 if c.life.site is None else KIND[c.life.site] for c in COHORTS.values()], np.int8),
        on_site=_lived(cohort, [c.life.on_site for c in COHORTS.values()], np.float32),
        shared_device=shared,
        **traits,
    )
    return population, devices


def _lived(cohort: Ints, values: Sequence[float], kind: type[np.generic]) -> npt.NDArray[Any]:
    """A value of each account's cohort."""
    return np.asarray(values, dtype=kind)[cohort]


def _normal(shares: Sequence[float]) -> Floats:
    return np.asarray(shares) / sum(shares)


def _plans(household: Ints, household_size: Ints, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """The plan today: families and pairs share one, the rest pay alone or not at all."""
    homes = int(household.max()) + 1
    shared = (rng.random(homes) < 0.6)[household]
    alone = rng.choice(
        [PLAN["free"], PLAN["premium"], PLAN["student"], PLAN["trial"]], household.size, p=[0.52, 0.38, 0.07, 0.03]
    )
    plan = np.where(shared & (household_size == 2), PLAN["duo"], alone)
    return np.where(shared & (household_size > 2), PLAN["family"], plan).astype(np.int8)


def _sign_up_times(
    parameters: PopulationParameters, cohort: Ints, start: int, days: int, country: Ints, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Microseconds: over years before the world begins, and every day while it lasts; mostly by day, local time."""
    accounts = cohort.size
    grown = 1 - (1 + parameters.new_per_day) ** -float(days)
    before = -np.minimum(rng.exponential(450.0, accounts), 2500.0) - 0.01
    day = np.floor(np.where(rng.random(accounts) < grown, rng.random(accounts) * days, before))
    moved = np.floor(0.4 * days if parameters.migration_day is None else parameters.migration_day)
    at_once = _lived(cohort, [c.life.at_once for c in COHORTS.values()], np.bool_)
    day = np.where(at_once, moved, day)
    tz = np.array([tz for _, _, tz in COUNTRIES])[country]
    hour = (8 + 16 * rng.beta(1.8, 1.5, accounts) - tz) % 24
    return np.asarray(start + day * DAY + hour * HOUR, dtype=np.int64)


def _listening(
    parameters: PopulationParameters, cohort: npt.NDArray[np.int8], rng: np.random.Generator
) -> dict[str, npt.NDArray[np.float32]]:
    """How much, how patiently and how repetitively each account listens."""
    count = cohort.size
    kinds = [parameters.of(name) for name in COHORT_NAMES]

    def of(name: str) -> Numbers:
        return _lived(cohort, [getattr(kind, name) for kind in kinds], np.float32)

    active = of("active_share")
    concentration = np.where(cohort == COHORT["casual"], CONCENTRATION["casual"], CONCENTRATION["keen"])
    # Few of the ordinary listeners loop at all; where looping is what a cohort does, all of them do.
    loops = np.where(of("loop_sittings") > 0.3, 4.0, 0.35)
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
        "loop_sittings": np.minimum(of("loop_sittings") * rng.gamma(loops, 1 / loops), 0.8),
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
    parameters: PopulationParameters, cohort: Ints, days: int, plan: Ints, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """When and where each account listens."""
    count, lives = cohort.size, [c.life for c in COHORTS.values()]
    roams = _lived(cohort, [life.roams for life in lives], np.bool_)
    wake = _lived(cohort, [parameters.wake if life.wake is None else life.wake for life in lives], np.float64)
    awake = _lived(cohort, [15.8 if life.awake is None else life.awake for life in lives], np.float64)
    trip_first = rng.random(count) * (days + 10) - 10
    away = rng.random(count) < parameters.travellers * (days + 10) / 14
    numbers = {
        "offline": np.where(plan == PLAN["free"], 0, rng.beta(0.55, 1.9, count)),
        "wake": wake + rng.normal(0, 1.5, count),
        "awake": np.clip(awake + rng.normal(0, 1.0, count), 11, 19),
        "peaks": rng.beta([1.4, 3.0], [3.0, 1.6], (count, 2)),
        "out_share": rng.beta(1.2, 2.6, count),
        "vpn": np.where(rng.random(count) < parameters.vpn_share, rng.beta(1, 2, count), 0),
        "trip_first": np.where(roams, -2, np.where(away, trip_first, 1)),
        "trip_last": np.where(roams, days + 2, np.where(away, trip_first + rng.gamma(2.0, 3.0, count), 0)),
    }
    traits: dict[str, npt.NDArray[Any]] = {
        name: np.asarray(values, dtype=np.float32) for name, values in numbers.items()
    }
    genre_shares = np.arange(1, len(GENRES) + 1) ** -0.6
    taste = rng.choice(len(GENRES), (count, 3), p=genre_shares / genre_shares.sum())
    loved = _lived(cohort, [-1 if life.genre is None else list(GENRES).index(life.genre) for life in lives], np.int64)
    taste[:, :2] = np.where(loved[:, None] >= 0, loved[:, None], taste[:, :2])
    night = _lived(cohort, [life.wake is not None for life in lives], np.bool_)
    whole = {
        "works": np.where(night, 0, rng.choice([0, 1, 2], count, p=[0.45, 0.4, 0.15])),
        "taste": taste,
        "trip_country": rng.integers(0, len(COUNTRIES), count),
    }
    return traits | {"roams": roams} | {name: values.astype(np.int8) for name, values in whole.items()}
