"""Where things lie in a lake, and that none is ever half there."""

import resource
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from ghostnote.errors import GhostnoteError
from ghostnote.events import lake as lake_module
from ghostnote.events.lake import Lake, LakeWriter, new_lake, write_parquet, write_parquet_parts

PLAY = {
    "event_id": "e",
    "event_time": datetime(2026, 1, 1, 23, tzinfo=UTC),
    "account_id": "a",
    "track_id": "t",
    "ms_played": 1,
}


def files_under(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_a_lake_says_what_it_has(tmp_path: Path) -> None:
    writer = LakeWriter(tmp_path)
    writer.write("plays", pl.DataFrame([PLAY]), date(2026, 1, 2))
    writer.write("plays", pl.DataFrame([PLAY]), date(2026, 1, 2))
    writer.write("plays", pl.DataFrame([PLAY]), date(2026, 1, 1))
    writer.write("plays", pl.DataFrame([PLAY]))
    writer.write("tracks", pl.DataFrame({"track_id": ["t"], "artist_id": ["x"]}))
    lake = Lake(tmp_path)
    assert lake.tables() == ("plays", "tracks")
    assert lake.days("plays") == (date(2026, 1, 1), date(2026, 1, 2))
    names = [str(path.relative_to(tmp_path)) for path in lake.files("plays")]
    assert names == [
        "plays/part-0000.parquet",
        "plays/dt=2026-01-01/part-0000.parquet",
        "plays/dt=2026-01-02/part-0000.parquet",
        "plays/dt=2026-01-02/part-0001.parquet",
    ]
    only = lake.partitions("plays", date(2026, 1, 1), date(2026, 1, 1))
    assert [day for day, _ in only] == [None, date(2026, 1, 1)]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        ([], "is not a lake"),
        (["plays"], "is not a lake"),
        (["quarantine/plays.parquet"], "is not a lake"),
        (["plays/dt=today/x.parquet"], "name the folder dt=YYYY-MM-DD"),
        (["plays/dt=2026-02-30/x.parquet"], "a day that does not exist"),
    ],
)
def test_what_is_no_lake_is_refused_in_one_sentence(tmp_path: Path, make: list[str], told: str) -> None:
    for name in make:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if "." not in name else path.touch()
    with pytest.raises(GhostnoteError, match=told):
        Lake(tmp_path)


def test_a_lake_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="There is no lake at"):
        Lake(tmp_path / "nowhere")


def test_rows_go_to_the_day_they_arrived(tmp_path: Path) -> None:
    rows = pl.DataFrame([PLAY, PLAY | {"event_id": "f"}])
    LakeWriter(tmp_path / "own").write_by_arrival("plays", rows)
    assert files_under(tmp_path / "own") == ["plays/dt=2026-01-01/part-0000.parquet"]
    late = rows.with_columns(dt=pl.Series([date(2026, 1, 1), date(2026, 1, 4)]))
    LakeWriter(tmp_path / "late").write_by_arrival("plays", late)
    assert files_under(tmp_path / "late") == [
        "plays/dt=2026-01-01/part-0000.parquet",
        "plays/dt=2026-01-04/part-0000.parquet",
    ]


def test_a_new_lake_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "lake"
    with new_lake(out) as writer:
        writer.write_by_arrival("plays", pl.DataFrame([PLAY]))
        assert not out.exists()
    assert files_under(tmp_path) == ["deep/lake/plays/dt=2026-01-01/part-0000.parquet"]


def test_a_new_lake_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_lake(tmp_path / "lake") as writer:
            writer.write_by_arrival("plays", pl.DataFrame([PLAY]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_new_lake_may_take_an_empty_folder_but_no_other(tmp_path: Path) -> None:
    with new_lake(tmp_path / "lake") as writer:
        writer.write_by_arrival("plays", pl.DataFrame([PLAY]))
    (tmp_path / "empty").mkdir()
    with new_lake(tmp_path / "empty") as writer:
        writer.write_by_arrival("plays", pl.DataFrame([PLAY]))
    assert Lake(tmp_path / "empty").tables() == ("plays",)
    with pytest.raises(GhostnoteError, match="choose another --out"), new_lake(tmp_path / "lake"):
        pass


def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(GhostnoteError, match="Could not write"):
            write_parquet(pl.DataFrame({"x": range(100_000)}), tmp_path / "x.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_parts_become_one_file_in_their_order(tmp_path: Path) -> None:
    parts = [pl.DataFrame({"x": range(10 * n, 10 * n + size), "y": f"part {n}"}) for n, size in enumerate((3, 0, 5))]
    schema = pl.Schema({"x": pl.Int64(), "y": pl.String()})
    write_parquet_parts(iter(parts), schema, tmp_path / "x.parquet")
    assert pl.read_parquet(tmp_path / "x.parquet").equals(pl.concat(parts))
    write_parquet_parts(iter([]), schema, tmp_path / "none.parquet")
    assert pl.read_parquet(tmp_path / "none.parquet").equals(schema.to_frame())


@pytest.mark.parametrize("error", [GhostnoteError("The lake is gone."), ValueError("a mistake")])
def test_an_error_of_the_parts_is_raised_as_it_is_and_leaves_nothing(tmp_path: Path, error: Exception) -> None:
    def parts() -> Iterator[pl.DataFrame]:
        yield pl.DataFrame({"x": range(1000)})
        raise error

    with pytest.raises(type(error), match=str(error)):
        write_parquet_parts(parts(), pl.Schema({"x": pl.Int64()}), tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_parts_that_do_not_fit_leave_nothing(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(GhostnoteError, match="Could not write"):
            write_parquet_parts(
                iter([pl.DataFrame({"x": range(100_000)})] * 3), pl.Schema({"x": pl.Int64()}), tmp_path / "x.parquet"
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lake_module, "_ROOM", 2**80)
    (tmp_path / "x.parquet").mkdir()
    with pytest.raises(GhostnoteError, match="the disk is full: free some space"):
        write_parquet(pl.DataFrame([PLAY]), tmp_path / "x.parquet")


def test_a_disk_that_refuses_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GhostnoteError, match="Could not write"):
        write_parquet(pl.DataFrame([PLAY]), tmp_path / "file" / "x.parquet")
    with pytest.raises(GhostnoteError, match="Could not write"), new_lake(tmp_path / "file" / "lake"):
        pass
