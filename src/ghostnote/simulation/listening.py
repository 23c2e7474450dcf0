"""What people play: from playlists, albums, their library, the radio; the same things again and again.

A library is never stored: "track 17 of account 5's library" is looked up by `noise`, the same on every day.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.population import BLOCK_SOURCES, Population
from ghostnote.simulation.randomness import Bools, Floats, Ints, key, noise, ragged
from ghostnote.simulation.rows import SOURCE
from ghostnote.simulation.service import Service
from ghostnote.simulation.sittings import LOOP, SKIM, SLEEP, Sittings

_PLAYLIST, _LIBRARY, _ALBUM, _ARTIST, _RADIO, _SEARCH, _AUTOPLAY, _QUEUE, _OWN = range(len(BLOCK_SOURCES))
_SOURCE_CODES = np.array([SOURCE[name.removeprefix("own ")] for name in BLOCK_SOURCES], dtype=np.int8)
_ALBUM_TRACKS = 11
#: How often a person's three genres come up.
TASTE_SHARES = (0.58, 0.28, 0.14)
_SPAN = 1 << 13  # places in one account's library, at most
#: Days for which a track keeps its place in a library: from the one that bores soonest to the one that stays longest.
_LASTS = (14.0, 500.0)
#: Days for which an artist stays a favourite, and a public playlist one that somebody comes back to.
_DEVOTED_DAYS, _LISTED_DAYS = 240.0, 40.0
#: Own playlists are numbered after every public one.
OWN_PLAYLISTS = 1 << 24
ALBUMS_EACH = 1 << 9


@dataclass
class Choices:
    """Per play: its sitting, the track, where it was started from, and whether a new stretch of plays begins here.

    `place` counts plays within the sitting; `source_ref` numbers the playlist, album or artist (-1: none).
    """

    sitting: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    track: npt.NDArray[np.int32]
    source: npt.NDArray[np.int8]
    source_ref: npt.NDArray[np.int64]
    shuffle: npt.NDArray[np.bool_]
    fresh: npt.NDArray[np.bool_]
    again: npt.NDArray[np.bool_]


@dataclass
class _Blocks:
    """Stretches of plays from one source. `start` is where in a list it begins, as a uniform value."""

    sitting: npt.NDArray[np.int64]
    account: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    shuffle: npt.NDArray[np.bool_]
    artist: npt.NDArray[np.int32]
    playlist: npt.NDArray[np.int64]
    start: npt.NDArray[np.float64]


def choose_tracks(service: Service, people: Population, sittings: Sittings, rng: np.random.Generator) -> Choices:
    """The tracks of every play of the sittings, in order."""
    sitting, place = ragged(sittings.plays)
    stays = np.where(np.isin(sittings.mood, (LOOP, SKIM)), 0.15, 1.0)
    turn = (stays / people.block_length[sittings.account])[sitting]
    turn = np.where(sittings.mood[sitting] == SLEEP, 0.0, turn)
    fresh = (place == 0) | (rng.random(place.size, dtype=np.float32) < turn)
    block = np.cumsum(fresh) - 1
    blocks = _make_blocks(service, people, sittings, sitting[fresh], rng)
    begin = np.flatnonzero(fresh)
    step = np.arange(place.size) - begin[block]
    track, ref = _pick(service, people, blocks, block, step, rng)
    looping = (sittings.mood == LOOP)[sitting]
    track = np.where(looping, _looped(service, people, blocks, block, step), track)
    track, again = _repeats(people, sittings, sitting, place, track, looping, service, rng)
    lap = place // sittings.every[sitting]
    special = (sittings.track[sitting] >= 0) & (place % sittings.every[sitting] == 0)
    track = np.where(special, sittings.track[sitting] + lap % sittings.span[sitting], track).astype(np.int32)
    track = _released(service, track, sittings.start[sitting])
    return Choices(
        sitting=sitting,
        place=place,
        track=track.astype(np.int32),
        source=np.where(special, sittings.source[sitting], _SOURCE_CODES[blocks.kind][block]).astype(np.int8),
        source_ref=np.where(special, -1, ref),
        shuffle=blocks.shuffle[block] & ~looping & ~special,
        fresh=fresh & ~(special & (place > 0)),
        again=(again | (looping & (step > 0))) & ~special,
    )


def _make_blocks(
    service: Service, people: Population, sittings: Sittings, sitting: Ints, rng: np.random.Generator
) -> _Blocks:
    account = sittings.account[sitting]
    draw = rng.random(account.size)
    kind = np.minimum((people.habits[account] < draw[:, None]).sum(axis=1), len(BLOCK_SOURCES) - 1).astype(np.int8)
    shuffle = rng.random(account.size) < people.shuffle[account] * np.where(kind == _ALBUM, 0.35, 1.05)
    known = rng.random(account.size) < np.where(np.isin(kind, (_RADIO, _AUTOPLAY)), 0.25, 0.75)
    day = sittings.day[sitting]
    favourite = favourite_artist(
        service, people, account, people.favourites[account] * rng.random(account.size) ** 1.5, day
    )
    taste = people.taste[account, _taste(rng.random(account.size))]
    # Now and then a day belongs to one artist.
    today = account * 1024 + day
    devoted = noise(today, key(service.seed, 308)) < people.devotion[account]
    devoted &= rng.random(account.size) < 0.85
    kind = np.where(devoted, np.where(draw * 8 % 1 < 0.5, _ARTIST, _ALBUM), kind).astype(np.int8)
    idol = favourite_artist(
        service, people, account, people.favourites[account] * noise(today, key(service.seed, 309)) ** 2, day
    )
    discovered = service.catalogue.artists_of_genre(taste, rng.random(account.size))
    # Eight public playlists that a person comes back to; eight of their own.
    slot = np.floor(8 * rng.random(account.size) ** 1.4)
    number = (account * 8 + slot).astype(np.int64)
    now = number + _era(number, day, _LISTED_DAYS, key(service.seed, 314))
    genre = people.taste[account, _taste(noise(now, key(service.seed, 300)))]
    public = service.playlists.of_genre(genre, noise(now, key(service.seed, 301)))
    return _Blocks(
        sitting=np.asarray(sitting, dtype=np.int64),
        account=account,
        day=day,
        kind=kind,
        shuffle=shuffle,
        artist=np.where(devoted, idol, np.where(known, favourite, discovered)).astype(np.int32),
        playlist=np.where(kind == _OWN, OWN_PLAYLISTS + number, public).astype(np.int64),
        start=rng.random(account.size) * (rng.random(account.size) < 0.6),
    )


def _taste(uniform: Floats) -> npt.NDArray[np.int64]:
    """Which of a person's three genres, in these shares."""
    first, second, _ = TASTE_SHARES
    return (uniform > first).astype(np.int64) + (uniform > first + second)


