"""Bulgaria, 2017: about 2,000 plays per account and day of 467 tracks, most just over 30 s, mean about 43 s."""

from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial, plays_by, read_all
from tests.simulation.worlds import LOOP, SMALL_CATALOGUE

from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.world import simulate

Tables = dict[str, pl.DataFrame]


def test_as_many_plays_a_day_as_documented(tables: Tables) -> None:
    days = plays_by(tables, accounts_of(tables, LOOP)).group_by("account_id", "day").len()
    assert days["len"].mean() == pytest.approx(2000, rel=0.12)


def test_tracks_are_just_long_enough_to_be_paid(tables: Tables) -> None:
    plays = artificial(tables, LOOP)
    tracks = plays.unique("track_id")
    assert tracks.height == pytest.approx(467, abs=2)
    seconds = tracks["duration_ms"] / 1000
    assert seconds.mean() == pytest.approx(43, rel=0.08)
    assert seconds.min() >= 30
    assert (seconds < 45).mean() > 0.6
    assert (plays["ms_played"] >= 30_000).mean() > 0.99
    assert plays["ms_played"].is_between(30_000, 35_000).mean() == pytest.approx(0.28, abs=0.08)


def test_they_pay_and_play_one_playlist(tables: Tables) -> None:
    accounts = accounts_of(tables, LOOP)
    plays = artificial(tables, LOOP)
    assert set(plays["source"]) == {"playlist"}
    assert plays["source_id"].n_unique() == 2
    signups = tables["signups"].filter(pl.col("account_id").is_in(accounts.implode()))
    assert set(signups["plan"]) <= {"premium"}


def test_cut_plays_have_only_the_lengths_asked_for(tmp_path: Path) -> None:
    """The ring of a daily report of 2017: 4 to 9 distinct lengths of 51 to 77 s, 200 to 356 plays a day."""
    ring = PlaylistLoop(
        name="ring", accounts=6, days=3, hours=5.0, stops_at=(51, 58, 66, 77), tracks=100, artists=10, country="BR"
    )
    simulate(Scenario(accounts=80, days=3, catalogue=SMALL_CATALOGUE, campaigns=(ring,)), tmp_path / "lake")
    tables = read_all(tmp_path / "lake")
    plays = artificial(tables, "ring")
    assert set(plays["ms_played"] // 1000) == {51, 58, 66, 77}
    days = plays_by(tables, accounts_of(tables, "ring")).group_by("account_id", "day").len()["len"]
    assert 200 <= days.median() <= 356
