"""2026: 250,000 plays of one track in 4 days, accounts active 23 h a day, one country shown as another."""

import polars as pl
import pytest
from tests.simulation.lakes import artificial, honest_plays, signups_of

from ghostnote.simulation.playbooks.chart_burst import ChartBurst

Tables = dict[str, pl.DataFrame]


def test_as_many_plays_of_one_song_as_documented(sieges: Tables) -> None:
    plays = artificial(sieges, "chart_burst")
    song = plays.group_by("track_id").len().sort("len")["len"]
    assert song[-1] > 0.9 * plays.height
    assert song[-1] == pytest.approx(8000, rel=0.15)
    assert (ChartBurst().plays, ChartBurst().days) == (250_000, 4)


def test_the_song_has_listeners_of_its_own(sieges: Tables) -> None:
    song = artificial(sieges, "chart_burst")["track_id"].mode()
    assert honest_plays(sieges)["track_id"].is_in(song.implode()).any()


def test_accounts_are_active_23_hours_a_day(sieges: Tables) -> None:
    plays = artificial(sieges, "chart_burst")
    hours = plays.group_by("account_id", "day").agg(pl.col("event_time").dt.hour().n_unique().alias("hours"))["hours"]
    assert hours.median() >= 23


def test_one_country_is_shown_as_another(sieges: Tables) -> None:
    assert set(artificial(sieges, "chart_burst")["country"]) == {"DE"}
    assert set(signups_of(sieges, "chart_burst")["country"]) <= {"TR"}
