"""`ghostnote simulate`."""

from pathlib import Path

from tests.cli.calling import done
from tests.worlds import copy

from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.events.schema import TABLES


def test_a_world_is_made_and_told(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    said = done("simulate", "--out", lake, "--accounts", 60, "--days", 2).out
    assert "60 honest accounts" in said
    assert str(lake) in said
    assert Lake(lake).tables() == tuple(TABLES)
    assert len(Lake(lake).days("plays")) >= 2


def test_machines_get_one_document(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    told = done("simulate", "--out", lake, "--accounts", 60, "--days", 2, "--seed", 5, "--json").told
    assert told["lake"] == str(lake)
    world = told["world"]
    assert (world["seed"], world["accounts"]) == (5, 60)
    assert read(Lake(lake), "plays").rows.height == world["plays"] + world["artificial_plays"]


def test_one_seed_gives_one_lake(tmp_path: Path) -> None:
    worlds = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done("simulate", "--out", tmp_path / name, "--accounts", 50, "--days", 1, "--seed", seed)
        worlds.append(read(Lake(tmp_path / name), "plays").rows)
    assert worlds[0].equals(worlds[1])
    assert not worlds[0].equals(worlds[2])


def test_a_world_can_be_made_like_another(tmp_path: Path) -> None:
    done("simulate", "--out", tmp_path / "full", "--accounts", 50, "--days", 1)
    poor = copy(Lake(tmp_path / "full"), tmp_path / "poor", "plays", "tracks")
    (poor / "plays" / "torn.parquet").write_text("x")
    done("simulate", "--out", tmp_path / "like", "--accounts", 50, "--days", 1, "--like", poor)
    assert Lake(tmp_path / "like").tables() == ("plays", "tracks", "labels")
