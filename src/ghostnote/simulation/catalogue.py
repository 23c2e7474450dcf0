"""What can be played: tracks by artist, artists by genre, owners behind them, and how popular each is."""

from dataclasses import dataclass, replace
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from ghostnote.simulation.randomness import Floats, Ints, Stream, generator, ragged
from ghostnote.simulation.rows import DAY

#: Median track length relative to the whole catalogue's, by genre: dance and ambient run longer than punk.
GENRES: dict[str, float] = {
    "pop": 0.97, "hip hop": 0.92, "rock": 1.06, "latin": 0.98, "dance": 0.95, "r&b": 1.0, "indie": 1.05,
    "country": 0.98, "metal": 1.22, "folk": 1.04, "jazz": 1.35, "classical": 1.3, "ambient": 1.0, "soundtrack": 0.9,
    "k-pop": 0.95, "punk": 0.78, "soul": 1.03, "reggae": 1.1, "electronic": 1.25, "house": 1.3, "drill": 0.82,
    "children": 0.66, "blues": 1.15, "gospel": 1.2,
}  # fmt: skip

#: Shares of artists by genre.
GENRE_SHARES = np.arange(1, len(GENRES) + 1) ** -0.45 / (np.arange(1, len(GENRES) + 1) ** -0.45).sum()