def favourite_artist(
    service: Service, people: Population, account: Ints, place: Floats, day: Ints | int
) -> npt.NDArray[np.int32]:
    """The artist at a place (rounded down) of an account's list of favourites on a day: the same for most of a year."""
    number = account.astype(np.int64) * _SPAN + place.astype(np.int64)
    number += _era(number, day, _DEVOTED_DAYS, key(service.seed, 313))
    genre = people.taste[account, _taste(noise(number, key(service.seed, 302)))]
    # Some love what everybody knows, others what hardly anybody does.
    mainstream = 0.4 + 0.5 * noise(account, key(service.seed, 315))
    return service.catalogue.artists_of_genre(genre, noise(number, key(service.seed, 303)) ** mainstream)


def library_track(service: Service, people: Population, account: Ints, place: Ints, day: Ints) -> npt.NDArray[np.int32]:
    """The track at a place of an account's library on a day: the same for weeks or years, until another takes over."""
    number = account.astype(np.int64) * _SPAN + place
    lasts = _LASTS[0] * (_LASTS[1] / _LASTS[0]) ** noise(number, key(service.seed, 311))
    number += _era(number, day, lasts, key(service.seed, 312))
    which = people.favourites[account] * noise(number, key(service.seed, 304)) ** 1.1
    artist = favourite_artist(service, people, account, which, 0)
    return service.catalogue.track_of(artist, noise(number, key(service.seed, 305)) ** 0.6)


