"""How far few listeners make the plays, and what is usual for tracks and owners of the same size."""

import polars as pl
import pytest

from ghostnote.console.audience import FEWEST, PARTS, Audiences, parts
from ghostnote.console.catalogue import Catalogue
from ghostnote.console.records import Records


def counts(key: str, plays: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"key": [key] * len(plays), "account_id": [f"a{n}" for n in range(len(plays))], "n": plays})


def test_parts_are_of_the_keenest_listeners_and_rounded_up_to_whole_ones() -> None:
    row = parts(counts("t", [91, *[1] * 9])).row(0, named=True)
    assert row["0.01"] == row["0.1"] == pytest.approx(0.91)
    assert row["0.2"] == pytest.approx(0.92)
    assert row["0.5"] == pytest.approx(0.95)


def test_equal_listeners_make_what_they_are() -> None:
    row = parts(counts("t", [3] * 100)).drop("key").row(0)
    assert row == pytest.approx(PARTS)


def test_each_key_is_on_its_own_and_too_few_listeners_are_left_out() -> None:
    together = pl.concat([counts("b", [5] * 20), counts("a", [99, *[1] * 11]), counts("few", [1] * (FEWEST - 1))])
    found = parts(together)
    assert found["key"].to_list() == ["a", "b"]
    assert found["0.1"].to_list() == pytest.approx([100 / 110, 0.1])


@pytest.fixture(scope="module")
def catalogue(records: Records) -> Catalogue:
    return Catalogue(records)


def test_a_track_is_compared_with_others_of_its_size(catalogue: Catalogue) -> None:
    row = catalogue.tracks.filter(pl.col("listeners").is_between(100, 200)).sort("track_id").row(0, named=True)
    plays = pl.DataFrame({"account_id": ["keen"] * 81 + [f"a{n}" for n in range(19)]})
    found = Audiences(catalogue).concentration("track", row, plays)
    assert found.own == pytest.approx((0.81, 0.81, 0.82, 0.84, 0.9))
    assert found.most == pytest.approx(0.81)
    assert found.usual is not None
    # The plays of the tests' lake are thin: hardly anybody heard a track twice.
    assert 0.1 <= found.usual[2] < 0.3
    assert found.others >= 5


def test_an_owner_has_all_its_tracks_listeners(catalogue: Catalogue) -> None:
    row = catalogue.owner("label-0")
    assert row is not None
    plays = catalogue.plays(catalogue.tracks_of("label-0")["track_id"])
    found = Audiences(catalogue).concentration("owner", row, plays)
    assert found.listeners == plays["account_id"].n_unique()
    assert found.usual is not None
    assert found.others >= 5


def test_who_hardly_anybody_hears_is_not_compared(catalogue: Catalogue) -> None:
    few = catalogue.plays(pl.Series(["tr-00000"])).head(3)
    found = Audiences(catalogue).concentration("track", catalogue.track("tr-00000"), few)
    assert found.own is None
    assert found.usual is None
    assert 1 / 3 <= found.most <= 1


def test_nothing_played_is_nothing(catalogue: Catalogue) -> None:
    none = catalogue.plays(pl.Series(["tr-00000"])).head(0)
    assert Audiences(catalogue).concentration("track", catalogue.track("tr-00000"), none).listeners == 0
