"""What a command cannot do it says in one sentence, and leaves nothing behind."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.calling import call, left, refused
from tests.worlds import Judged, copy

from ghostnote.models.manifest import MANIFEST

# --- lakes -----------------------------------------------------------------------------------------------------------


def commands(lake: Path, town: Judged, out: Path) -> list[list[object]]:
    """Every command that reads a lake."""
    return [
        ["train", "--lake", lake, "--out", out],
        ["score", "--lake", lake, "--bundle", town.bundle, "--out", out],
        ["plant", "--lake", lake, "--campaign", "playlist_loop", "--out", out],
        ["simulate", "--like", lake, "--accounts", 50, "--days", 1, "--out", out],
        ["validate", "--lake", lake],
    ]


@pytest.mark.parametrize("command", range(5))
def test_a_lake_that_is_none_is_refused(town: Judged, tmp_path: Path, command: int) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "plays.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    before = left(tmp_path)
    for name, said in (
        ("nowhere", "There is no lake at"),
        ("file", "There is no lake at"),
        ("empty", "is not a lake: it has none of the folders"),
        ("other", "is not a lake: it has none of the folders"),
    ):
        lake = tmp_path / name
        sentence = refused(*commands(lake, town, tmp_path / "out")[command])
        assert said in sentence
        assert str(lake) in sentence
    assert left(tmp_path) == before


@pytest.mark.parametrize("command", range(3))
def test_a_lake_of_which_nothing_can_be_read_is_refused(town: Judged, tmp_path: Path, command: int) -> None:
    folder = tmp_path / "lake" / "plays" / "dt=2026-03-04"
    folder.mkdir(parents=True)
    (folder / "torn.parquet").write_text("x")
    before = left(tmp_path)
    assert "play" in refused(*commands(tmp_path / "lake", town, tmp_path / "out")[command])
    assert left(tmp_path) == before


@pytest.mark.parametrize("command", range(5))
def test_a_day_that_does_not_exist_is_refused(town: Judged, tmp_path: Path, command: int) -> None:
    folder = tmp_path / "lake" / "plays" / "dt=2026-02-30"
    folder.mkdir(parents=True)
    (folder / "a.parquet").write_text("x")
    assert "names a day that does not exist" in refused(*commands(tmp_path / "lake", town, tmp_path / "out")[command])


# --- bundles ---------------------------------------------------------------------------------------------------------


def test_a_bundle_that_is_none_is_refused(town: Judged, tmp_path: Path) -> None:
    bundle = shutil.copytree(town.bundle, tmp_path / "bundle")
    score = ["score", "--lake", town.lake.path, "--out", tmp_path / "out", "--bundle"]
    assert "There is no bundle at" in refused(*score, tmp_path / "nowhere")
    assert "There is no bundle at" in refused(*score, town.lake.path)
    (trees,) = bundle.glob("day.trees.txt")
    trees.write_text(trees.read_text() + " ")
    assert "is not what was saved" in refused(*score, bundle)
    trees.unlink()
    assert "lacks day.trees.txt" in refused(*score, bundle)
    manifest = bundle / MANIFEST
    text = manifest.read_text()
    manifest.write_text(text.replace('"format": 1,', '"format": 99,', 1))
    assert "of format 99; this version reads format 1 to 3: train it again" in refused(*score, bundle)
    manifest.write_text(text[: len(text) // 2])
    assert "cannot be read" in refused(*score, bundle)
    assert not (tmp_path / "out").exists()


def test_a_bundle_that_counts_on_unknown_features_is_refused(town: Judged, tmp_path: Path) -> None:
    bundle = shutil.copytree(town.bundle, tmp_path / "bundle")
    manifest = bundle / MANIFEST
    manifest.write_text(manifest.read_text().replace("plays_by_account_1h", "plays_by_moon_1h"))
    said = refused("score", "--lake", town.lake.path, "--out", tmp_path / "out", "--bundle", bundle)
    assert "features that this version does not have (plays_by_moon_1h, ...): train it again" in said


# --- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (["--from", "2026-03-08", "--to", "2026-03-06"], "--from 2026-03-08 lies after --to 2026-03-06"),
        (["--from", "2020-01-01"], "--from 2020-01-01 lies outside the data: the lake has plays from 2026-03-02"),
        (["--to", "2030-01-01"], "--to 2030-01-01 lies outside the data"),
        (["--from", "yesterday"], "--from 'yesterday' is no date: write it as YYYY-MM-DD"),
        (["--to", "2026-02-30"], "--to '2026-02-30' is no date"),
        (["--from", "20260306"], "--from '20260306' is no date"),
        (["--to", "2026-W10-5"], "--to '2026-W10-5' is no date"),
        (["--from", ""], "--from '' is no date"),
    ],
)
def test_dates_that_cannot_be_are_refused(town: Judged, tmp_path: Path, dates: list[str], said: str) -> None:
    score = ["score", "--lake", town.lake.path, "--bundle", town.bundle, "--out", tmp_path / "out"]
    assert said in refused(*score, *dates)
    assert left(tmp_path) == []


def test_dates_of_other_commands_are_refused_too(town: Judged, tmp_path: Path) -> None:
    train = ["train", "--lake", town.lake.path, "--out", tmp_path / "out", "--as-of"]
    assert "--as-of '1.3.2026' is no date" in refused(*train, "1.3.2026")
    assert "2020-01-01 lies before the first play" in refused(*train, "2020-01-01")
    plant = ["plant", "--lake", town.lake.path, "--campaign", "playlist_loop", "--out", tmp_path / "out", "--from"]
    assert "--from 'soon' is no date" in refused(*plant, "soon")
    assert "2020-01-01 lies outside the days" in refused(*plant, "2020-01-01")
    assert left(tmp_path) == []


# --- where it goes ---------------------------------------------------------------------------------------------------


def writing(town: Judged) -> dict[str, list[object]]:
    """Every command that writes, but for where."""
    return {
        "demo": ["demo", "--accounts", 200, "--days", 4],
        "simulate": ["simulate", "--accounts", 50, "--days", 1],
        "plant": ["plant", "--lake", town.lake.path, "--campaign", "playlist_loop"],
        "train": ["train", "--lake", town.lake.path, "--as-of", "2026-03-03"],
        "score": ["score", "--lake", town.lake.path, "--bundle", town.bundle],
        "report": ["report", "--decisions", town.decisions],
        "royalties": ["royalties", "--lake", town.lake.path, "--decisions", town.decisions],
    }


@pytest.mark.parametrize("command", ["demo", "simulate", "plant", "train", "score", "royalties"])
def test_what_is_there_already_is_left_alone(town: Judged, tmp_path: Path, command: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("years of work")
    before = left(tmp_path)
    for name in ("other", "file"):
        said = refused(*writing(town)[command], "--out", tmp_path / name)
        assert f"{tmp_path / name}" in said
        assert "choose another --out" in said
    assert left(tmp_path) == before
    assert (tmp_path / "file").read_text() == (tmp_path / "other" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize("command", ["train", "score"])
def test_a_taken_place_is_refused_before_the_work(town: Judged, tmp_path: Path, command: str) -> None:
    """A lake that cannot be read would be noticed later: the place comes first."""
    lake = copy(town.lake, tmp_path / "lake", "plays")
    for file in lake.rglob("*.parquet"):
        file.unlink()
        file.write_text("x")
    (tmp_path / "file").write_text("x")
    arguments = writing(town)[command]
    arguments[2] = lake
    assert "choose another --out" in refused(*arguments, "--out", tmp_path / "file")


def test_a_report_does_not_replace_a_folder(town: Judged, tmp_path: Path) -> None:
    assert "is a folder: give the name of a file" in refused(*writing(town)["report"], "--out", tmp_path)


@pytest.mark.parametrize("command", ["demo", "simulate", "plant", "train", "score", "report", "royalties"])
def test_a_place_that_cannot_be_is_said(town: Judged, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("x")
    said = refused(*writing(town)[command], "--out", tmp_path / "file" / "out")
    assert said.startswith(f"Could not write {'the bundle ' if command == 'train' else ''}{tmp_path / 'file' / 'out'}")
    assert "Not a directory" in said or "File exists" in said
    assert ".tmp" not in said
    assert left(tmp_path) == ["file"]


_SMALL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
del sys.argv[1]
from ghostnote.cli import main
main()
"""


