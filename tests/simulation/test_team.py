"""A team finds a part, late, and is now and then wrong."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, read_all, truth
from tests.simulation.worlds import ATTACKED, FACTORY, FARM, LOOP

from ghostnote.events.labels import TRUTH_SOURCE
from ghostnote.simulation.scenarios import Scenario
from ghostnote.simulation.team import TeamParameters
from ghostnote.simulation.world import simulate

Tables = dict[str, pl.DataFrame]


def found(tables: Tables) -> pl.DataFrame:
    return tables["labels"].filter(pl.col("source") != TRUTH_SOURCE)


def accused(tables: Tables) -> pl.DataFrame:
    return found(tables).filter((pl.col("subject_type") == "account") & (pl.col("verdict") == "fraud"))


def test_labels_are_known_after_what_they_are_about_and_before_the_end(tables: Tables) -> None:
    end = datetime.combine(ATTACKED.start, datetime.min.time(), UTC) + timedelta(days=ATTACKED.days)
    labels = found(tables)
    assert labels.height > 0
    assert (labels["known_at"] >= labels["event_time"]).all()
    assert labels["known_at"].max() < end


def test_no_label_names_a_campaign_before_the_truth_is_known(tables: Tables) -> None:
    assert found(tables)["campaign_id"].null_count() == found(tables).height


def test_about_the_share_that_was_asked_for_is_found_at_about_the_delay(tmp_path: Path) -> None:
    team = TeamParameters(found=0.8, delay_days=1.0, delay_spread=0.3, wrong=0.2, cleared=0.1)
    scenario = Scenario(accounts=200, days=8, catalogue=ATTACKED.catalogue, campaigns=ATTACKED.campaigns, team=team)
    simulate(scenario, tmp_path / "lake", seed=4)
    tables = read_all(tmp_path / "lake")
    guilty = pl.concat([accounts_of(tables, name) for name in (FARM, LOOP, FACTORY)])
    right = accused(tables).filter(pl.col("subject_id").is_in(guilty.implode()))
    assert right.height / guilty.len() == pytest.approx(0.8, abs=0.15)
    delay = (right["known_at"] - right["event_time"]).dt.total_seconds() / 86_400
    assert delay.median() == pytest.approx(1.0, rel=0.2)
    wrong = accused(tables).filter(~pl.col("subject_id").is_in(guilty.implode()))
    assert wrong.height == pytest.approx(0.2 * right.height, abs=2)
    cleared = found(tables).filter((pl.col("verdict") == "legit") & (pl.col("source") == "review"))
    assert cleared.height == 20


def test_a_team_that_finds_nothing_leaves_only_the_truth(tmp_path: Path) -> None:
    team = TeamParameters(found=0, wrong=0, cleared=0)
    scenario = Scenario(accounts=60, days=3, catalogue=ATTACKED.catalogue, campaigns=ATTACKED.campaigns, team=team)
    simulate(scenario, tmp_path / "lake")
    tables = read_all(tmp_path / "lake")
    assert tables["labels"].height == truth(tables).height
