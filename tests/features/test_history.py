"""A lake walked day by day gives what one fold over all of it gives, and what the reference says."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.features.reference import reference
from tests.features.worlds import same_bits, tables

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.events.schema import TABLES
from ghostnote.features.catalog import CATALOG
from ghostnote.features.fold import Fold
from ghostnote.features.history import Intake, play_days, walk
from ghostnote.features.stream import build_stream


def filled(seed: int, n: int, **options: float) -> dict[str, pl.DataFrame]:
    """The tables of a small world that have rows, with a value wherever the contract wants one."""
    return {
        name: rows.with_columns(
            pl.col(column).fill_null("?") for column in TABLES[name].required if rows[column].dtype == pl.String
        )
        for name, rows in tables(seed, n, **options).items()
        if rows.height
    }


def write(path: Path, found: dict[str, pl.DataFrame]) -> Lake:
    writer = LakeWriter(path)
    for name, rows in found.items():
        writer.write_by_arrival(name, rows)
    return Lake(path)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 100), st.sampled_from([0.0, 0.3]))
def test_days_change_no_bit(seed: int, n: int, late: float) -> None:
    found = filled(seed, n, late=late)
    assume("plays" in found)
    with TemporaryDirectory() as folder:
        intake = Intake()
        lake = write(Path(folder) / "lake", found)
        last = max(day for name in lake.tables() for day in lake.days(name))
        days = list(walk(lake, CATALOG, intake, last))
    whole = build_stream(found)
    assert same_bits(np.concatenate([day.values for day in days]), Fold(CATALOG).update(whole))
    assert [one for day in days for one in day.stream["event_id"]] == whole["event_id"].to_list()
    assert [day.day for day in days] == sorted({*whole["dt"]})
    assert intake.events == whole.height
    assert intake.plays == found["plays"].height


@pytest.mark.parametrize("seed", range(3))
def test_what_is_walked_is_what_the_reference_says(tmp_path: Path, seed: int) -> None:
    found = filled(seed, 150)
    days = list(walk(write(tmp_path / "lake", found), CATALOG, Intake()))
    # By default the last day with plays is the last.
    whole = build_stream(found).filter(pl.col("dt") <= max(found["plays"]["dt"]))
    expected = reference(whole, CATALOG)
    walked = np.concatenate([day.values for day in days])
    for place, feature in enumerate(CATALOG):
        np.testing.assert_allclose(
            walked[:, place], [row[feature.name] for row in expected], rtol=2e-6, atol=2e-6, err_msg=feature.name
        )


def test_the_intake_says_what_the_lake_lacks(tmp_path: Path) -> None:
    found = filled(1, 100)
    lake = write(tmp_path / "lake", {"plays": found["plays"].drop("ip"), "tracks": found["tracks"]})
    intake = Intake()
    for _ in walk(lake, CATALOG, intake):
        pass
    assert {"plays.ip", "tracks.genre", "signups", "ips"} <= set(intake.missing_columns)
    assert "plays.track_id" not in intake.missing_columns
    assert "labels" not in intake.missing_columns


def test_nothing_after_the_end_is_walked(tmp_path: Path) -> None:
    lake = write(tmp_path / "lake", filled(1, 100))
    end = play_days(lake)[len(play_days(lake)) // 2]
    assert max(day.day for day in walk(lake, CATALOG, Intake(), end)) <= end


def test_files_outside_days_count_on_the_day_of_their_rows(tmp_path: Path) -> None:
    plays = filled(1, 100)["plays"].drop("dt")
    LakeWriter(tmp_path / "lake").write("plays", plays)
    assert list(play_days(Lake(tmp_path / "lake"))) == sorted({*plays["event_time"].dt.date()})


def test_a_lake_without_plays_is_refused(tmp_path: Path) -> None:
    LakeWriter(tmp_path / "lake").write("plays", filled(1, 100)["plays"].clear(), date(2026, 1, 1))
    LakeWriter(tmp_path / "none").write("tracks", filled(1, 100)["tracks"])
    with pytest.raises(GhostnoteError, match="holds no plays"):
        play_days(Lake(tmp_path / "none"))