@pytest.mark.parametrize("command", ["simulate", "plant", "train", "score", "report", "royalties"])
def test_a_disk_that_refuses_leaves_nothing_half_written(town: Judged, tmp_path: Path, command: str) -> None:
    # No file may grow beyond so many bytes: the operating system refuses as it does when the disk is full.
    out = tmp_path / "place" / "out"
    out.parent.mkdir()
    arguments = [*map(str, writing(town)[command]), "--out", str(out)]
    called = subprocess.run(
        [sys.executable, "-c", _SMALL_DISK, "8000", *arguments], capture_output=True, text=True, check=False
    )
    assert called.returncode == 1, called
    assert called.stdout == ""
    assert called.stderr.startswith(f"ghostnote: Could not write {'the bundle ' if command == 'train' else ''}{out}")
    assert called.stderr.count("\n") == 1, called.stderr
    assert left(tmp_path) == ["place"]


# --- files that cannot be read ---------------------------------------------------------------------------------------


def test_an_unreadable_file_is_named_and_the_exit_code_tells(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake")
    (lake / "plays" / "dt=2026-03-07" / "torn.parquet").write_text("x")
    scored = call("score", "--lake", lake, "--bundle", town.bundle, "--out", tmp_path / "d", "--from", "2026-03-06")
    assert (scored.code, scored.err) == (1, "")
    assert "torn.parquet" in scored.out
    (lake / "plays" / "dt=2026-03-02" / "torn.parquet").write_text("x")
    trained = call("train", "--lake", lake, "--out", tmp_path / "b", "--as-of", "2026-03-03")
    assert (trained.code, trained.err) == (1, "")
    assert "torn.parquet" in trained.out
    assert (tmp_path / "b" / MANIFEST).is_file()
    checked = call("validate", "--lake", lake)
    assert (checked.code, checked.err) == (1, "")
    assert "torn.parquet" in checked.out
    told = call("score", "--lake", lake, "--bundle", town.bundle, "--out", tmp_path / "d", "--json")
    assert told.code == 1
    assert told.told["summary"]["counts"]["unreadable_files"] == 2


def test_labels_that_cannot_be_read_are_not_passed_over(town: Judged, tmp_path: Path) -> None:
    lake = copy(town.lake, tmp_path / "lake", "plays", "labels")
    torn = next((lake / "labels").rglob("*.parquet"))
    torn.unlink()
    torn.write_text("x")
    called = call("train", "--lake", lake, "--out", tmp_path / "b", "--as-of", "2026-03-03")
    assert called.code == 1
    assert str(torn) in called.out


# --- words that are not known ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["simulate", "--scenario", "nope", "--out"], "There is no scenario 'nope'"),
        (["plant", "--campaign", "nope", "--lake", "x", "--out"], "There is no campaign 'nope'"),
        (["score", "--policy", "nope.toml", "--lake", "x", "--bundle", "x", "--out"], "The policy nope.toml cannot be"),
        (["report", "--decisions", "nope", "--out"], "There is no folder nope"),
    ],
)
def test_names_of_nothing_are_refused(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in refused(*arguments, tmp_path / "out")
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["score", "--bogus"], "No such option: --bogus"),
        (["simulate"], "say where the lake goes"),
        (["simulate", "--out", "x", "--accounts", "10"], "'--accounts'"),
        (["simulate", "--out", "x", "--days", "0"], "'--days'"),
        (["demo", "--seed", "-1"], "'--seed'"),
        (["demo", "--days", "many"], "'--days'"),
        (["import", "csv"], "Missing argument"),
    ],
)
def test_a_wrong_command_line_is_code_2(arguments: list[str], said: str) -> None:
    called = call(*arguments)
    assert (called.code, called.out) == (2, "")
    assert said in called.err
    assert "Traceback" not in called.err