def _era(number: Ints, day: Ints | int, lasts: Floats | float, secret: np.uint64) -> npt.NDArray[np.int64]:
    """What to add to `number` on a day: another value every `lasts` days, for each number at another time."""
    return np.floor(day / lasts + noise(number, secret)).astype(np.int64) << np.int64(40)


def _pick(
    service: Service, people: Population, blocks: _Blocks, block: Ints, step: Ints, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Track and source number of each play, source by source."""
    uniform = _shuffled(blocks, block, step)
    track = np.empty(block.size, dtype=np.int32)
    ref = np.full(block.size, -1, dtype=np.int64)
    kind = blocks.kind[block]
    chosen = _own_lists(service, people, blocks, block, step, uniform, kind)
    rows = np.flatnonzero((kind == _LIBRARY) | (kind == _OWN) | (kind == _QUEUE))
    track[rows] = chosen
    ref[rows] = np.where(kind[rows] == _OWN, blocks.playlist[block[rows]], -1)
    rows = np.flatnonzero(kind == _PLAYLIST)
    b = block[rows]
    size = service.playlists.size[blocks.playlist[b]]
    spot = np.where(blocks.shuffle[b], uniform[rows] * size, blocks.start[b] * size + step[rows]).astype(np.int64)
    track[rows], ref[rows] = service.playlists.at(blocks.playlist[b], spot), blocks.playlist[b]
    rows = np.flatnonzero(kind == _ALBUM)
    track[rows], ref[rows] = _albums(service, people, blocks, block[rows], step[rows], uniform[rows])
    rows = np.flatnonzero((kind == _ARTIST) | (kind == _SEARCH))
    artist = _next_artist(service, people, blocks, block[rows], step[rows])
    track[rows] = _artist_page(service, blocks, block[rows], step[rows], artist)
    ref[rows] = np.where(kind[rows] == _ARTIST, artist, -1)
    rows = np.flatnonzero((kind == _RADIO) | (kind == _AUTOPLAY))
    taste = people.taste[blocks.account[block[rows]], _taste(rng.random(rows.size))]
    artist = service.catalogue.artists_of_genre(taste, rng.random(rows.size))
    artist = np.where(uniform[rows] < 0.15, blocks.artist[block[rows]], artist)
    track[rows] = service.catalogue.track_of(artist, rng.random(rows.size))
    return track, ref


def _shuffled(blocks: _Blocks, block: Ints, step: Ints) -> Floats:
    """Places, as uniform values, that spread over a list without coming back to the same one soon.

    A shuffled list is played through before it repeats; each block turns by a step of its own near the golden ratio.
    """
    count = blocks.start.size
    first = noise(np.arange(count), np.uint64(blocks.account[0]))
    turn = 0.618034 + 0.02 * noise(np.arange(count), np.uint64(blocks.account[0] + 1))
    return np.asarray((first[block] + step * turn[block]) % 1.0)


def _own_lists(
    service: Service,
    people: Population,
    blocks: _Blocks,
    block: Ints,
    step: Ints,
    uniform: Floats,
    kind: npt.NDArray[np.int8],
) -> npt.NDArray[np.int32]:
    """Plays from the library, from one's own playlists (stretches of it) and from a queue made from it."""
    rows = np.flatnonzero((kind == _LIBRARY) | (kind == _OWN) | (kind == _QUEUE))
    b = block[rows]
    account = blocks.account[b]
    size = people.library[account]
    own = kind[rows] == _OWN
    begin = np.where(own, noise(blocks.playlist[b], key(service.seed, 306)) * size, 0)
    span = np.where(own, np.minimum(40 + size * 0.1, size), size)
    ordered = blocks.start[b] ** 2 * span + step[rows]
    spot = np.where(blocks.shuffle[b], uniform[rows] ** np.where(own, 1.0, 1.15) * span, ordered % span)
    place = ((begin + spot) % size).astype(np.int64)
    return library_track(service, people, account, place, blocks.day[b])


def _next_artist(service: Service, people: Population, blocks: _Blocks, b: Ints, step: Ints) -> npt.NDArray[np.int32]:
    """Each block's artist, and another favourite whenever that one's tracks are through."""
    artist = blocks.artist[b].copy()
    lap = step // np.maximum(service.catalogue.artist_size[artist], 1)
    rows = np.flatnonzero(lap > 0)
    who = blocks.account[b[rows]]
    other = noise(b[rows].astype(np.int64) * 64 + lap[rows], key(service.seed, 310))
    artist[rows] = favourite_artist(service, people, who, people.favourites[who] * other, blocks.day[b[rows]])
    return artist


def _artist_page(
    service: Service, blocks: _Blocks, b: Ints, step: Ints, artist: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """An artist's tracks one after the other from somewhere near the best known, none twice before all were heard."""
    size = service.catalogue.artist_size[artist]
    begin = (size * blocks.start[b] ** 1.9).astype(np.int64)
    return (service.catalogue.artist_first[artist] + (begin + step) % size).astype(np.int32)


def _albums(
    service: Service, people: Population, blocks: _Blocks, b: Ints, step: Ints, uniform: Floats
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    catalogue = service.catalogue
    artist = _next_artist(service, people, blocks, b, step)
    size = catalogue.artist_size[artist].astype(np.int64)
    album = (blocks.start[b] ** 2 * (size // _ALBUM_TRACKS + 1)).astype(np.int64) % (size // _ALBUM_TRACKS + 1)
    first = album * _ALBUM_TRACKS
    length = np.clip(size - first, 1, _ALBUM_TRACKS)
    first = np.minimum(first, size - 1)
    spot = np.where(blocks.shuffle[b], uniform * length, step).astype(np.int64) % length
    return (catalogue.artist_first[artist] + first + spot).astype(np.int32), artist * ALBUMS_EACH + album


def _looped(service: Service, people: Population, blocks: _Blocks, block: Ints, step: Ints) -> npt.NDArray[np.int32]:
    """One, two or three tracks of the library in turn."""
    count = 1 + (blocks.start * 97 % 1 * 1.9).astype(np.int64) + (blocks.start * 13 % 1 > 0.85)
    account = blocks.account[block]
    base = (blocks.start[block] * people.library[account] * 0.6).astype(np.int64)
    return library_track(service, people, account, base + step % count[block], blocks.day[block])


def _repeats(
    people: Population,
    sittings: Sittings,
    sitting: Ints,
    place: Ints,
    track: npt.NDArray[np.int32],
    looping: Bools,
    service: Service,
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Some plays go to a current favourite, some repeat the play before."""
    account = sittings.account[sitting]
    obsessed = np.flatnonzero((rng.random(track.size, dtype=np.float32) < people.obsession[account]) & ~looping)
    who = account[obsessed]
    # The four favourites of a stretch of nine days; everybody's stretches turn over on another day.
    season = (sittings.day[sitting[obsessed]] + who % 9) // 9
    slot = np.floor(4 * rng.random(who.size) ** 2).astype(np.int64)
    favourite = (noise(who * 512 + season * 4 + slot, key(service.seed, 307)) * people.library[who]).astype(np.int64)
    track[obsessed] = library_track(service, people, who, favourite, sittings.day[sitting[obsessed]])
    again = (rng.random(track.size, dtype=np.float32) < people.repeat[account]) & (place > 0) & ~looping
    source = np.maximum.accumulate(np.where(again, 0, np.arange(track.size)))
    return track[source], again


def _released(service: Service, track: npt.NDArray[np.int32], time: Ints) -> npt.NDArray[np.int32]:
    """Tracks not out yet give way to their artist's best-known one, which always is."""
    catalogue = service.catalogue
    early = catalogue.released[track] > time
    return np.where(early, catalogue.artist_first[catalogue.artist[track]], track)
