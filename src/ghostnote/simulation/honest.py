"""What honest accounts do: one cell of accounts at a time, over all days of a world."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.attention import Heard, listen
from ghostnote.simulation.listening import Choices, choose_tracks
from ghostnote.simulation.occasions import occasions
from ghostnote.simulation.places import AddressBook, Places, place_sittings
from ghostnote.simulation.population import Population
from ghostnote.simulation.randomness import Ints, Stream, generator
from ghostnote.simulation.rows import ACTION, MINUTE, OBJECT, SECOND, Actions, Events, Logins, Plays
from ghostnote.simulation.service import Service
from ghostnote.simulation.shelves import Shelves
from ghostnote.simulation.sittings import Sittings, plan_sittings
from ghostnote.simulation.timeline import lay_out

#: About this many plays are made at a time; part of the world's definition (other cells, other people).
_CELL_ACCOUNT_DAYS = 32_768


def cell_size(days: int) -> int:
    """Accounts per cell in a world of `days`: the unit whose random numbers belong together."""
    return max(64, _CELL_ACCOUNT_DAYS // days)


def cells(accounts: int, days: int) -> int:
    return -(-accounts // cell_size(days))


@dataclass(frozen=True)
class Listeners:
    """Who lives in a world, and what their lives are made of."""

    service: Service
    people: Population
    book: AddressBook
    shelves: Shelves

    @classmethod
    def of(cls, service: Service, people: Population, book: AddressBook) -> "Listeners":
        return cls(service, people, book, Shelves.of(service, people))


def live(listeners: Listeners, cell: int) -> Events:
    """Everything the accounts of one cell do between the service's start and its end."""
    service, people = listeners.service, listeners.people
    rng = generator(service.seed, Stream.LISTENING, cell)
    size = cell_size(service.days)
    accounts = np.arange(cell * size, min((cell + 1) * size, people.size))
    sittings = Sittings.joined(
        [
            plan_sittings(people, accounts, service.start, service.days, rng),
            *occasions(service, people, accounts, rng),
        ]
    )
    if sittings.account.size == 0:
        return Events()
    places = place_sittings(people, service.devices, listeners.book, sittings, rng)
    choices = choose_tracks(listeners.shelves, people, sittings, rng)
    heard = listen(sittings, choices, service.catalogue.duration_ms, rng)
    plays = _plays(sittings, places, choices, heard, cell)
    first = np.cumsum(sittings.plays) - sittings.plays
    begun = plays.end[first] - heard.ms[first].astype(np.int64) * 1000
    logins = _logins(service, people, sittings, places, begun, cell, rng)
    kept = _within(service, people, plays)
    plays = plays.take(kept)
    return Events([plays], [logins], [_actions(service, plays, cell, rng)])


def _plays(sittings: Sittings, places: Places, choices: Choices, heard: Heard, cell: int) -> Plays:
    count, sizes = choices.track.size, sittings.plays
    lengths = heard.ms * np.int64(1000)
    lengths += heard.pause
    end = lay_out(sittings.account, sittings.start, sizes, lengths, 20 * SECOND)
    # An offline sitting arrives as a whole, some time after its last play.
    arrival = end
    if places.offline.any():
        late = np.where(places.offline, end[np.cumsum(sizes) - 1] + places.delay, 0)
        arrival = np.maximum(end, np.repeat(late, sizes))
    return Plays(
        end=end,
        arrival=arrival,
        account=np.repeat(sittings.account.astype(np.int32), sizes),
        track=choices.track,
        ms=heard.ms,
        source=choices.source,
        source_ref=choices.source_ref,
        start_reason=heard.start_reason,
        end_reason=heard.end_reason,
        shuffle=choices.shuffle,
        offline=np.repeat(places.offline, sizes),
        ip=np.repeat(places.ip, sizes),
        device=np.repeat(places.device, sizes),
        number=numbers(cell, count),
        campaign=np.full(count, -1, dtype=np.int16),
        target=np.zeros(count, dtype=np.bool_),
    )


