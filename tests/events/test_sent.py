"""Rows of a lake's files as they were sent."""

from datetime import date
from pathlib import Path

import polars as pl

from ghostnote.events.sent import sent

COLUMNS = {"account_id": pl.String(), "plays": pl.Int64()}


def test_a_column_that_a_file_lacks_is_null_there_and_there_alone(tmp_path: Path) -> None:
    folder = tmp_path / "dt=2026-03-02"
    folder.mkdir()
    pl.DataFrame({"account_id": ["ada"], "other": [1.5]}).write_parquet(folder / "a.parquet")
    pl.DataFrame({"plays": pl.Series([3], dtype=pl.UInt8), "account_id": ["bob"]}).write_parquet(folder / "b.parquet")
    categorical = pl.Series(["cleo"], dtype=pl.Categorical)
    pl.DataFrame({"account_id": categorical, "dt": [date(2026, 3, 3)]}).write_parquet(folder / "c.parquet")
    rows = sent(sorted(folder.iterdir()), COLUMNS).collect()
    assert rows.schema == COLUMNS
    assert rows.rows() == [("ada", None), ("bob", 3), ("cleo", None)]


def test_without_a_file_there_is_no_row() -> None:
    assert sent([], COLUMNS).collect().equals(pl.DataFrame(schema=COLUMNS))
