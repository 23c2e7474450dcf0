"""What people play: from playlists, albums, their library, the radio; the same things again and again."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ghostnote.compiling import inlined, lean
from ghostnote.simulation.catalogue import BEST_KNOWN
from ghostnote.simulation.draws import dice, known, uniform
from ghostnote.simulation.population import BLOCK_SOURCES, Population
from ghostnote.simulation.randomness import Floats, Words
from ghostnote.simulation.rows import SOURCE
from ghostnote.simulation.shelves import (
    DEVOTED,
    IDOL,
    LISTED_GENRE,
    LISTED_PLACE,
    LISTED_TURN,
    NEXT_ARTIST,
    OBSESSION,
    OWN_STRETCH,
    Shelves,
    artist_of_genre,
    era,
    favourite_artist,
    library_track,
    list_of_genre,
    preferred,
    track_of,
)
from ghostnote.simulation.sittings import LOOP, SKIM, SLEEP, Sittings

_PLAYLIST, _LIBRARY, _ALBUM, _ARTIST, _RADIO, _SEARCH, _AUTOPLAY, _QUEUE, _OWN = range(len(BLOCK_SOURCES))
_SOURCE_CODES = np.array([SOURCE[name.removeprefix("own ")] for name in BLOCK_SOURCES], dtype=np.int8)
_ALBUM_TRACKS = 11
#: Days for which a public playlist stays one that somebody comes back to.
_LISTED_DAYS = 40.0
#: Own playlists are numbered after every public one.
OWN_PLAYLISTS = 1 << 24
ALBUMS_EACH = 1 << 9


@dataclass
class Choices:
    """Per play: the track, where it was started from, and whether a new stretch of plays begins here.

    `source_ref` numbers the playlist, album or artist (-1: none); `again` says that the track was played just before.
    """

    track: npt.NDArray[np.int32]
    source: npt.NDArray[np.int8]
    source_ref: npt.NDArray[np.int64]
    shuffle: npt.NDArray[np.bool_]
    fresh: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]

    @classmethod
    def room(cls, count: int) -> "Choices":
        """Arrays of this length, to be filled."""
        flags = [np.empty(count, dtype=np.bool_) for _ in range(3)]
        return cls(np.empty(count, np.int32), np.empty(count, np.int8), np.empty(count, np.int64), *flags)


class _Sat(NamedTuple):
    """Per sitting: `Sittings`, and what of the listener's habits matters for the choice."""

    account: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    plays: npt.NDArray[np.int64]
    mood: npt.NDArray[np.int8]
    track: npt.NDArray[np.int32]
    span: npt.NDArray[np.int64]
    every: npt.NDArray[np.int64]
    source: npt.NDArray[np.int8]
    turn: Floats
    shuffle: Floats
    repeat: Floats
    obsession: Floats
    devotion: Floats


class _Block(NamedTuple):
    """A stretch of plays from one source. `start` is where in a list it begins, as a uniform value; `first` and `turn`
    are where a shuffle begins and how far it goes each time; `number` is unique, for what is looked up.
    """

    kind: int
    shuffle: bool
    artist: int
    playlist: int
    start: float
    first: float
    turn: float
    number: int


def choose_tracks(shelves: Shelves, people: Population, sittings: Sittings, rng: np.random.Generator) -> Choices:
    """The tracks of every play of the sittings, in order."""
    account = sittings.account
    stays = np.where(np.isin(sittings.mood, (LOOP, SKIM)), 0.15, 1.0)
    turn = np.where(sittings.mood == SLEEP, 0.0, stays / people.block_length[account])
    habits = (
        turn,
        people.shuffle[account],
        people.repeat[account],
        people.obsession[account],
        people.devotion[account],
    )
    own = [getattr(sittings, name) for name in _Sat._fields[: -len(habits)]]
    sat = _Sat._make([*own, *habits])
    made = Choices.room(int(sittings.plays.sum()))
    _choose(
        shelves, sat, people.habits, dice(rng),
        made.track, made.source, made.source_ref, made.shuffle, made.fresh, made.again,
    )  # fmt: skip
    return made


