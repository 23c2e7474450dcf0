"""`ghostnote report` as it is called."""

import json
from pathlib import Path

import pytest
import typer
from tests.invented import World, write_decisions
from typer.testing import CliRunner

from ghostnote.cli.report import report
from ghostnote.errors import GhostnoteError


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_decisions(tmp_path_factory.mktemp("cli") / "decisions", World(honest=100, campaigns=False))


def call(*arguments: str) -> str:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(report)
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_says_where_the_report_is(decisions: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    said = call("--decisions", str(decisions), "--out", str(out))
    assert str(out) in said
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_has_the_headline_figures(decisions: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    facts = json.loads(call("--decisions", str(decisions), "--out", str(out), "--json"))
    assert facts["report"] == str(out)
    assert facts["plays"] > 0
    assert facts["bytes"] == out.stat().st_size


def test_a_folder_without_decisions_is_said(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match=r"no accounts\.parquet"):
        call("--decisions", str(tmp_path), "--out", str(tmp_path / "report.html"))
