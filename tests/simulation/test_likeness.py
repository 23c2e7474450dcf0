"""`like`: a world with only what another lake has."""

from pathlib import Path

import polars as pl
import pytest
from tests.simulation.lakes import read_all
from tests.simulation.worlds import ATTACKED

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import LakeWriter
from ghostnote.simulation.likeness import Likeness
from ghostnote.simulation.world import World, simulate


@pytest.fixture(scope="module")
def poor(attacked: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of minutes, with a few columns of plays and nothing else; addresses are opaque."""
    plays = read_all(attacked[0])["plays"].filter(pl.col("offline").not_())
    writer = LakeWriter(tmp_path_factory.mktemp("poor") / "lake")
    names = ["event_id", "event_time", "account_id", "track_id", "ms_played", "ip", "platform"]
    rows = plays.select(names).with_columns(
        pl.col("event_time").dt.truncate("1m"), pl.col("ip").hash().cast(pl.String).alias("ip")
    )
    # A third of the accounts has no platform anywhere.
    lacking = (pl.col("account_id").hash() % 3) == 0
    writer.write_by_arrival(
        "plays", rows.with_columns(pl.when(lacking).then(None).otherwise("platform").alias("platform"))
    )
    return writer.path


@pytest.fixture(scope="module")
def alike(poor: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    path = tmp_path_factory.mktemp("alike") / "lake"
    simulate(ATTACKED, path, seed=3, accounts=200, days=3, like=poor)
    return read_all(path)


def test_only_the_other_lakes_tables_and_columns_are_written(alike: dict[str, pl.DataFrame]) -> None:
    assert set(alike) == {"plays", "labels"}
    assert set(alike["plays"].columns) == {
        "event_id",
        "event_time",
        "account_id",
        "track_id",
        "ms_played",
        "ip",
        "platform",
    }


def test_times_are_as_coarse_as_the_other_lakes(alike: dict[str, pl.DataFrame]) -> None:
    times = alike["plays"]["event_time"].to_physical()
    assert (times % 60_000_000 == 0).all()


def test_addresses_are_as_opaque_as_the_other_lakes(alike: dict[str, pl.DataFrame]) -> None:
    assert not alike["plays"]["ip"].str.contains(".", literal=True).any()


def test_as_many_accounts_lack_a_column_as_in_the_other_lake(poor: Path, alike: dict[str, pl.DataFrame]) -> None:
    def lacking(rows: pl.DataFrame) -> float:
        return float(rows.group_by("account_id").agg(pl.col("platform").is_null().all())["platform"].mean())

    assert lacking(alike["plays"]) == pytest.approx(lacking(read_all(poor)["plays"]), abs=0.12)


def test_a_full_lake_is_the_likeness_of_everything(attacked: tuple[Path, World]) -> None:
    likeness = Likeness.of(attacked[0])
    assert set(likeness.gaps) == set(Likeness().gaps)
    assert (likeness.step, likeness.prompt, likeness.hashed) == (1, False, False)
    assert all(gap < 1 for gaps in likeness.gaps.values() for gap in gaps.values())


def test_no_lake_is_told(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="no lake"):
        simulate(ATTACKED, tmp_path / "out", like=tmp_path / "nowhere")
    assert not (tmp_path / "out").exists()
