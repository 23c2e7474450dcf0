"""Opening a folder of decisions: what is wrong with it is said in one sentence."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.tables import ACCOUNTS, DECISION_TABLES
from ghostnote.errors import GhostnoteError


@pytest.fixture
def copy(quiet_decisions: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(quiet_decisions, tmp_path / "copy"))


def test_tables_come_in_their_schema(decisions: Path) -> None:
    folder = DecisionFolder(decisions)
    for name, schema in DECISION_TABLES.items():
        assert folder.scan(name).collect_schema() == schema
    assert folder.truth is not None


@pytest.mark.parametrize("name", [*(f"{table}.parquet" for table in DECISION_TABLES), "summary.json"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(GhostnoteError, match=name):
        DecisionFolder(copy)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="nowhere"):
        DecisionFolder(tmp_path / "nowhere")


def test_a_missing_column_is_named(copy: Path) -> None:
    file = copy / "accounts.parquet"
    pl.read_parquet(file).drop("reasons").write_parquet(file)
    with pytest.raises(GhostnoteError, match="no column reasons"):
        DecisionFolder(copy)


def test_a_column_of_another_type_is_named(copy: Path) -> None:
    file = copy / "days.parquet"
    pl.read_parquet(file).with_columns(pl.col("plays").cast(pl.String)).write_parquet(file)
    with pytest.raises(GhostnoteError, match="Column plays"):
        DecisionFolder(copy)


def test_narrower_types_and_columns_of_nulls_are_taken(copy: Path) -> None:
    file = copy / "accounts.parquet"
    pl.read_parquet(file).with_columns(
        pl.col("plays").cast(pl.UInt32),
        pl.col("score").cast(pl.Float32),
        pl.col("account_id").cast(pl.Categorical),
        pl.lit(None).alias("campaign_id"),
        pl.lit(None).cast(pl.List(pl.Null)).alias("reasons"),
        pl.lit("more").alias("extra"),
    ).write_parquet(file)
    assert DecisionFolder(copy).read("accounts").schema == ACCOUNTS


def test_what_is_no_parquet_is_named(copy: Path) -> None:
    (copy / "tracks.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(GhostnoteError, match=r"tracks\.parquet cannot be read"):
        DecisionFolder(copy)


def test_kept_open_it_stays_what_it_is(decisions: Path, quiet_decisions: Path, tmp_path: Path) -> None:
    place = tmp_path / "run"
    shutil.copytree(decisions, place)
    kept, plain = DecisionFolder(place, kept_open=True), DecisionFolder(place)
    before = kept.read("plays")
    shutil.rmtree(place)
    shutil.copytree(quiet_decisions, place)
    assert kept.read("plays").equals(before)
    assert kept.scan("plays").select(pl.len()).collect(engine="streaming").item() == before.height
    assert not plain.read("plays").equals(before)
