"""`ghostnote validate`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from ghostnote.cli.validate import validate
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import LakeWriter

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(validate)


def plays(day: int, *lengths: int) -> pl.DataFrame:
    time = datetime(2026, 1, day, tzinfo=UTC)
    rows = [
        {"event_id": f"{day}-{index}", "event_time": time, "account_id": "a", "track_id": "t", "ms_played": length}
        for index, length in enumerate(lengths)
    ]
    return pl.DataFrame(rows)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    writer = LakeWriter(tmp_path / "lake")
    for day in (1, 2, 5, 9):
        writer.write_by_arrival("plays", plays(day, 1, 2, -3))
    return tmp_path / "lake"


def test_rejected_rows_are_told_but_are_no_failure(lake: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(APP, ["--lake", str(lake), "--quarantine", str(tmp_path / "bad")])
    assert result.exit_code == 0
    assert "REJECTED 4 rows: ms_played is not at least 0" in result.stdout
    assert "no rows on 5 days: 2026-01-03..2026-01-04, 2026-01-06..2026-01-08" in result.stdout
    assert "ip is absent: which accounts share an address" in result.stdout
    assert "signups: account age" in result.stdout
    assert result.stderr == ""
    assert pl.read_parquet(tmp_path / "bad" / "plays.parquet").height == 4


def test_a_lake_without_faults_says_so(tmp_path: Path) -> None:
    LakeWriter(tmp_path / "lake").write_by_arrival("plays", plays(1, 1))
    result = RUNNER.invoke(APP, ["--lake", str(tmp_path / "lake")])
    assert result.exit_code == 0
    assert "0 rows rejected. 0 files unreadable." in result.stdout


def test_an_unreadable_file_is_a_failure(lake: Path) -> None:
    (lake / "plays/dt=2026-01-02/torn.parquet").touch()
    result = RUNNER.invoke(APP, ["--lake", str(lake)])
    assert result.exit_code == 1
    assert "torn.parquet: it is empty (0 bytes)" in result.stdout


def test_machines_get_one_document(lake: Path) -> None:
    (lake / "plays/torn.parquet").touch()
    result = RUNNER.invoke(APP, ["--lake", str(lake), "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    (table,) = told["tables"]
    assert (table["files"], table["rows"], table["days"]) == (5, 8, 4)
    assert table["rejected"] == {"ms_played is not at least 0": 4}
    assert table["missing_days"][0] == "2026-01-03"
    assert [Path(part["file"]).name for part in table["unreadable"]] == ["torn.parquet"]
    assert "signups" in told["absent_tables"]


def test_no_lake_is_one_sentence(tmp_path: Path) -> None:
    result = RUNNER.invoke(APP, ["--lake", str(tmp_path / "nowhere")])
    assert isinstance(result.exception, GhostnoteError)
