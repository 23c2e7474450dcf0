"""`ghostnote console` before it listens: what it refuses, in a sentence."""

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
