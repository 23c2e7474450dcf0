"""`ghostnote features`."""

import json
from pathlib import Path

import polars as pl
import pytest
import typer
from tests.features.test_history import filled, write
from typer.testing import CliRunner

from ghostnote.cli.features import features
from ghostnote.errors import GhostnoteError
from ghostnote.features.catalog import CATALOG, TRAINED

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(features)


def test_explains_every_feature_and_what_it_costs() -> None:
    text = RUNNER.invoke(APP, ["--explain"]).stdout
    assert all(feature.name in text for feature in CATALOG)
    found = json.loads(RUNNER.invoke(APP, ["--explain", "--json"]).stdout)
    assert [f["name"] for f in found["features"]] == [f.name for f in CATALOG]
    assert sum(f["trained"] for f in found["features"]) == len(TRAINED)
    assert all(f["why"] and f["columns"] for f in found["features"])
    assert all(kind["per_key"] > 0 for kind in found["memory"])


def test_explains_own_features(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('base = "none"\nalso = ["plays_by_ip_24h"]')
    found = json.loads(RUNNER.invoke(APP, ["--explain", "--json", "--features", str(own)]).stdout)
    assert [f["name"] for f in found["features"]] == ["plays_by_ip_24h"]
    assert [kind["key"] for kind in found["memory"]] == ["ip"]


def test_writes_every_events_features(tmp_path: Path) -> None:
    tables = filled(2, 100)
    write(tmp_path / "lake", tables)
    arguments = ["--lake", str(tmp_path / "lake"), "--out", str(tmp_path / "out")]
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 0, result.output
    assert "62 features of" in result.stdout
    found = json.loads(RUNNER.invoke(APP, [*arguments, "--json"]).stdout)
    rows = pl.concat(pl.read_parquet(path) for path in (tmp_path / "out").rglob("*.parquet"))
    assert rows.height == found["events"]
    assert rows["event_id"].n_unique() == rows.height


def test_an_unreadable_file_is_told_and_a_failure(tmp_path: Path) -> None:
    write(tmp_path / "lake", filled(2, 100))
    next((tmp_path / "lake" / "plays").rglob("*.parquet")).write_bytes(b"no")
    result = RUNNER.invoke(APP, ["--lake", str(tmp_path / "lake"), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "Not readable, left out" in result.stdout


def test_nothing_to_do_is_said() -> None:
    with pytest.raises(GhostnoteError, match="--explain, or --lake LAKE --out DIR"):
        RUNNER.invoke(APP, [], catch_exceptions=False)