@lean
def _choose(
    shelves: Shelves,
    sat: _Sat,
    habits: npt.NDArray[np.float32],
    state: Words,
    tracks: npt.NDArray[np.int32],
    sources: npt.NDArray[np.int8],
    refs: npt.NDArray[np.int64],
    shuffles: npt.NDArray[np.bool_],
    freshes: npt.NDArray[np.bool_],
    agains: npt.NDArray[np.bool_],
) -> None:
    row = 0
    for s in range(sat.account.size):
        looping = sat.mood[s] == LOOP
        step, before = 0, 0
        block = _block(shelves, sat, habits, s, row, state)
        for place in range(sat.plays[s]):
            fresh = place == 0
            if place > 0:
                step += 1
                if uniform(state) < sat.turn[s]:
                    fresh, step = True, 0
                    block = _block(shelves, sat, habits, s, row, state)
            track, ref = _picked(shelves, sat, s, block, step, state)
            again = False
            if looping:
                track = _looped(shelves, sat, s, block, step)
            else:
                if uniform(state) < sat.obsession[s]:
                    track = _obsession(shelves, sat, s, state)
                again = uniform(state) < sat.repeat[s] and place > 0
                track = before if again else track
            before = track
            special = sat.track[s] >= 0 and place % sat.every[s] == 0
            if special:
                track = sat.track[s] + place // sat.every[s] % sat.span[s]
            # Tracks not out yet give way to their artist's best-known one, which always is.
            if shelves.released[track] > sat.start[s]:
                track = int(shelves.artist_first[shelves.artist_of[track]])
            tracks[row] = track
            sources[row] = sat.source[s] if special else _SOURCE_CODES[block.kind]
            refs[row] = -1 if special else ref
            shuffles[row] = block.shuffle and not looping and not special
            freshes[row] = fresh and not (special and place > 0)
            agains[row] = (again or (looping and step > 0)) and not special
            row += 1


@inlined
def _block(shelves: Shelves, sat: _Sat, habits: npt.NDArray[np.float32], s: int, number: int, state: Words) -> _Block:
    account, day = sat.account[s], sat.day[s]
    draw = uniform(state)
    kind = 0
    while kind < _OWN and habits[account, kind] < draw:
        kind += 1
    shuffle = uniform(state) < sat.shuffle[s] * (0.35 if kind == _ALBUM else 1.05)
    # Now and then a day belongs to one artist. Who skims is after what they do not know yet.
    skims = sat.mood[s] == SKIM
    today = account * 1024 + day
    devoted = known(today, shelves.secrets[DEVOTED]) < sat.devotion[s] and uniform(state) < 0.85 and not skims
    if devoted:
        kind = _ARTIST if uniform(state) < 0.5 else _ALBUM
    artist, playlist = 0, (-1)
    if kind in (_PLAYLIST, _OWN):
        playlist = _list(shelves, account, day, kind, state)
    elif kind in (_LIBRARY, _QUEUE):
        pass
    elif devoted:
        place = shelves.favourites[account] * known(today, shelves.secrets[IDOL]) ** 2
        artist = int(favourite_artist(shelves, account, place, day))
    elif uniform(state) < (0.25 if skims or kind in (_RADIO, _AUTOPLAY) else 0.75):
        place = shelves.favourites[account] * uniform(state) ** 1.5
        artist = int(favourite_artist(shelves, account, place, day))
    else:
        genre = shelves.taste[account, preferred(uniform(state))]
        artist = int(artist_of_genre(shelves, genre, uniform(state)))
    start = uniform(state) if uniform(state) < 0.6 else 0.0
    # A shuffled list is played through before it repeats: each block turns by a step near the golden ratio.
    return _Block(kind, shuffle, artist, playlist, start, uniform(state), 0.618034 + 0.02 * uniform(state), number)


@inlined
def _list(shelves: Shelves, account: int, day: int, kind: int, state: Words) -> int:
    """One of eight public playlists that a person comes back to, or of eight of their own."""
    number = account * 8 + int(8 * uniform(state) ** 1.4)
    if kind == _OWN:
        return OWN_PLAYLISTS + number
    now = number + era(number, day, _LISTED_DAYS, shelves.secrets[LISTED_TURN])
    genre = shelves.taste[account, preferred(known(now, shelves.secrets[LISTED_GENRE]))]
    return int(list_of_genre(shelves, genre, known(now, shelves.secrets[LISTED_PLACE])))


