"""`ghostnote import`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ghostnote.cli.import_ import import_app
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read

RUNNER = CliRunner()
KEY = "a key for tests only"
PLAY = {"endTime": "2026-01-01 10:00", "artistName": "Band", "trackName": "Song", "msPlayed": 31_000}


@pytest.fixture(autouse=True)
def _own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GHOSTNOTE_KEY", KEY)


def export(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.json").write_text(text)
    return folder


def test_a_history_becomes_a_lake(tmp_path: Path) -> None:
    folder = export(tmp_path / "mia", StreamingHistory0=json.dumps([PLAY]), Playlist1="{}")
    result = RUNNER.invoke(import_app, ["streaming-history", str(folder), "--out", str(tmp_path / "lake")])
    assert result.exit_code == 0
    assert "1 plays of 1 tracks" in result.stdout
    assert "GHOSTNOTE_KEY" in result.stdout
    assert KEY not in result.stdout
    assert "1 other JSON files are no histories" in result.stdout
    assert result.stderr == ""
    assert read(Lake(tmp_path / "lake"), "plays").rows.height == 1


def test_machines_get_one_document_and_broken_files_a_code(tmp_path: Path) -> None:
    folder = export(tmp_path / "mia", StreamingHistory0=json.dumps([PLAY, PLAY | {"msPlayed": -1}]), endsong_1="[{")
    out = tmp_path / "lake"
    result = RUNNER.invoke(
        import_app, ["streaming-history", str(folder), "--out", str(out), "--account", "x", "--json"]
    )
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["plays"], told["tracks"], told["accounts"][0]["name"]) == (1, 1, "x")
    assert told["rejected"] == {"ms_played is not at least 0": 1}
    assert [Path(part["file"]).name for part in told["unreadable"]] == ["endsong_1.json"]
    again = tmp_path / "again"
    result = RUNNER.invoke(import_app, ["streaming-history", str(folder), "--out", str(again)])
    assert result.exit_code == 1
    assert "REJECTED 1 rows: ms_played is not at least 0" in result.stdout
    assert "endsong_1.json: its JSON is cut off" in result.stdout


def test_a_key_file_decides_the_ids(tmp_path: Path) -> None:
    folder = export(tmp_path / "mia", StreamingHistory0=json.dumps([PLAY]))
    accounts = set()
    for number in range(2):
        key = tmp_path / f"key{number}"
        key.write_text(f"sixteen bytes or more {number}")
        arguments = [
            "streaming-history",
            str(folder),
            "--out",
            str(tmp_path / str(number)),
            "--key-file",
            str(key),
            "--json",
        ]
        result = RUNNER.invoke(import_app, arguments)
        accounts.add(json.loads(result.stdout)["accounts"][0]["account_id"])
    assert len(accounts) == 2


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_own_tables_become_a_lake(tmp_path: Path, kind: str) -> None:
    import polars as pl

    row = {"event_id": "e", "event_time": "2026-01-01", "account_id": "mia", "track_id": "t"}
    frame = pl.DataFrame([row | {"ms_played": 1}, row | {"ms_played": -1}])
    folder = tmp_path / "own"
    folder.mkdir()
    frame.write_csv(folder / "plays.csv")
    frame.write_parquet(folder / "plays.parquet")
    (folder / f"torn.{kind}").write_text("x")
    (tmp_path / "map.toml").write_text("[plays]\nhash = ['account_id']")
    arguments = [kind, str(folder), "--map", str(tmp_path / "map.toml"), "--out"]
    result = RUNNER.invoke(import_app, [*arguments, str(tmp_path / "lake")])
    assert result.exit_code == 1
    assert "plays: 1 rows from 1 files" in result.stdout
    assert "REJECTED 1 rows: ms_played is not at least 0" in result.stdout
    assert f"torn.{kind}" in result.stdout
    result = RUNNER.invoke(import_app, [*arguments, str(tmp_path / "again"), "--json"])
    told = json.loads(result.stdout)
    assert told["tables"][0]["rows"] == 1
    assert len(told["unreadable"]) == 1


def test_a_mapping_without_hashes_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GHOSTNOTE_KEY")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "plays.csv").write_text("event_id,event_time,account_id,track_id,ms_played\ne,2026-01-01,a,t,1\n")
    (tmp_path / "map.toml").write_text("[plays]")
    arguments = [
        "csv",
        str(tmp_path / "plays.csv"),
        "--map",
        str(tmp_path / "map.toml"),
        "--out",
        str(tmp_path / "lake"),
    ]
    assert RUNNER.invoke(import_app, arguments).exit_code == 0
    assert not (tmp_path / "config").exists()


def test_a_mistake_is_one_sentence(tmp_path: Path) -> None:
    result = RUNNER.invoke(
        import_app, ["streaming-history", str(tmp_path / "nowhere"), "--out", str(tmp_path / "lake")]
    )
    assert result.exit_code == 1
    assert isinstance(result.exception, GhostnoteError)
    assert str(result.exception).startswith("There is nothing at")
