"""Reading lakes: order, repeats, bad rows, bad files, days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake, LakeWriter
from ghostnote.events.quarantine import write_quarantine
from ghostnote.events.reading import join, read, read_days
from ghostnote.events.schema import PLAYS
from ghostnote.events.validation import REJECTED

DAY = date(2026, 1, 1)
START = datetime(2026, 1, 1, tzinfo=UTC)


def plays(*ids: str, hour: int = 12, **changes: object) -> pl.DataFrame:
    rows = [
        {
            "event_id": name,
            "event_time": START + timedelta(hours=hour),
            "account_id": "a",
            "track_id": "t",
            "ms_played": 30_000,
            **changes,
        }
        for name in ids
    ]
    return pl.DataFrame(rows)


def put(root: Path, rows: pl.DataFrame, place: str) -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(path)
    return path


def test_rows_come_in_the_lakes_order_whatever_the_files(tmp_path: Path) -> None:
    put(tmp_path, plays("d", hour=1), "plays/dt=2026-01-02/a.parquet")
    put(tmp_path, pl.concat([plays("c", "b", hour=5), plays("a", hour=6)]), "plays/dt=2026-01-01/b.parquet")
    put(tmp_path, plays("e", hour=4), "plays/dt=2026-01-01/a.parquet")
    reading = read(Lake(tmp_path), "plays")
    assert reading.rows["event_id"].to_list() == ["e", "b", "c", "a", "d"]
    assert reading.rows["dt"].to_list() == [DAY] * 4 + [date(2026, 1, 2)]
    assert reading.rows.columns == [*PLAYS.required, "dt"]
    assert reading.files == 3


def test_an_id_counts_once_across_rows_files_and_days(tmp_path: Path) -> None:
    put(tmp_path, plays("x", "x", track_id="first"), "plays/dt=2026-01-01/a.parquet")
    put(tmp_path, plays("x", "y", track_id="second"), "plays/dt=2026-01-01/b.parquet")
    put(tmp_path, plays("y", "z", track_id="third"), "plays/dt=2026-01-02/a.parquet")
    reading = read(Lake(tmp_path), "plays")
    assert reading.rows.select("event_id", "track_id").rows() == [("x", "first"), ("y", "second"), ("z", "third")]
    assert reading.duplicates == 3


def test_bad_rows_are_told_and_the_good_ones_kept(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        pl.concat([plays("a"), plays("b", ms_played=-1), plays("c")]),
        "plays/dt=2026-01-01/a.parquet",
    )
    reading = read(Lake(tmp_path), "plays")
    assert reading.rows["event_id"].to_list() == ["a", "c"]
    assert reading.rejected.select("file", "row", "reason").rows() == [(str(path), 2, "ms_played is -1: at least 0")]


def test_bad_files_are_named_and_the_rest_read(tmp_path: Path) -> None:
    put(tmp_path, plays("a"), "plays/dt=2026-01-01/good.parquet")
    whole = put(tmp_path, plays("b"), "plays/dt=2026-01-01/torn.parquet")
    whole.write_bytes(whole.read_bytes()[:-20])
    (tmp_path / "plays/dt=2026-01-01/empty.parquet").touch()
    (tmp_path / "plays/dt=2026-01-01/text.parquet").write_text("event_id,event_time\n" * 9)
    (tmp_path / "plays/dt=2026-01-01/folder.parquet").mkdir()
    put(tmp_path, plays("c").drop("track_id"), "plays/dt=2026-01-02/narrow.parquet")
    reading = read(Lake(tmp_path), "plays")
    assert reading.rows["event_id"].to_list() == ["a"]
    told = {path.name: reason for path, reason in reading.unreadable}
    assert set(told) == {"torn.parquet", "empty.parquet", "text.parquet", "folder.parquet", "narrow.parquet"}
    assert told["empty.parquet"] == "it is empty (0 bytes)"
    assert "no readable Parquet" in told["torn.parquet"]
    assert told["narrow.parquet"].startswith("the required column track_id missing from plays (it has: event_id,")


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_damage_anywhere_in_a_file_never_stops_the_reading(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("lake")
    put(root, plays("good"), "plays/dt=2026-01-02/a.parquet")
    path = put(root, plays(*map(str, range(50))), "plays/dt=2026-01-01/a.parquet")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    reading = read(Lake(root), "plays")
    assert "good" in reading.rows["event_id"].to_list()


def test_a_file_without_a_day_arrives_on_the_days_of_its_rows(tmp_path: Path) -> None:
    put(tmp_path, pl.concat([plays("b", hour=30), plays("a", hour=2)]), "plays/loose.parquet")
    put(tmp_path, plays("c", hour=31), "plays/dt=2026-01-02/a.parquet")
    reading = read(Lake(tmp_path), "plays")
    assert reading.rows.select("event_id", "dt").rows() == [
        ("a", DAY),
        ("b", date(2026, 1, 2)),
        ("c", date(2026, 1, 2)),
    ]
    assert read(Lake(tmp_path), "plays", date(2026, 1, 2)).rows["event_id"].to_list() == ["b", "c"]
    assert reading.files == 2


def test_files_without_a_day_that_hold_nothing_good_are_told_all_the_same(tmp_path: Path) -> None:
    put(tmp_path, plays("a", ms_played=-1), "plays/bad.parquet")
    (tmp_path / "plays/empty.parquet").touch()
    reading = read(Lake(tmp_path), "plays")
    assert reading.rows.is_empty()
    assert reading.rejected.height == len(reading.unreadable) == 1
    assert reading.files == 2


def test_columns_that_some_files_lack_are_null_there(tmp_path: Path) -> None:
    put(tmp_path, plays("a", source="album"), "plays/dt=2026-01-01/a.parquet")
    put(tmp_path, plays("b"), "plays/dt=2026-01-02/a.parquet")
    rows = read(Lake(tmp_path), "plays").rows
    assert rows.columns == [*PLAYS.required, "source", "dt"]
    assert rows["source"].to_list() == ["album", None]


def test_a_range_includes_both_its_days(tmp_path: Path) -> None:
    for day in range(1, 6):
        put(tmp_path, plays(str(day)), f"plays/dt=2026-01-0{day}/a.parquet")
    lake = Lake(tmp_path)
    assert read(lake, "plays", date(2026, 1, 2), date(2026, 1, 3)).rows["event_id"].to_list() == ["2", "3"]
    assert read(lake, "plays", end=date(2026, 1, 1)).rows["event_id"].to_list() == ["1"]
    with pytest.raises(GhostnoteError, match="from 2026-02-01 to the end: its days are 2026-01-01 to 2026-01-05"):
        read(lake, "plays", date(2026, 2, 1))
    with pytest.raises(GhostnoteError, match="has no plays from the beginning to 2025-12-31"):
        list(read_days(lake, "plays", end=date(2025, 12, 31)))


def test_a_table_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    put(tmp_path, plays("a"), "plays/dt=2026-01-01/a.parquet")
    reading = read(Lake(tmp_path), "signups", DAY)
    assert reading.rows.is_empty()
    assert {"event_id", "plan", "dt"} <= set(reading.rows.columns)


def test_newer_files_correct_the_catalogue(tmp_path: Path) -> None:
    put(tmp_path, pl.DataFrame({"track_id": ["a", "b"], "artist_id": ["x", "y"]}), "tracks/part-0000.parquet")
    put(tmp_path, pl.DataFrame({"track_id": ["a"], "artist_id": ["z"], "genre": ["g"]}), "tracks/part-0001.parquet")
    reading = read(Lake(tmp_path), "tracks")
    assert reading.rows.select("track_id", "artist_id").rows() == [("b", "y"), ("a", "z")]
    assert reading.rows["dt"].null_count() == 2
    assert reading.duplicates == 1


def test_labels_may_repeat_and_come_as_they_became_known(tmp_path: Path) -> None:
    label = {"subject_type": "account", "subject_id": "a", "verdict": "fraud", "source": "review", "event_time": START}
    rows = pl.DataFrame([label | {"known_at": START + timedelta(days=days)} for days in (3, 1, 1)])
    LakeWriter(tmp_path).write_by_arrival("labels", rows)
    reading = read(Lake(tmp_path), "labels")
    assert [known.day for known in reading.rows["known_at"]] == [2, 2, 4]
    assert reading.duplicates == 0


def test_progress_counts_files(tmp_path: Path) -> None:
    for day in (1, 2):
        put(tmp_path, plays(str(day)), f"plays/dt=2026-01-0{day}/a.parquet")
    steps: list[tuple[str, int, int]] = []
    read(Lake(tmp_path), "plays", progress=lambda *step: steps.append(step))
    assert steps == [("Reading plays", 1, 2), ("Reading plays", 2, 2)]


EVENTS = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 3), st.integers(0, 3), st.integers(-1, 1)), max_size=40)


@given(EVENTS)
@settings(max_examples=30, deadline=None)
def test_days_in_turn_are_the_whole_and_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, events: Sequence[tuple[int, int, int, int]]
) -> None:
    root = tmp_path_factory.mktemp("lake")
    put(root, plays("anchor"), "plays/dt=2026-01-01/z.parquet")
    by_file: dict[tuple[int, int], list[pl.DataFrame]] = {}
    for name, day, file, ms_played in events:
        by_file.setdefault((day, file), []).append(plays(str(name), hour=name, ms_played=ms_played))
    for (day, file), rows in by_file.items():
        folder = f"dt=2026-01-0{day}/" if day else ""
        put(root, pl.concat(rows), f"plays/{folder}{file}.parquet")
    whole = read(Lake(root), "plays")
    parts = list(read_days(Lake(root), "plays"))
    assert [day for day, _ in parts] == sorted({day for day, _ in parts})
    assert all(part.rows["dt"].unique().to_list() in ([], [day]) for day, part in parts)
    again = join([part for _, part in parts], "plays")
    assert again.rows.equals(whole.rows)
    assert whole.rows["event_id"].is_unique().all()
    assert whole.rows.height + whole.rejected.height + whole.duplicates == len(events) + 1
    assert whole.rows.select("dt", "event_time", "event_id").rows() == sorted(
        whole.rows.select("dt", "event_time", "event_id").rows()
    )


def test_rejected_rows_can_be_kept(tmp_path: Path) -> None:
    put(tmp_path, plays("a", ms_played=-1), "plays/dt=2026-01-01/a.parquet")
    put(tmp_path, plays("b", ms_played=-2), "plays/dt=2026-01-02/a.parquet")
    put(tmp_path, pl.DataFrame({"track_id": ["t"], "artist_id": ["x"]}), "tracks/a.parquet")
    lake, out = Lake(tmp_path), tmp_path / "quarantine"
    days = (reading for _, reading in read_days(lake, "plays"))
    written = write_quarantine([*days, read(lake, "tracks")], out)
    assert written == (out / "plays.parquet",)
    kept = pl.read_parquet(out / "plays.parquet")
    assert kept.schema == REJECTED
    assert kept["reason"].to_list() == ["ms_played is -1: at least 0", "ms_played is -2: at least 0"]
    assert [path.name for path in out.iterdir()] == ["plays.parquet"]


def test_a_quarantine_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    put(tmp_path, plays("a", ms_played=-1), "plays/dt=2026-01-01/a.parquet")
    (tmp_path / "taken").touch()
    with pytest.raises(GhostnoteError, match="Could not write"):
        write_quarantine([read(Lake(tmp_path), "plays")], tmp_path / "taken")
