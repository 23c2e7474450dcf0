"""In simulated worlds nobody without a part is accused, and most of those who gain are named."""

from pathlib import Path

import polars as pl
import pytest
from benchmarks.attribution import believed, held_against, made
from tests.worlds import once

from ghostnote.decisions.attribution import attribute
from ghostnote.decisions.tables import GAINING

WORLDS = (("stolen", 31, 1.0), ("stolen", 31, 0.6), ("other", 32, 1.0), ("farms", 33, 1.0))


@pytest.fixture(scope="module", params=WORLDS, ids=str)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    name, seed, share = request.param
    folder = tmp_path_factory.getbasetemp()
    where = once(folder, f"attribution-{name}-{seed}", lambda path: _make(path, name, seed))
    lake = made(where, name, seed, 0)
    evidence = believed(lake, found=share, seed=seed)
    return held_against(evidence, attribute(evidence), lake).with_columns(pl.lit(share).alias("share"))


def _make(path: Path, name: str, seed: int) -> None:
    made(path, name, seed, 4000)


def test_nobody_without_a_part_is_accused(found: pl.DataFrame) -> None:
    innocent = found.filter(~pl.col("true").is_in(GAINING))
    assert innocent.height > 50
    assert innocent.filter(pl.col("role").is_in(GAINING)).is_empty()


def test_who_gains_is_named_or_unclear_and_not_taken_for_a_victim(found: pl.DataFrame) -> None:
    gaining = found.filter((pl.col("what") == "owner") & pl.col("true").is_in(GAINING))
    assert gaining.height
    assert gaining.filter(pl.col("role") == "sabotaged").is_empty()
    if gaining.height > 5 and gaining["share"][0] == 1.0:
        assert gaining.filter(pl.col("role").is_in(GAINING)).height * 2 > gaining.height
