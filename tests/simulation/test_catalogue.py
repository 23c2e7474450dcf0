"""The catalogue: a few artists are played a lot, most hardly ever; owners are as uneven."""

import numpy as np
import pytest

from ghostnote.simulation.catalogue import Catalogue, CatalogueParameters, Guide, make_catalogue
from ghostnote.simulation.rows import DAY

START = 20_000 * DAY


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return make_catalogue(CatalogueParameters(least_tracks=20_000), accounts=500, start=START, days=10, seed=3)


def test_sizes_are_as_asked(catalogue: Catalogue) -> None:
    assert catalogue.tracks == pytest.approx(20_000, rel=0.1)
    assert catalogue.artists == pytest.approx(20_000 / 9, rel=0.01)
    assert (np.bincount(catalogue.artist, minlength=catalogue.artists) == catalogue.artist_size).all()


def test_tracks_of_an_artist_lie_side_by_side(catalogue: Catalogue) -> None:
    assert (np.diff(catalogue.artist) >= 0).all()
    assert (catalogue.artist[catalogue.artist_first] == np.arange(catalogue.artists)).all()


def test_plays_are_uneven(catalogue: Catalogue) -> None:
    rng = np.random.default_rng(1)
    track = catalogue.popular(rng.random(50_000), rng.random(50_000))
    counts = np.sort(np.bincount(catalogue.artist[track], minlength=catalogue.artists))[::-1]
    assert counts[: catalogue.artists // 10].sum() > 0.4 * counts.sum()


def test_every_artists_best_known_track_is_out(catalogue: Catalogue) -> None:
    assert (catalogue.released[catalogue.artist_first] < START).all()
    assert (catalogue.released >= START).any()


def test_new_artists_come_after_the_old(catalogue: Catalogue) -> None:
    more = catalogue.extend(
        artist=np.array([0, 0, 1]) + catalogue.artists,
        duration_ms=np.array([31_000, 32_000, 33_000]),
        released=np.zeros(3, dtype=np.int64),
        artist_owner=np.array([0, 0]) + catalogue.owners,
        artist_genre=np.array([0, 1]),
    )
    assert (more.tracks, more.artists, more.owners) == (
        catalogue.tracks + 3,
        catalogue.artists + 2,
        catalogue.owners + 1,
    )
    assert more.track_of(np.array([catalogue.artists + 1]), np.array([0.5]))[0] == catalogue.tracks + 2


def test_a_guide_draws_in_proportion() -> None:
    drawn = Guide.of(np.array([1.0, 3.0, 0.0, 4.0]), 256).draw(np.random.default_rng(1).random(40_000))
    assert np.bincount(drawn, minlength=4) / 40_000 == pytest.approx([0.125, 0.375, 0, 0.5], abs=0.01)
