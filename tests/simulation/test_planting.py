"""Attacks planted into logs that exist: the logs stay as they are, and nothing is written that they do not have."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import digest, read_all, truth
from tests.simulation.worlds import SMALL_CATALOGUE

from ghostnote.errors import GhostnoteError
from ghostnote.events.inspection import inspect
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.simulation.planting import OWN_COHORT, plant
from ghostnote.simulation.playbooks.fake_account_factory import FakeAccountFactory
from ghostnote.simulation.playbooks.hijacked_listeners import HijackedListeners
from ghostnote.simulation.playbooks.playlist_loop import PlaylistLoop
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.team import TeamParameters
from ghostnote.simulation.world import simulate

CAMPAIGNS = (
    PlaylistLoop(name="loop-zzq", accounts=5, days=2),
    HijackedListeners(name="ears-zzq", victims=6, days=3),
    FakeAccountFactory(name="fame-zzq", accounts=20, days=2),
)
EXPORTED = ["event_id", "event_time", "account_id", "track_id", "ms_played", "end_reason", "shuffle", "platform"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs such as exports give: plays in whole seconds with a few columns, and a catalogue without owners."""
    folder = tmp_path_factory.mktemp("own")
    simulate(Scenario(accounts=120, days=6, catalogue=SMALL_CATALOGUE), folder / "full", seed=21)
    tables = read_all(folder / "full")
    writer = LakeWriter(folder / "lake")
    plays = tables["plays"].select(EXPORTED).with_columns(pl.col("event_time").dt.truncate("1s"))
    writer.write_by_arrival("plays", plays)
    writer.write("tracks", tables["tracks"].select("track_id", "artist_id"))
    return writer.path


