"""Sellers' offers: no more than ordered, a few per account, half the songs left after 32 to 45 s."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial, honest_plays

Tables = dict[str, pl.DataFrame]


def test_a_buyer_gets_what_was_ordered_and_no_more(sieges: Tables) -> None:
    song = artificial(sieges, "bought_plays")["track_id"].value_counts().sort("count")["count"]
    assert 0.85 * 600 <= song[-1] <= 600


def test_half_of_what_is_played_is_left_after_it_is_paid(sieges: Tables) -> None:
    plays = artificial(sieges, "bought_plays")
    assert plays["ms_played"].is_between(31_000, 45_000).mean() == pytest.approx(0.55, abs=0.06)
    assert plays["ms_played"].min() >= 30_000


def test_most_of_a_sitting_is_from_public_playlists(sieges: Tables) -> None:
    plays = artificial(sieges, "bought_plays")
    assert set(plays["source"]) == {"playlist"}
    assert plays["source_id"].is_in(honest_plays(sieges)["source_id"].unique().implode()).mean() > 0.5


def test_farmed_and_stolen_accounts_are_mixed(sieges: Tables) -> None:
    farmed, stolen = accounts_of(sieges, "bought_plays"), accounts_of(sieges, "bought_plays", "legit")
    assert stolen.len() / (farmed.len() + stolen.len()) == pytest.approx(0.3, abs=0.05)
