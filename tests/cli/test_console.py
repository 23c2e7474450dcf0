"""`ghostnote console` before it listens: what it refuses, in a sentence."""

import shutil
from pathlib import Path

from tests.cli.calling import call


def test_a_lake_or_a_ledger_that_is_not_there(tmp_path: Path, decisions: Path) -> None:
    lake = call("console", "--lake", tmp_path / "none", "--decisions", decisions)
    assert lake.code == 1
    assert "There is no lake" in lake.err
    ledger = call("console", "--lake", tmp_path, "--decisions", decisions, "--ledger", tmp_path / "none.db")
    assert ledger.code == 1
    assert "Traceback" not in ledger.err
    assert not (tmp_path / "none.db").exists()


def test_terms_that_cannot_be(tmp_path: Path, decisions: Path) -> None:
    (tmp_path / "plays").mkdir()
    shutil.copy(decisions / "plays.parquet", tmp_path / "plays")
    terms = tmp_path / "terms.toml"
    terms.write_text("[penalty]\nline = 2.0\n")
    found = call("console", "--lake", tmp_path, "--decisions", decisions, "--terms", terms)
    assert found.code == 1
    assert "terms" in found.err
    assert "Traceback" not in found.err
