"""Where a listener's tracks come from: genres, artists, public playlists and a library of one's own.

A library is never stored: "track 17 of account 5's library" is looked up by number, the same on every day.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ghostnote.compiling import inlined
from ghostnote.simulation.catalogue import BEST_KNOWN, Guide
from ghostnote.simulation.draws import known
from ghostnote.simulation.population import Population
from ghostnote.simulation.randomness import Ints, Words, key
from ghostnote.simulation.service import Service

#: How often a person's three genres come up.
TASTE_SHARES = (0.58, 0.28, 0.14)
#: Places in one account's library, at most.
_SPAN = 1 << 13
#: Days for which a track keeps its place in a library: from the one that bores soonest to the one that stays longest.
_SOONEST, _LONGEST = 14.0, 500.0
#: Days for which an artist stays a favourite.
_DEVOTED_DAYS = 240.0
#: Keys of what is looked up by number. Their order is that of `Shelves.secrets`.
SECRETS = (300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315)
(
    LISTED_GENRE, LISTED_PLACE, LOVED_GENRE, LOVED_PLACE, OWNED_ARTIST, OWNED_TRACK, OWN_STRETCH, OBSESSION,
    DEVOTED, IDOL, NEXT_ARTIST, OWNED_DAYS, OWNED_TURN, LOVED_TURN, LISTED_TURN, MAINSTREAM,
) = range(len(SECRETS))  # fmt: skip


class Shelves(NamedTuple):
    """A service and its people as compiled code sees them; rows are codes.

    Guides of all genres lie end to end: genre g's is `artists[artists_at[g] : artists_at[g + 1]]`.
    """

    secrets: Words
    taste: npt.NDArray[np.int8]
    favourites: npt.NDArray[np.float32]
    library: npt.NDArray[np.float32]
    artists: npt.NDArray[np.int32]
    artists_at: npt.NDArray[np.int64]
    artist_first: npt.NDArray[np.int32]
    artist_size: npt.NDArray[np.int32]
    artist_of: npt.NDArray[np.int32]
    released: npt.NDArray[np.int64]
    lists: npt.NDArray[np.int32]
    lists_at: npt.NDArray[np.int64]
    list_first: npt.NDArray[np.int64]
    list_size: npt.NDArray[np.int64]
    list_tracks: npt.NDArray[np.int32]

    @classmethod
    def of(cls, service: Service, people: Population) -> "Shelves":
        catalogue, playlists = service.catalogue, service.playlists
        return cls(
            np.array([key(service.seed, number) for number in SECRETS], dtype=np.uint64),
            people.taste,
            people.favourites,
            people.library,
            *_joined(catalogue.genre_guides),
            catalogue.artist_first,
            catalogue.artist_size,
            catalogue.artist,
            catalogue.released,
            *_joined(playlists.guides),
            playlists.first,
            playlists.size,
            playlists.tracks,
        )


def _joined(guides: tuple[Guide, ...]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    sizes: Ints = np.array([guide.table.size for guide in guides], dtype=np.int64)
    return np.concatenate([guide.table for guide in guides]), np.append(0, np.cumsum(sizes))


@inlined
def preferred(uniform: float) -> int:
    """Which of a person's three genres, in these shares."""
    if uniform > TASTE_SHARES[0] + TASTE_SHARES[1]:
        return 2
    return 1 if uniform > TASTE_SHARES[0] else 0


@inlined
def artist_of_genre(shelves: Shelves, genre: int, uniform: float) -> int:
    """An artist drawn by popularity within a genre."""
    begin, end = shelves.artists_at[genre], shelves.artists_at[genre + 1]
    return int(shelves.artists[begin + int((end - begin) * uniform)])


@inlined
def list_of_genre(shelves: Shelves, genre: int, uniform: float) -> int:
    """A public playlist drawn by its number of followers within a genre."""
    begin, end = shelves.lists_at[genre], shelves.lists_at[genre + 1]
    return int(shelves.lists[begin + int((end - begin) * uniform)])


@inlined
def track_of(shelves: Shelves, artist: int, uniform: float) -> int:
    """A track of an artist: the best-known ones far more often."""
    return int(shelves.artist_first[artist]) + int(shelves.artist_size[artist] * uniform**BEST_KNOWN)


@inlined
def era(number: int, day: float, lasts: float, secret: np.uint64) -> int:
    """What to add to `number` on a day: another value every `lasts` days, for each number at another time."""
    return math.floor(day / lasts + known(number, secret)) << 40


@inlined
def favourite_artist(shelves: Shelves, account: int, place: float, day: float) -> int:
    """The artist at a place (rounded down) of an account's list of favourites on a day: the same for most of a year."""
    secrets = shelves.secrets
    number = account * _SPAN + int(place)
    number += era(number, day, _DEVOTED_DAYS, secrets[LOVED_TURN])
    genre = shelves.taste[account, preferred(known(number, secrets[LOVED_GENRE]))]
    # Some love what everybody knows, others what hardly anybody does.
    mainstream = 0.4 + 0.5 * known(account, secrets[MAINSTREAM])
    return artist_of_genre(shelves, genre, known(number, secrets[LOVED_PLACE]) ** mainstream)


@inlined
def library_track(shelves: Shelves, account: int, place: int, day: float) -> int:
    """The track at a place of an account's library on a day: the same for weeks or years, until another takes over."""
    secrets = shelves.secrets
    number = account * _SPAN + int(place)
    lasts = _SOONEST * math.exp(math.log(_LONGEST / _SOONEST) * known(number, secrets[OWNED_DAYS]))
    number += era(number, day, lasts, secrets[OWNED_TURN])
    which = shelves.favourites[account] * known(number, secrets[OWNED_ARTIST]) ** 1.1
    artist = favourite_artist(shelves, account, which, 0.0)
    return track_of(shelves, artist, known(number, secrets[OWNED_TRACK]) ** 0.6)
