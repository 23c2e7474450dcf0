"""What a lake holds and lacks."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from ghostnote.events.inspection import COSTS, TABLE_COSTS, inspect
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.events.schema import POSITION, TABLES


def plays(day: int, *ids: str, ms_played: int = 1) -> pl.DataFrame:
    time = datetime(2026, 1, day, 12, tzinfo=UTC)
    rows = [
        {"event_id": name, "event_time": time, "account_id": "a", "track_id": "t", "ms_played": ms_played}
        for name in ids
    ]
    return pl.DataFrame(rows)


def test_all_is_counted(tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path)
    writer.write_by_arrival("plays", plays(1, "a", "b", "a").with_columns(source=pl.lit(None, dtype=pl.String)))
    writer.write_by_arrival("plays", plays(4, "c"))
    writer.write_by_arrival("plays", plays(4, "d", "e", ms_played=-1))
    writer.write("tracks", pl.DataFrame({"track_id": ["t"], "artist_id": ["x"], "genre": ["g"]}))
    (tmp_path / "plays/dt=2026-01-04/torn.parquet").touch()
    told, tracks = inspect(Lake(tmp_path), tmp_path / "quarantine")
    assert (told.files, told.rows, told.duplicates, len(told.unreadable)) == (4, 3, 1, 1)
    assert dict(told.rejected) == {"ms_played is not at least 0": 2}
    assert told.missing_days == (date(2026, 1, 2), date(2026, 1, 3))
    assert (told.first, told.last) == (datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 4, 12, tzinfo=UTC))
    assert {"source", "ip"} <= set(told.absent)
    assert "track_id" not in told.absent
    assert "genre" not in tracks.absent
    assert (tracks.first, tracks.missing_days) == (None, ())
    assert pl.read_parquet(tmp_path / "quarantine/plays.parquet").height == 2


def test_every_optional_column_and_table_has_its_price() -> None:
    optional = {column.name for table in TABLES.values() for column in table.columns if not column.required}
    # Nobody lacks it: only a service fills it in.
    optional.remove(POSITION)
    assert set(COSTS) == optional
    assert set(TABLE_COSTS) == set(TABLES)