#: Power of a uniform value that gives a track's place among its artist's: popularity by rank is about r**-0.47.
BEST_KNOWN = 1.9
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class CatalogueParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How large and how uneven the catalogue is.

    `tracks_per_account` and `least_tracks` size it; `tracks_per_artist` and `artists_per_owner` are means;
    `artist_exponent` and `owner_exponent` are those of the power laws (plays of an artist, artists of an owner, by
    rank), `artist_head` flattens the first one's head (weight (rank + head)**-exponent); `median_seconds`,
    `length_spread` (sigma of the log) and `long_share` shape track lengths (FACTS: ms_played quantiles, S/R);
    `new_per_day` is the share of the catalogue released per day of the world.
    """

    tracks_per_account: Positive = 3.0
    least_tracks: Annotated[int, msgspec.Meta(ge=1000)] = 90_000
    tracks_per_artist: Annotated[float, msgspec.Meta(ge=2)] = 9.0
    artists_per_owner: Annotated[float, msgspec.Meta(ge=1)] = 14.0
    artist_exponent: Positive = 1.05
    artist_head: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    owner_exponent: Positive = 1.05
    median_seconds: Positive = 207.0
    length_spread: Positive = 0.17
    long_share: Share = 0.06
    new_per_day: Share = 0.0006


@dataclass(frozen=True)
class Guide:
    """Draws items in proportion to their weights in one array look-up (a table of quantiles)."""

    table: npt.NDArray[np.int32]

    @classmethod
    def of(cls, weights: Floats, resolution: int = 4) -> "Guide":
        """`resolution` table entries per item; an item far below the mean weight may get none."""
        total = np.cumsum(weights, dtype=np.float64)
        size = max(1024, weights.size * resolution)
        marks = (np.arange(size) + 0.5) / size * total[-1]
        return cls(np.searchsorted(total, marks).astype(np.int32))

    def draw(self, uniform: Floats) -> npt.NDArray[np.int32]:
        return self.table[(uniform * self.table.size).astype(np.int64)]


@dataclass(frozen=True)
class Catalogue:
    """Tracks as arrays, an artist's tracks side by side, best known first.

    `duration_ms` in milliseconds, `released` in microseconds since 1970 (the least int64: not known).
    `genre_guides[g]` draws artists of genre g, `artist_guide` artists at large, `track_guide` tracks at large where
    their plays are known.
    """

    artist: npt.NDArray[np.int32]
    duration_ms: npt.NDArray[np.int32]
    released: npt.NDArray[np.int64]
    artist_first: npt.NDArray[np.int32]
    artist_size: npt.NDArray[np.int32]
    artist_genre: npt.NDArray[np.int8]
    artist_owner: npt.NDArray[np.int32]
    artist_guide: Guide
    genre_guides: tuple[Guide, ...]
    owners: int
    track_guide: Guide | None = None

    @property
    def tracks(self) -> int:
        return self.artist.size

    @property
    def artists(self) -> int:
        return self.artist_first.size

    def track_of(self, artist: Ints, uniform: Floats) -> npt.NDArray[np.int32]:
        """A track of each artist: the best-known ones far more often."""
        return (self.artist_first[artist] + (self.artist_size[artist] * uniform**BEST_KNOWN).astype(np.int32)).astype(
            np.int32
        )

    def popular(self, first: Floats, second: Floats) -> npt.NDArray[np.int32]:
        """Tracks as the whole service plays them, one for each pair of uniform values."""
        if self.track_guide is not None:
            return self.track_guide.draw(first)
        return self.track_of(self.artist_guide.draw(first), second)

    def artists_of_genre(self, genre: Ints, uniform: Floats) -> npt.NDArray[np.int32]:
        """Artists drawn by popularity within the given genres."""
        starts = np.cumsum([0] + [guide.table.size for guide in self.genre_guides])
        joined = np.concatenate([guide.table for guide in self.genre_guides])
        sizes = np.diff(starts)
        return np.asarray(joined[starts[genre] + (sizes[genre] * uniform).astype(np.int64)], dtype=np.int32)

    def extend(
        self, *, artist: Ints, duration_ms: Ints, released: Ints, artist_owner: Ints, artist_genre: Ints
    ) -> "Catalogue":
        """The same catalogue with new artists and their tracks at its end, which nobody knows yet.

        `artist` counts up from `self.artists`, grouped; the other arrays have a row per new track or per new artist.
        """
        sizes = np.bincount(artist - self.artists, minlength=artist_owner.size)
        firsts = self.tracks + np.cumsum(sizes) - sizes
        return replace(
            self,
            artist=np.concatenate([self.artist, artist.astype(np.int32)]),
            duration_ms=np.concatenate([self.duration_ms, duration_ms.astype(np.int32)]),
            released=np.concatenate([self.released, released.astype(np.int64)]),
            artist_first=np.concatenate([self.artist_first, firsts.astype(np.int32)]),
            artist_size=np.concatenate([self.artist_size, sizes.astype(np.int32)]),
            artist_genre=np.concatenate([self.artist_genre, artist_genre.astype(np.int8)]),
            artist_owner=np.concatenate([self.artist_owner, artist_owner.astype(np.int32)]),
            owners=max(self.owners, int(artist_owner.max(initial=-1)) + 1),
        )


def make_catalogue(parameters: CatalogueParameters, *, accounts: int, start: int, days: int, seed: int) -> Catalogue:
    """The catalogue of a new world that begins at `start` (microseconds) and lasts `days`."""
    rng = generator(seed, Stream.CATALOGUE)
    wanted = max(parameters.least_tracks, int(accounts * parameters.tracks_per_account))
    artists = max(len(GENRES) * 4, int(wanted / parameters.tracks_per_artist))
    rank = np.arange(1, artists + 1) + parameters.artist_head
    weights = (rank**-parameters.artist_exponent) * rng.lognormal(0, 0.4, artists)
    # Well-known artists have more tracks; so do a few hardly known ones, which keeps "many tracks, few plays" honest.
    sizes = rng.lognormal(0, 0.9, artists) * (weights / weights.mean()) ** 0.25
    sizes = np.clip(sizes / sizes.mean() * parameters.tracks_per_artist, 1, 2000).astype(np.int32)
    genre = rng.choice(len(GENRES), artists, p=GENRE_SHARES).astype(np.int8)
    genre[: len(GENRES)] = np.arange(len(GENRES))
    owners = max(4, int(artists / parameters.artists_per_owner))
    owner = Guide.of(np.arange(1, owners + 1) ** -parameters.owner_exponent, 8).draw(rng.random(artists))
    artist, place = ragged(sizes)
    first = (np.cumsum(sizes) - sizes).astype(np.int32)
    return Catalogue(
        artist=artist.astype(np.int32),
        duration_ms=_lengths(parameters, genre[artist], artist, artists, rng),
        released=_releases(parameters, artist, place, artists, start, days, rng),
        artist_first=first,
        artist_size=sizes,
        artist_genre=genre,
        artist_owner=owner,
        artist_guide=Guide.of(weights),
        genre_guides=_by_genre(weights, genre),
        owners=owners,
    )


def _by_genre(weights: Floats, genre: npt.NDArray[np.int8]) -> tuple[Guide, ...]:
    guides = []
    for code in range(len(GENRES)):
        members = np.flatnonzero(genre == code).astype(np.int32)
        guides.append(Guide(members[Guide.of(weights[members]).table]))
    return tuple(guides)


def _lengths(
    parameters: CatalogueParameters, genre: Ints, artist: Ints, artists: int, rng: np.random.Generator
) -> npt.NDArray[np.int32]:
    """Milliseconds. Lengths differ by genre, by artist and by track; a few tracks are very long or very short."""
    median = np.array(list(GENRES.values()))[genre] * rng.lognormal(0, 0.1, artists)[artist]
    spread = np.where(rng.random(genre.size) < parameters.long_share, 0.9, parameters.length_spread)
    seconds = parameters.median_seconds * median * np.exp(spread * rng.standard_normal(genre.size))
    return np.asarray(np.clip(seconds * 1000, 31_000, 3_600_000), dtype=np.int32)


def _releases(
    parameters: CatalogueParameters,
    artist: Ints,
    place: Ints,
    artists: int,
    start: int,
    days: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Release days in microseconds (midnight). Half the catalogue is younger than about five years."""
    career = rng.gamma(1.3, 4200.0, artists)
    age = career[artist] * rng.random(artist.size) ** 1.6 + 1
    is_new = rng.random(artist.size) < parameters.new_per_day * days
    # An artist's best-known track is never the unreleased one: plays of unreleased tracks fall back on it.
    age = np.where(is_new & (place > 0), -rng.random(artist.size) * days, age)
    return start - (np.floor(age).astype(np.int64)) * DAY