def numbers(unit: int, count: int) -> npt.NDArray[np.int64]:
    """Numbers of the events of one cell (or, after all cells, of one unit of a campaign): unique in the world."""
    return (np.int64(unit) << np.int64(32)) + np.arange(count, dtype=np.int64)


def _within(service: Service, people: Population, plays: Plays) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Plays that began after the sign-up (and the world's first midnight), and arrived before its end."""
    begun = plays.end - plays.ms.astype(np.int64) * 1000
    account = plays.account
    return np.asarray(
        (begun >= np.maximum(people.signed_up[account] + 20 * SECOND, service.start))
        & (plays.arrival < service.end)
        & (plays.end < people.left[account])
    )


def _logins(
    service: Service,
    people: Population,
    sittings: Sittings,
    places: Places,
    begun: Ints,
    cell: int,
    rng: np.random.Generator,
) -> Logins:
    """Sign-ins before some sittings, more often away from the phone; a few with a wrong password first."""
    chance = np.where(places.device % 4 == 0, 0.025, 0.12) * ~places.offline
    time = begun - (rng.uniform(3, 90, begun.size) * SECOND).astype(np.int64)
    known = (time > people.signed_up[sittings.account]) & (time < people.left[sittings.account])
    inside = (time >= service.start) & (time < service.end)
    right = np.flatnonzero((rng.random(begun.size) < chance) & known & inside)
    wrong = right[rng.random(right.size) < 0.06]
    rows = np.concatenate([right, wrong])
    success = np.arange(rows.size) < right.size
    early = np.where(success, 0, rng.uniform(5, 60, rows.size) * SECOND).astype(np.int64)
    return Logins(
        time=np.maximum(time[rows] - early, service.start),
        account=sittings.account[rows].astype(np.int32),
        ip=places.ip[rows],
        device=places.device[rows],
        success=success,
        number=numbers(cell, rows.size),
    )


def _actions(service: Service, plays: Plays, cell: int, rng: np.random.Generator) -> Actions:
    """Likes, saves and follows of what was heard for more than 30 s, shortly after the play."""
    rates = {"like": 0.012, "save": 0.008, "playlist_add": 0.006, "follow": 0.0018, "playlist_follow": 0.001,
             "share": 0.0008}  # fmt: skip
    steps = np.cumsum(list(rates.values()))
    draw = rng.random(len(plays))
    rows = np.flatnonzero((draw < steps[-1]) & (plays.ms >= 30_000) & ~plays.offline)
    action = np.array([ACTION[name] for name in rates], dtype=np.int8)[np.searchsorted(steps, draw[rows], "right")]
    follows_list = (action == ACTION["playlist_follow"]) & (plays.source[rows] == 0) & (plays.source_ref[rows] >= 0)
    action = np.where((action == ACTION["playlist_follow"]) & ~follows_list, ACTION["like"], action).astype(np.int8)
    kind = np.where(
        action == ACTION["follow"],
        OBJECT["artist"],
        np.where(action == ACTION["playlist_follow"], OBJECT["playlist"], OBJECT["track"]),
    ).astype(np.int8)
    track = plays.track[rows]
    subject = np.where(kind == OBJECT["artist"], service.catalogue.artist[track], track).astype(np.int64)
    subject = np.where(kind == OBJECT["playlist"], plays.source_ref[rows], subject)
    time = plays.end[rows] - (rng.random(rows.size) * 0.8 * plays.ms[rows] * 1000).astype(np.int64)
    keep = (time >= service.start) & (time < service.end - MINUTE)
    return Actions(
        time=time,
        account=plays.account[rows],
        action=action,
        kind=kind,
        subject=subject,
        ip=plays.ip[rows],
        device=plays.device[rows],
        number=numbers(cell, rows.size),
    ).take(keep)
