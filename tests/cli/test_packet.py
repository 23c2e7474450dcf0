"""`ghostnote packet` as it is called."""

import json
from pathlib import Path

import polars as pl
from tests.cli.calling import done, left, refused
from tests.worlds import Judged


def test_writes_a_page_and_the_same_facts_as_json(town: Judged, tmp_path: Path) -> None:
    track = town.table("tracks").sort("artificial_plays", descending=True)["track_id"][0]
    out = tmp_path / "packet"
    asked = ["packet", "--decisions", town.decisions, "--lake", town.lake.path, "--track", track, "--out", out]
    said = done(*asked).out
    assert str(out / "packet.html") in said
    assert left(tmp_path) == ["packet", "packet/packet.html", "packet/packet.json"]
    told = done(*asked, "--contact", "Write to appeals@example.org.", "--json").told
    assert told == json.loads((out / "packet.json").read_text())
    assert (told["kind"], told["name"], told["appeal"]) == ("track", track, "Write to appeals@example.org.")


def test_what_it_is_about_must_be_said_once(town: Judged, tmp_path: Path) -> None:
    start = ["packet", "--decisions", town.decisions, "--lake", town.lake.path, "--out", tmp_path / "out"]
    assert "one of --track, --owner or --campaign" in refused(*start)
    assert "one of --track, --owner or --campaign" in refused(*start, "--track", "a", "--owner", "b")
    assert "knows no campaign a" in refused(*start, "--campaign", "a")
    assert left(tmp_path) == []


def test_old_decisions_are_told_to_be_made_again(town: Judged, tmp_path: Path) -> None:
    decisions = tmp_path / "decisions"
    decisions.mkdir()
    for file in town.decisions.iterdir():
        if file.is_file():
            (decisions / file.name).write_bytes(file.read_bytes())
    pl.read_parquet(decisions / "owners.parquet").drop("role").write_parquet(decisions / "owners.parquet")
    said = refused(
        "packet", "--decisions", decisions, "--lake", town.lake.path, "--track", "a", "--out", tmp_path / "out"
    )
    assert "has no column role: run this version's `ghostnote score` again" in said
