"""Kinds of honest listener: the ordinary ones, and those whom a careless rule would convict.

A cohort is how its members listen (`CohortParameters`) and what else is lasting about their lives (`Life`); what they
do on top on some days is in `occasions`. An account's cohort is in the true labels' `kind` and nowhere else in a lake.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

import msgspec

from ghostnote.simulation.catalogue import Positive, Share
from ghostnote.simulation.networks import IpKind


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


@dataclass(frozen=True)
class Life:
    """What is lasting about a cohort besides how it listens; None leaves it as it is for everybody.

    `home_of`: least and most accounts per home; `one_device`: a home's members share a device; `site`: a kind of
    network behind one of whose addresses `site_of` members are, for `on_site` of their sittings; `wake` (local hour)
    and `awake` (hours); `roams`: always abroad, in another country every few days; `at_once`: all of them signed up on
    one day; `genre`: what they love best; `platform`: of their main device.
    """

    home_of: tuple[int, int] | None = None
    one_device: bool = False
    site: IpKind | None = None
    site_of: int = 1
    on_site: float = 0.9
    wake: float | None = None
    awake: float | None = None
    roams: bool = False
    at_once: bool = False
    genre: str | None = None
    platform: str | None = None


@dataclass(frozen=True)
class Cohort:
    """A kind of honest listener: what it is, with its source (R primary, S secondary), and its usual figures."""

    doc: str
    listening: CohortParameters = field(default_factory=CohortParameters)
    life: Life = field(default_factory=Life)


_LIGHT = CohortParameters(active_share=0.42, plays=11.0, plays_spread=0.7, skip=-1.6, skim_days=0.001)
_MIDDLING = CohortParameters(active_share=0.65, plays=28.0)

#: Every cohort by its name. The order is that of cohort codes.
COHORTS: Mapping[str, Cohort] = MappingProxyType(
    {
        "keen": Cohort("People who export their listening history (R)."),
        "casual": Cohort("Everybody else: a few plays now and then.", _LIGHT),
        "sleeper": Cohort(
            "Noise and sleep: 6 to 9 hours every night of one short track (S).",
            CohortParameters(active_share=0.7, plays=16.0, plays_spread=0.6),
        ),
        "organised_fan": Cohort(
            "A streaming party of one week: about 20 plays a day of one song, to the end, with 2 or 3 others between "
            "them; up to 6 accounts in a home (S).",
            CohortParameters(active_share=0.75, plays=25.0),
            Life(home_of=(4, 6)),
        ),
        "shop": Cohort(
            "Shops and gyms: 12 to 16 hours of music a day on one account (S).",
            CohortParameters(active_share=0.9, plays=1.0, plays_spread=0.1, skim_days=0.0),
            Life(site="business", on_site=1.0, wake=7.5, platform="windows"),
        ),
        "shared_home": Cohort(
            "Families and shared flats: 4 to 6 accounts on one address, and one device that all of them use (S).",
            _MIDDLING,
            Life(home_of=(4, 6), one_device=True),
        ),
        "campus": Cohort(
            "Students behind the one address of their campus: hundreds of accounts (S).",
            _MIDDLING,
            Life(site="education", site_of=400, on_site=0.8),
        ),
        "carrier_nat": Cohort(
            "Phones without other access, behind one address of their carrier: hundreds of accounts (S).",
            _LIGHT,
            Life(site="mobile", site_of=300, on_site=0.97, platform="android"),
        ),
        "traveller": Cohort("Always on the road: another country every few days (S).", _MIDDLING, Life(roams=True)),
        "night_worker": Cohort("Awake while others sleep (S).", _MIDDLING, Life(wake=18.0, awake=15.0)),
        "child_on_repeat": Cohort(
            "Children: one song again and again, in runs of up to hundreds (S; longest honest run 349 plays, R).",
            CohortParameters(active_share=0.8, plays=40.0, skip=-2.5, loop_sittings=0.6, repeat=0.1, skim_days=0.0),
            Life(wake=7.0, awake=12.5, genre="children"),
        ),
        "skimmer": Cohort(
            "Looks for something: hundreds of plays a day, most far under 30 s (busiest honest day 2,036 plays, R).",
            CohortParameters(active_share=0.8, plays=60.0, plays_spread=0.3, day_shape=2.0, skim_days=0.5),
        ),
        "viral_listener": Cohort("Caught by a viral hit: one new song, day after day, then no more (S).", _LIGHT),
        "release_fan": Cohort("Plays a new album through, again and again, on its day of release (S).", _MIDDLING),
        "migrant": Cohort(
            "Came from another service: thousands of sign-ups on one day, after a campaign (S).",
            _MIDDLING,
            Life(at_once=True),
        ),
    }
)
COHORT_NAMES = tuple(COHORTS)
COHORT = {name: code for code, name in enumerate(COHORT_NAMES)}


class CohortShares(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares of the accounts by cohort; who is in none of these is casual."""

    keen: Share = 0.25
    sleeper: Share = 0.001
    organised_fan: Share = 0.0
    shop: Share = 0.0
    shared_home: Share = 0.0
    campus: Share = 0.0
    carrier_nat: Share = 0.0
    traveller: Share = 0.0
    night_worker: Share = 0.0
    child_on_repeat: Share = 0.0
    skimmer: Share = 0.0
    viral_listener: Share = 0.0
    release_fan: Share = 0.0
    migrant: Share = 0.0

    def __post_init__(self) -> None:
        if sum(self._named()) > 1 + 1e-9:
            raise ValueError(f"the shares {', '.join(self.__struct_fields__)} add up to more than 1")

    def _named(self) -> list[float]:
        return [float(getattr(self, name)) for name in self.__struct_fields__]

    def in_order(self) -> list[float]:
        """The share of each cohort, in the order of cohort codes; casual gets the rest."""
        rest = max(0.0, 1 - sum(self._named()))
        return [rest if name == "casual" else float(getattr(self, name)) for name in COHORT_NAMES]
