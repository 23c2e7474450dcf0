"""`ghostnote plant`."""

from pathlib import Path

import pytest
from tests.cli.calling import done
from tests.worlds import Judged

from ghostnote.events.labels import TRUTH_SOURCE
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read

CAMPAIGNS = """
[[campaigns]]
playbook = "playlist_loop"
name = "mine"
accounts = 5
hours = 1.0
days = 2
"""


@pytest.fixture
def campaigns(tmp_path: Path) -> Path:
    file = tmp_path / "campaigns.toml"
    file.write_text(CAMPAIGNS)
    return file


def test_a_campaign_is_planted_among_the_lakes_own_events(town: Judged, campaigns: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = done("plant", "--lake", town.lake.path, "--campaign", campaigns, "--out", out, "--json").told
    assert told["lake"] == str(out)
    assert (told["world"]["campaigns"], told["world"]["fake_accounts"]) == (1, 5)
    before, after = read(town.lake, "plays").rows, read(Lake(out), "plays").rows
    assert after.height == before.height + told["world"]["artificial_plays"] > before.height
    assert set(before["event_id"]) < set(after["event_id"])
    labels = read(Lake(out), "labels").rows
    mine = labels.filter(campaign_id="mine")
    assert set(mine["source"]) == {TRUTH_SOURCE}
    assert set(mine.filter(subject_type="account")["subject_id"]) <= set(after["account_id"])


def test_people_are_told_what_was_planted_and_where(town: Judged, campaigns: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = done("plant", "--lake", town.lake.path, "--campaign", campaigns, "--out", out, "--from", "2026-03-04").out
    assert said.startswith("Planted 1 campaign with 5 accounts and ")
    assert str(out) in said
    begun = read(Lake(out), "labels").rows.filter(campaign_id="mine", subject_type="play")["event_time"].min()
    assert begun is not None
    assert f"{begun:%Y-%m-%d}" >= "2026-03-04"
