"""Forgetting an account in a lake: nothing names it any more, and everybody else's rows are as they were."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.worlds import Judged

from ghostnote.errors import GhostnoteError
from ghostnote.events.erasure import PERSONAL, forget_in_files, pseudonym
from ghostnote.events.lake import Lake


def test_a_forgotten_account_is_in_no_file_and_others_are_untouched(town: Judged, tmp_path: Path) -> None:
    lake = Path(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    account = pl.read_parquet(next((lake / "plays").glob("*/*.parquet")))["account_id"][0]
    before = {path: pl.read_parquet(path) for path in lake.rglob("*.parquet")}
    name = pseudonym()
    found = forget_in_files(lake, account, name)
    assert found.rows > 0
    theirs = 0
    for path, old in before.items():
        new = pl.read_parquet(path)
        assert new.height == old.height
        assert not any(account in str(value) for row in new.rows() for value in row)
        if "account_id" in old.columns:
            others = old.filter(pl.col("account_id") != account)
            assert new.filter(pl.col("account_id") != name).equals(others)
            left = new.filter(pl.col("account_id") == name)
            theirs += left.height
            personal = [column for column in PERSONAL if column in left.columns]
            assert all(set(left[column].drop_nulls()) <= {name} for column in personal)
    assert theirs > 0
    assert forget_in_files(lake, account, pseudonym()).rows == 0


def test_the_lake_is_still_one_of_the_contract(town: Judged, tmp_path: Path) -> None:
    lake = Path(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    account = pl.read_parquet(next((lake / "signups").glob("*/*.parquet")))["account_id"][0]
    forget_in_files(lake, account, pseudonym())
    from ghostnote.events.reading import read

    for table in ("signups", "plays", "logins"):
        assert read(Lake(lake), table).rejected.is_empty()


def test_a_file_that_cannot_be_read_changes_nothing(town: Judged, tmp_path: Path) -> None:
    lake = Path(shutil.copytree(town.path / "lake", tmp_path / "lake"))
    account = pl.read_parquet(next((lake / "plays").glob("*/*.parquet")))["account_id"][0]
    (lake / "signups" / "zz.parquet").write_bytes(b"no parquet")
    before = {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()}
    with pytest.raises(GhostnoteError, match="cannot be read"):
        forget_in_files(lake, account, pseudonym())
    assert {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()} == before
