"""What some cohorts do besides their ordinary listening: nights of noise, opening hours, parties, new releases."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.happenings import ALBUM_TRACKS, PARTY_DAYS
from ghostnote.simulation.population import Population
from ghostnote.simulation.randomness import Floats, Ints, key, mix, noise, ragged
from ghostnote.simulation.rows import SOURCE
from ghostnote.simulation.service import Service
from ghostnote.simulation.shelves import TASTE_SHARES
from ghostnote.simulation.sittings import SLEEP, STEADY, Sittings, sit

_Rng = np.random.Generator
#: Sittings of one kind of occasion: service, people, members of a cohort.
Occasion = Callable[[Service, Population, Ints, _Rng], Sittings]


def occasions(service: Service, people: Population, accounts: Ints, rng: _Rng) -> list[Sittings]:
    """The extra sittings of those of `accounts` whose cohort has any."""
    parts = []
    for cohort, occasion in OCCASIONS.items():
        members = people.of(cohort, accounts)
        if members.size:
            parts.append(occasion(service, people, members, rng))
    return parts


def _nights(service: Service, people: Population, members: Ints, rng: _Rng) -> Sittings:
    """6 to 9 hours of one short track, nearly every night; each person has a few such tracks."""
    account, day = _days(service, members, 0.93, rng)
    hours = np.clip(rng.normal(7.4, 0.7, account.size), 6.1, 8.9)
    own = account * 8 + np.floor(3 * rng.random(account.size) ** 2.5).astype(np.int64)
    tracks = service.happenings.noise
    track = tracks[(mix(own, key(service.seed, 320)) % np.uint64(tracks.size)).astype(np.int64)]
    plays = hours * 3_600_000 / (service.catalogue.duration_ms[track] + 350)
    bedtime = people.wake[account] + people.awake[account] + rng.normal(0.2, 0.4, account.size)
    return sit(people, account, day, bedtime, service.start, plays, SLEEP, rng, track=track, source=SOURCE["library"])


def _opening_hours(service: Service, people: Population, members: Ints, rng: _Rng) -> Sittings:
    """12 to 16 hours of playlists a day, the same hours every day; nobody skips."""
    account, day = _days(service, members, 0.96, rng)
    hours = 12.4 + 3.2 * noise(account, key(service.seed, 321)) + rng.normal(0, 0.1, account.size)
    usual = _usual_ms(service)[people.taste[account]] @ np.array(TASTE_SHARES)
    opening = people.wake[account] + rng.normal(0, 0.1, account.size)
    return sit(people, account, day, opening, service.start, hours * 3_600_000 / usual / 1.05, STEADY, rng)


def _usual_ms(service: Service) -> npt.NDArray[np.float64]:
    """Mean length of the tracks of each genre, milliseconds."""
    catalogue = service.catalogue
    genre = catalogue.artist_genre[catalogue.artist].astype(np.int64)
    return np.bincount(genre, catalogue.duration_ms) / np.maximum(np.bincount(genre), 1)


def _parties(service: Service, people: Population, members: Ints, rng: _Rng) -> Sittings:
    """About 20 plays of one song a day for a week, two or three other songs between them, none cut short."""
    happenings = service.happenings
    account, day = _days(service, members, 0.95, rng)
    fandom = people.household[account] % happenings.songs.size
    first = happenings.party_days[fandom]
    joins = (first <= day) & (day < first + PARTY_DAYS)
    account, day, fandom = account[joins], day[joins], fandom[joins]
    every = rng.integers(3, 5, account.size)
    wanted = np.maximum(rng.poisson(20, account.size), 6) * every
    row, _ = ragged(np.full(account.size, 3))
    part = rng.dirichlet([6.0, 6.0, 6.0], account.size).ravel()
    hour = people.wake[account[row]] + people.awake[account[row]] * rng.beta(2.0, 2.0, row.size)
    return sit(
        people,
        account[row],
        day[row],
        hour,
        service.start,
        wanted[row] * part,
        STEADY,
        rng,
        track=happenings.songs[fandom[row]],
        every=every[row],
        source=SOURCE["playlist"],
    )


def _hit(service: Service, people: Population, members: Ints, rng: _Rng) -> Sittings:
    """Somebody shows it to them on one of the first days; then it fades within a week."""
    happenings = service.happenings
    account, day = _days(service, members, 1.0, rng)
    caught = happenings.hit_day + 2.0 * -np.log1p(-noise(account, key(service.seed, 322)))
    since = day - caught
    joins = (since >= 0) & (rng.random(account.size) < 0.95 * np.exp(-np.maximum(since, 0) / 2.5))
    account, day = account[joins], day[joins]
    plays = 2 * (2 + rng.poisson(4, account.size))
    hour = people.wake[account] + people.awake[account] * rng.random(account.size)
    return sit(
        people,
        account,
        day,
        hour,
        service.start,
        plays,
        STEADY,
        rng,
        track=np.full(account.size, happenings.hit),
        every=np.full(account.size, 2),
        source=SOURCE["external"],
    )


def _releases(service: Service, people: Population, members: Ints, rng: _Rng) -> Sittings:
    """A new album once, twice or thrice through on its day of release, and often again the day after."""
    happenings = service.happenings
    account, day = _days(service, members, 1.0, rng)
    which = account % happenings.albums.size
    since = day - happenings.album_days[which]
    joins = ((since == 0) & (rng.random(account.size) < 0.95)) | ((since == 1) & (rng.random(account.size) < 0.5))
    account, day, which = account[joins], day[joins], which[joins]
    plays = ALBUM_TRACKS * (1 + rng.binomial(2, 0.45, account.size))
    hour = people.wake[account] + people.awake[account] * rng.beta(1.3, 2.2, account.size)
    return sit(
        people,
        account,
        day,
        hour,
        service.start,
        plays,
        STEADY,
        rng,
        track=happenings.albums[which],
        span=np.full(account.size, ALBUM_TRACKS),
        source=SOURCE["album"],
    )


def _days(
    service: Service, members: Ints, share: float, rng: _Rng
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Account and day of a share of all days of the world."""
    drawn: Floats = rng.random((members.size, service.days))
    which, day = np.nonzero(drawn < share)
    return members[which].astype(np.int64), day.astype(np.int64)


OCCASIONS: dict[str, Occasion] = {
    "sleeper": _nights,
    "shop": _opening_hours,
    "organised_fan": _parties,
    "viral_listener": _hit,
    "release_fan": _releases,
}
