"""Playlists that an account did not make itself: who listens to one hears the same tracks as everybody else."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.catalogue import GENRES, Catalogue, Guide
from ghostnote.simulation.randomness import Floats, Ints, Stream, generator, ragged


@dataclass(frozen=True)
class Playlists:
    """Public playlists of one genre each, popular tracks first to last in no order.

    `tracks[first[p] : first[p] + size[p]]` are the tracks of playlist p.
    """

    tracks: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    guides: tuple[Guide, ...]

    @property
    def count(self) -> int:
        return self.first.size

    def of_genre(self, genre: Ints, uniform: Floats) -> npt.NDArray[np.int32]:
        """A playlist of each genre, well-followed ones more often."""
        starts = np.cumsum([0] + [guide.table.size for guide in self.guides])
        joined = np.concatenate([guide.table for guide in self.guides])
        return np.asarray(joined[starts[genre] + (np.diff(starts)[genre] * uniform).astype(np.int64)], dtype=np.int32)

    def at(self, playlist: Ints, place: Ints) -> npt.NDArray[np.int32]:
        """The track at a place of a playlist (places wrap around its end)."""
        return self.tracks[self.first[playlist] + place % self.size[playlist]]


def make_playlists(catalogue: Catalogue, *, accounts: int, seed: int) -> Playlists:
    """About one public playlist per 60 accounts, 30 to 200 tracks each, at most a few tracks per artist."""
    rng = generator(seed, Stream.PLAYLISTS)
    count = max(len(GENRES) * 6, accounts // 60)
    genre = np.concatenate([np.arange(len(GENRES)), rng.integers(0, len(GENRES), count - len(GENRES))])
    size = np.clip(rng.lognormal(4.2, 0.5, count), 25, 250).astype(np.int64)
    playlist, _ = ragged(size)
    artist = catalogue.artists_of_genre(genre[playlist], rng.random(playlist.size))
    tracks = catalogue.track_of(artist, rng.random(playlist.size))
    weights = rng.pareto(1.1, count) + 0.05
    guides = []
    for code in range(len(GENRES)):
        members = np.flatnonzero(genre == code).astype(np.int32)
        guides.append(Guide(members[Guide.of(weights[members]).table]))
    return Playlists(tracks=tracks, first=np.cumsum(size) - size, size=size, guides=tuple(guides))
