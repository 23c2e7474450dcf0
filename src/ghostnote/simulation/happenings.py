"""What happens in a world that many honest people hear of: a viral hit, new albums, streaming parties; and noise."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.catalogue import GENRES, Catalogue
from ghostnote.simulation.randomness import Stream, generator
from ghostnote.simulation.rows import DAY, HOUR

PARTY_DAYS = 7
ALBUM_TRACKS = 10
_NOISE_TRACKS = 60
_ALBUMS = 3
_FANDOMS = 4
_AMBIENT = list(GENRES).index("ambient")


@dataclass(frozen=True)
class Happenings:
    """Track codes and days of the world.

    `noise` are short tracks that run all night; `hit` is taken up from `hit_day` on; `albums` are the first tracks of
    `ALBUM_TRACKS` each, out on `album_days`; `songs` are what organised fans play for `PARTY_DAYS` from `party_days`.
    """

    noise: npt.NDArray[np.int32]
    hit: int
    hit_day: float
    albums: npt.NDArray[np.int32]
    album_days: npt.NDArray[np.int64]
    songs: npt.NDArray[np.int32]
    party_days: npt.NDArray[np.int64]

    @classmethod
    def none(cls) -> "Happenings":
        """A world whose people are real: nothing needs to happen to them."""
        tracks, days = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64)
        return cls(tracks, -1, 0.0, tracks, days, tracks, days)


def let_happen(catalogue: Catalogue, *, start: int, days: int, seed: int) -> tuple[Catalogue, Happenings]:
    """What happens in a world that begins at `start` (microseconds), and its catalogue with the dates that follow."""
    rng = generator(seed, Stream.HAPPENINGS)
    ambient = np.flatnonzero(catalogue.artist_genre[catalogue.artist] == _AMBIENT)
    noise = ambient[np.argsort(catalogue.duration_ms[ambient], kind="stable")[:_NOISE_TRACKS]]
    # The best known have many followers, of whom some organise; nobody had heard of the hit's artist.
    large = np.flatnonzero(catalogue.artist_size >= ALBUM_TRACKS + 4)
    if large.size < _ALBUMS + _FANDOMS:
        large = np.argsort(-catalogue.artist_size, kind="stable")[: _ALBUMS + _FANDOMS]
    stars = rng.choice(large[: max(_ALBUMS + _FANDOMS, large.size // 5)], _ALBUMS + _FANDOMS, replace=False)
    last = catalogue.artist_first[stars[:_ALBUMS]] + catalogue.artist_size[stars[:_ALBUMS]]
    albums = np.maximum(last - ALBUM_TRACKS, 0)
    songs = catalogue.artist_first[stars[-_FANDOMS:]] + 1
    unknown = np.flatnonzero(catalogue.artist_size >= 3)
    hit = int(catalogue.artist_first[rng.choice(unknown[unknown.size // 2 :])]) + 1
    happenings = Happenings(
        noise=noise.astype(np.int32),
        hit=hit,
        hit_day=0.3 * days,
        albums=albums.astype(np.int32),
        album_days=rng.integers(min(1, days - 1), days, albums.size),
        songs=songs.astype(np.int32),
        party_days=rng.integers(0, max(1, days - PARTY_DAYS + 1), songs.size),
    )
    released = catalogue.released.copy()
    for first, day in zip(albums.tolist(), happenings.album_days.tolist(), strict=True):
        # Midnight comes to the east first.
        released[first : first + ALBUM_TRACKS] = start + day * DAY - 10 * HOUR
    released[songs] = start + happenings.party_days * DAY - DAY
    released[hit] = start + int((happenings.hit_day - 2) * DAY)
    released[noise] = np.minimum(released[noise], start - 30 * DAY)
    # Noise is sold in short pieces; a few are just long enough to be paid.
    duration = catalogue.duration_ms.copy()
    duration[noise] = np.clip(88_000 * np.exp(0.42 * rng.standard_normal(noise.size)), 31_500, 300_000)
    return replace(catalogue, released=released, duration_ms=duration), happenings
