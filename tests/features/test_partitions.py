"""Features of a whole lake, written in partitions: the same bits as one walk, whatever the memory, whenever killed."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.features.test_history import filled, write
from tests.features.worlds import same_bits

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.features import partitions, prepared
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.costs import costs
from ghostnote.features.fold import Fold
from ghostnote.features.history import Intake, walk
from ghostnote.features.keys import KEYS
from ghostnote.features.partitions import export

SMALL = 8_000.0


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return write(tmp_path / "lake", filled(5, 300, late=0.2))


def written(out: Path) -> dict[date, pl.DataFrame]:
    days = sorted(out.glob("dt=*"))
    return {
        date.fromisoformat(day.name[3:]): pl.concat(
            [pl.read_parquet(path, hive_partitioning=False) for path in sorted(day.glob("*.parquet"))]
        )
        for day in days
    }


def agrees(out: Path, lake: Lake, features: tuple) -> None:
    found = written(out)
    last = max(day for table in ("plays", "signups", "logins", "actions") for day in lake.days(table))
    for day in walk(lake, features, Intake(), last):
        ours = found.pop(day.day)
        assert ours["event_id"].to_list() == day.stream["event_id"].to_list()
        values = np.ascontiguousarray(ours.select(f.name for f in features).to_numpy())
        assert same_bits(values, day.values)
    assert not found


@pytest.mark.parametrize("memory", [1e9, SMALL], ids=["whole", "partitions"])
def test_partitions_change_no_bit(lake: Lake, tmp_path: Path, memory: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "ROWS_PER_PIECE", 16)
    found = export(lake, tmp_path / "out", CATALOG, memory=memory)
    assert (found.partitions > 30) == (memory == SMALL)
    agrees(tmp_path / "out", lake, CATALOG)
    assert not (tmp_path / "out" / ".work").exists()
    assert not list((tmp_path / "out").rglob("*.tmp"))


def test_a_column_that_nobody_has_is_missing(tmp_path: Path) -> None:
    tables = filled(6, 200)
    tables["plays"] = tables["plays"].drop("ip", "ms_played")
    tables["plays"] = tables["plays"].with_columns(ms_played=pl.lit(40_000))
    lake = write(tmp_path / "lake", {name: tables[name] for name in ("plays", "tracks")})
    export(lake, tmp_path / "out", TRAINED, memory=SMALL)
    agrees(tmp_path / "out", lake, TRAINED)


@pytest.mark.parametrize("steps", [1, 3, 9, 40, 90, 100_000])
def test_killed_at_any_step_it_goes_on(lake: Lake, tmp_path: Path, steps: int) -> None:
    left = steps

    def kill(step: str, done: int, total: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    if steps < 1000:
        with pytest.raises(KeyboardInterrupt):
            export(lake, out, TRAINED, memory=SMALL, progress=kill)
    export(lake, out, TRAINED, memory=SMALL)
    agrees(out, lake, TRAINED)


def test_what_is_done_is_not_done_again(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    folded: list[str] = []
    fold = partitions._fold

    def counted(unit: partitions._Unit, *rest: object) -> None:
        folded.append(f"{unit.column}-{unit.number}")
        if len(folded) == 4:
            raise KeyboardInterrupt
        fold(unit, *rest)

    monkeypatch.setattr(partitions, "_fold", counted)
    with pytest.raises(KeyboardInterrupt):
        export(lake, out, TRAINED, memory=SMALL)
    first = export(lake, out, TRAINED, memory=SMALL)
    assert len(folded) == first.partitions + 1
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert export(lake, out, TRAINED, memory=SMALL) == first
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")} == before


def test_another_export_in_the_folder_is_refused(lake: Lake, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(lake, out, TRAINED[:3])
    with pytest.raises(GhostnoteError, match="other features"):
        export(lake, out, TRAINED[:4])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(GhostnoteError, match="not an empty folder"):
        export(lake, tmp_path / "full", TRAINED[:3])
    summary = json.loads((out / "features.json").read_text())
    assert summary["features"] == [f.name for f in TRAINED[:3]]


def test_costs_are_what_the_state_takes() -> None:
    found = {(c.key, c.purpose): c for c in costs(CATALOG)}
    assert {c.key for c in found.values()} <= set(KEYS)
    assert found["account_track", "predicates"].per_key < found["account", "features"].per_key
    assert found["account", "features"].forgotten_days is None
    assert found["ip", "features"].forgotten_days == 29
    assert len(found) == len(Fold(CATALOG).plans)
