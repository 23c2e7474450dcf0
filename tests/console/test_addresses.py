"""Addresses of tracks and owners tell no id, and lead back to exactly one."""

import polars as pl
import pytest

from ghostnote.console.addresses import Addresses, page, pages

IDS = [f"track-{n}" for n in range(500)]


def test_every_id_is_found_by_its_address_alone() -> None:
    addresses = Addresses("track", pl.Series(IDS))
    for name in IDS:
        reference = page("track", name).rpartition("/")[2]
        assert addresses.named(reference) == name
        assert name not in reference


@pytest.mark.parametrize("wrong", ["", "t-", "t-0000000000000000", "t-zzzzzzzzzzzzzzzz", "x", "t-00", "t-" + "f" * 99])
def test_what_is_no_address_finds_nothing(wrong: str) -> None:
    assert Addresses("track", pl.Series(IDS)).named(wrong) is None
    assert Addresses("track", pl.Series([], dtype=pl.String)).named(wrong) is None


def test_a_track_and_an_owner_of_one_id_have_different_addresses() -> None:
    track, owner = (page(kind, "same").rpartition("/")[2] for kind in ("track", "owner"))
    assert track[2:] != owner[2:]
    assert Addresses("owner", pl.Series(["same"])).named(track) is None
    assert Addresses("owner", pl.Series(["same"])).named("t" + owner[1:]) is None


def test_nobody_has_no_page() -> None:
    assert pages("owner", ["a", None, ""]) == [page("owner", "a"), "", ""]