@inlined
def _picked(shelves: Shelves, sat: _Sat, s: int, block: _Block, step: int, state: Words) -> tuple[int, int]:
    """Track and source number of a play."""
    kind, spread = block.kind, (block.first + step * block.turn) % 1.0
    if kind in (_LIBRARY, _OWN, _QUEUE):
        return int(_own_list(shelves, sat, s, block, step, spread)), block.playlist
    if kind == _PLAYLIST:
        size = shelves.list_size[block.playlist]
        spot = int(spread * size) if block.shuffle else int(block.start * size) + step
        return int(shelves.list_tracks[shelves.list_first[block.playlist] + spot % size]), block.playlist
    if kind in (_RADIO, _AUTOPLAY):
        artist = block.artist
        if spread >= 0.15:
            genre = shelves.taste[sat.account[s], preferred(uniform(state))]
            artist = int(artist_of_genre(shelves, genre, uniform(state)))
        return int(track_of(shelves, artist, uniform(state))), -1
    artist = _next_artist(shelves, sat, s, block, step)
    if kind == _ALBUM:
        return _album(shelves, block, step, spread, artist)
    # An artist's tracks one after the other from somewhere near the best known, none twice before all were heard.
    size = int(shelves.artist_size[artist])
    track = shelves.artist_first[artist] + (int(size * block.start**BEST_KNOWN) + step) % size
    return track, artist if kind == _ARTIST else -1


@inlined
def _own_list(shelves: Shelves, sat: _Sat, s: int, block: _Block, step: int, spread: float) -> int:
    """From the library, from one's own playlists (stretches of it) or from a queue made from it."""
    account = sat.account[s]
    size = float(shelves.library[account])
    own = block.kind == _OWN
    begin = known(block.playlist, shelves.secrets[OWN_STRETCH]) * size if own else 0.0
    span = min(40 + size * 0.1, size) if own else size
    shuffled = (spread if own else spread**1.15) * span
    spot = shuffled if block.shuffle else (block.start**2 * span + step) % span
    return library_track(shelves, account, int((begin + spot) % size), sat.day[s])


@inlined
def _next_artist(shelves: Shelves, sat: _Sat, s: int, block: _Block, step: int) -> int:
    """The block's artist, and another favourite whenever that one's tracks are through."""
    lap = step // max(int(shelves.artist_size[block.artist]), 1)
    if lap == 0:
        return block.artist
    account = sat.account[s]
    other = known(block.number * 64 + lap, shelves.secrets[NEXT_ARTIST] ^ np.uint64(account))
    return int(favourite_artist(shelves, account, shelves.favourites[account] * other, sat.day[s]))


@inlined
def _album(shelves: Shelves, block: _Block, step: int, spread: float, artist: int) -> tuple[int, int]:
    size = int(shelves.artist_size[artist])
    albums = size // _ALBUM_TRACKS + 1
    album = int(block.start**2 * albums) % albums
    first = album * _ALBUM_TRACKS
    length = min(max(size - first, 1), _ALBUM_TRACKS)
    spot = (int(spread * length) if block.shuffle else step) % length
    return shelves.artist_first[artist] + min(first, size - 1) + spot, artist * ALBUMS_EACH + album


@inlined
def _looped(shelves: Shelves, sat: _Sat, s: int, block: _Block, step: int) -> int:
    """One, two or three tracks of the library in turn."""
    count = 1 + int(block.start * 97 % 1 * 1.9) + (1 if block.start * 13 % 1 > 0.85 else 0)
    account = sat.account[s]
    base = int(block.start * shelves.library[account] * 0.6)
    return int(library_track(shelves, account, base + step % count, sat.day[s]))


@inlined
def _obsession(shelves: Shelves, sat: _Sat, s: int, state: Words) -> int:
    """One of the four favourites of a stretch of nine days; everybody's stretches turn over on another day."""
    account, day = sat.account[s], sat.day[s]
    season = (day + account % 9) // 9
    slot = int(4 * uniform(state) ** 2)
    place = known(account * 512 + season * 4 + slot, shelves.secrets[OBSESSION]) * shelves.library[account]
    return int(library_track(shelves, account, int(place), day))