@pytest.fixture(scope="module")
def planted(own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("planted") / "lake"
    plant(own, CAMPAIGNS, path, seed=5)
    return path


def test_the_logs_stay_as_they_were(own: Path, planted: Path) -> None:
    before, after = digest(own), digest(planted)
    assert before.items() <= after.items()
    old, new = read_all(own)["plays"], read_all(planted)["plays"]
    assert new.join(old, on=old.columns, how="semi", nulls_equal=True).height == old.height


def test_only_the_columns_and_the_resolution_of_the_logs_are_used(own: Path, planted: Path) -> None:
    tables = read_all(planted)
    assert set(tables) == {"plays", "tracks", "labels"}
    assert tables["plays"].columns == read_all(own)["plays"].columns
    assert set(tables["tracks"].columns) == {"track_id", "artist_id"}
    assert (tables["plays"]["event_time"].to_physical() % 1_000_000 == 0).all()


def test_every_row_keeps_the_contract(planted: Path) -> None:
    assert all(not table.rejected and table.duplicates == 0 for table in inspect(Lake(planted)))


def test_the_truth_goes_to_the_labels_alone(own: Path, planted: Path) -> None:
    tables = read_all(planted)
    known = truth(tables)
    artificial = known.filter(pl.col("subject_type") == "play")
    old = read_all(own)["plays"]
    assert artificial.height == tables["plays"].height - old.height
    assert not artificial["subject_id"].is_in(old["event_id"].implode()).any()
    honest = known.filter((pl.col("verdict") == "legit") & (pl.col("kind") == OWN_COHORT))
    assert set(honest["subject_id"]) < set(old["account_id"])
    text = pl.concat(
        [
            rows.select(pl.col(pl.String).cast(pl.String)).unpivot()["value"]
            for rows in (tables["plays"], tables["tracks"])
        ]
    )
    assert not text.drop_nulls().str.contains("-zzq").any()


def test_victims_are_the_logs_own_listeners_and_targets_are_new(own: Path, planted: Path) -> None:
    tables, old = read_all(planted), read_all(own)["plays"]
    victims = truth(tables).filter(pl.col("kind") == "hijacked_listener")["subject_id"]
    assert victims.len() == 6
    assert victims.is_in(old["account_id"].implode()).all()
    new = tables["plays"].filter(~pl.col("event_id").is_in(old["event_id"].implode()))
    foreign = new.filter(pl.col("account_id").is_in(victims.implode()))
    assert not foreign["track_id"].is_in(old["track_id"].implode()).any()


def test_the_same_seed_plants_the_same(own: Path, planted: Path, tmp_path: Path) -> None:
    plant(own, CAMPAIGNS, tmp_path / "again", seed=5)
    assert digest(tmp_path / "again") == digest(planted)


def test_planting_twice_with_one_seed_plants_two_campaigns(planted: Path, tmp_path: Path) -> None:
    once, twice = read_all(planted)["plays"], tmp_path / "twice"
    world = plant(planted, (PlaylistLoop(name="more-zzq", accounts=5, days=2),), twice, seed=5)
    assert read_all(twice)["plays"].height == once.height + world.artificial_plays
    assert all(table.duplicates == 0 for table in inspect(Lake(twice)))


def test_days_count_from_where_they_are_told_to(own: Path, tmp_path: Path) -> None:
    start = Scenario().start + timedelta(days=3)
    plant(own, (PlaylistLoop(accounts=3, days=1),), tmp_path / "late", seed=5, start=start)
    tables, old = read_all(tmp_path / "late"), read_all(own)["plays"]
    new = tables["plays"].filter(~pl.col("event_id").is_in(old["event_id"].implode()))
    midnight = datetime.combine(start, datetime.min.time(), UTC)
    assert new["event_time"].min() >= midnight
    assert new["event_time"].max() <= midnight + timedelta(days=1)


def test_days_the_logs_do_not_have_are_told(own: Path, tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="2020-01-01 lies outside the days"):
        plant(own, CAMPAIGNS, tmp_path / "out", start=date(2020, 1, 1))
    assert not (tmp_path / "out").exists()


def test_logs_without_plays_are_told(tmp_path: Path) -> None:
    LakeWriter(tmp_path / "lake").write("tracks", pl.DataFrame({"track_id": ["t"], "artist_id": ["a"]}))
    with pytest.raises(GhostnoteError, match="no plays"):
        plant(tmp_path / "lake", CAMPAIGNS, tmp_path / "out")


def test_a_team_finds_some_of_the_campaigns_late_and_errs_now_and_then(own: Path, tmp_path: Path) -> None:
    campaigns = (PlaylistLoop(name="loop", accounts=40, days=6, hours=2.0),)
    plant(own, campaigns, tmp_path / "seen", seed=5, team=TeamParameters(found=0.5, delay_days=1.0, wrong=0.2))
    labels = read_all(tmp_path / "seen")["labels"]
    bots = labels.filter((pl.col("source") == "simulation") & (pl.col("campaign_id") == "loop"))["subject_id"]
    told = labels.filter((pl.col("source") != "simulation") & (pl.col("verdict") == "fraud"))
    right = told.filter(pl.col("subject_id").is_in(bots.implode()))
    assert 0.1 * 40 <= right.height <= 0.7 * 40
    assert (right["known_at"] > right["event_time"]).all()
    assert round(0.2 * right.height) - 2 <= told.height - right.height <= round(0.2 * 40)
    plant(own, campaigns, tmp_path / "unseen", seed=5, team=TeamParameters(found=0.0, cleared=0.0))
    assert set(read_all(tmp_path / "unseen")["labels"]["source"]) == {"simulation"}


def test_what_an_earlier_simulation_says_of_an_account_stays_true(planted: Path, tmp_path: Path) -> None:
    plant(planted, (PlaylistLoop(name="more", accounts=5, days=2),), tmp_path / "twice", seed=6)
    before, after = truth(read_all(planted)), truth(read_all(tmp_path / "twice"))
    both = before.join(after, on=["subject_type", "subject_id"], suffix="_after")
    assert both.height == before.height
    assert (both["verdict"] == both["verdict_after"]).all()
