"""People's own histories become a lake."""

import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.privacy import Hasher, Key
from ghostnote.events.reading import Reading, read
from ghostnote.events.schema import PLAYS
from ghostnote.events.sources.streaming_history import import_streaming_history

HASHER = Hasher(Key(b"a key for tests only", "tests"))
NOON = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


def short(minute: int = 0, track: str = "Song", ms_played: int = 31_000, **changes: object) -> dict[str, Any]:
    ended = NOON + timedelta(minutes=minute)
    return {
        "endTime": f"{ended:%Y-%m-%d %H:%M}",
        "artistName": "Band",
        "trackName": track,
        "msPlayed": ms_played,
        **changes,
    }


def extended(minute: int = 0, track: str = "Song", ms_played: int = 31_000, **changes: object) -> dict[str, Any]:
    ended = NOON + timedelta(minutes=minute)
    return {
        "ts": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        "platform": "Android OS 14",
        "ms_played": ms_played,
        "conn_country": "SE",
        "ip_addr": "192.0.2.7",
        "master_metadata_track_name": track,
        "master_metadata_album_artist_name": "Band",
        "spotify_track_uri": f"spotify:track:{track}",
        "reason_start": "clickrow",
        "reason_end": "trackdone",
        "shuffle": True,
        "offline": False,
        "offline_timestamp": None,
        **changes,
    }


def put(path: Path, rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows))
    return path


def plays_of(out: Path) -> pl.DataFrame:
    return reading_of(out).rows


def reading_of(out: Path) -> Reading:
    reading = read(Lake(out), "plays")
    assert reading.rejected.is_empty()
    assert reading.duplicates == 0
    assert not reading.unreadable
    return reading


def test_a_short_history_has_only_what_it_tells(tmp_path: Path) -> None:
    put(tmp_path / "mia" / "StreamingHistory0.json", [short(0), short(3, "Other")])
    told = import_streaming_history([tmp_path / "mia"], tmp_path / "lake", HASHER)
    plays = plays_of(tmp_path / "lake")
    assert plays.columns == [*PLAYS.required, "dt"]
    assert plays["account_id"].unique().to_list() == [HASHER.one("account_id", "mia")]
    assert plays["event_time"].to_list() == [NOON.replace(second=0), NOON.replace(second=0, minute=3)]
    tracks = read(Lake(tmp_path / "lake"), "tracks").rows
    assert set(tracks["track_id"]) == set(plays["track_id"])
    assert tracks["artist_id"].unique().to_list() == [HASHER.one("artist_id", "Band")]
    (account,) = told.accounts
    assert (account.name, account.files, account.plays, told.tracks) == ("mia", 1, 2, 2)


def test_an_extended_history_tells_more(tmp_path: Path) -> None:
    put(tmp_path / "mia" / "endsong_0.json", [extended(0), extended(1, conn_country="ZZ", ip_addr=None, platform=None)])
    import_streaming_history([tmp_path / "mia"], tmp_path / "lake", HASHER)
    first, second = plays_of(tmp_path / "lake").rows(named=True)
    assert first["event_time"] == NOON
    assert (first["start_reason"], first["end_reason"], first["shuffle"], first["offline"]) == (
        "clickrow",
        "trackdone",
        True,
        False,
    )
    assert (first["platform"], first["country"], first["ip"]) == ("android", "SE", HASHER.one("ip", "192.0.2.7"))
    assert (second["platform"], second["country"], second["ip"]) == (None, None, None)


def test_both_shapes_name_a_track_alike(tmp_path: Path) -> None:
    put(tmp_path / "mia" / "endsong_0.json", [extended(0)])
    put(tmp_path / "leo" / "StreamingHistory0.json", [short(0)])
    import_streaming_history([tmp_path / "mia", tmp_path / "leo"], tmp_path / "lake", HASHER)
    plays = plays_of(tmp_path / "lake")
    assert plays["account_id"].n_unique() == 2
    assert plays["track_id"].n_unique() == 1


def test_no_name_gets_into_the_lake(tmp_path: Path) -> None:
    put(tmp_path / "mia" / "endsong_0.json", [extended(0), extended(1, ms_played=-5), extended(2, shuffle="who knows")])
    import_streaming_history([tmp_path / "mia"], tmp_path / "lake", HASHER)
    for path in (tmp_path / "lake").rglob("*.parquet"):
        text = str(pl.read_parquet(path).rows())
        assert not any(name in text.replace(str(tmp_path), "") for name in ("Song", "Band", "192.0.2.7", "'mia'"))


def test_equal_times_keep_the_order_of_the_export_and_ids_repeat(tmp_path: Path) -> None:
    names = [f"song {number}" for number in range(25)]
    put(tmp_path / "mia" / "StreamingHistory10.json", [short(0, name) for name in names[12:]])
    put(tmp_path / "mia" / "StreamingHistory9.json", [short(0, name) for name in names[:12]])
    for out in ("lake", "again"):
        import_streaming_history([tmp_path / "mia"], tmp_path / out, HASHER)
    plays = plays_of(tmp_path / "lake")
    assert plays["track_id"].to_list() == [HASHER.one("track_id", f"Band\n{name}") for name in names]
    assert plays.equals(plays_of(tmp_path / "again"))


def test_overlapping_exports_count_once(tmp_path: Path) -> None:
    old, new = tmp_path / "old.zip", tmp_path / "new.zip"
    for path, minutes in ((old, range(6)), (new, range(3, 10))):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("MyData/StreamingHistory0.json", json.dumps([short(minute) for minute in minutes]))
    put(tmp_path / "endsong.json", [extended(minute) for minute in range(8, 14)])
    told = import_streaming_history([old, new, tmp_path / "endsong.json"], tmp_path / "lake", HASHER, account="mia")
    plays = plays_of(tmp_path / "lake")
    assert [time.minute for time in plays["event_time"]] == list(range(14))
    assert [time.second for time in plays["event_time"]] == [0] * 8 + [30] * 6
    assert told.accounts[0].duplicates == 3 + 2


def test_repeats_within_one_short_file_are_plays(tmp_path: Path) -> None:
    rows = [short(0)] * 3
    put(tmp_path / "a" / "StreamingHistory0.json", rows)
    put(tmp_path / "a" / "StreamingHistory0 copy.json", rows[:2])
    told = import_streaming_history([tmp_path / "a"], tmp_path / "lake", HASHER)
    assert (told.accounts[0].plays, told.accounts[0].duplicates) == (3, 2)


@pytest.mark.parametrize("per_second", [1, 1000])
def test_offline_plays_are_put_where_they_were_heard(tmp_path: Path, per_second: int) -> None:
    began = NOON - timedelta(days=2)
    rows = [
        extended(
            0, f"song {number}", 60_000, offline=True, offline_timestamp=(began.timestamp() + 60 * number) * per_second
        )
        for number in range(3)
    ]
    put(tmp_path / "mia" / "endsong_0.json", rows)
    told = import_streaming_history([tmp_path / "mia"], tmp_path / "lake", HASHER)
    plays = plays_of(tmp_path / "lake")
    assert plays["event_time"].to_list() == [began + timedelta(minutes=number + 1) for number in range(3)]
    assert plays["dt"].unique().to_list() == [date(2026, 1, 1)]
    assert told.accounts[0].late == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"offline": True, "offline_timestamp": NOON.timestamp() - 60},
        {"offline": True, "offline_timestamp": 5},
        {"offline": True, "offline_timestamp": -1e300},
        {"offline": True, "offline_timestamp": 1e300},
        {"offline": True, "offline_timestamp": NOON.timestamp() + 86_400},
        {"offline": True, "offline_timestamp": None},
        {"offline": False, "offline_timestamp": NOON.timestamp() - 86_400},
    ],
)
def test_an_offline_time_that_cannot_be_is_not_believed(tmp_path: Path, changes: dict[str, object]) -> None:
    put(tmp_path / "mia" / "endsong_0.json", [extended(0, **changes)])
    told = import_streaming_history([tmp_path / "mia"], tmp_path / "lake", HASHER)
    assert plays_of(tmp_path / "lake")["event_time"].to_list() == [NOON]
    assert told.accounts[0].late == 0


def test_what_is_left_out_is_counted_and_what_is_broken_named(tmp_path: Path) -> None:
    folder = tmp_path / "mia"
    put(folder / "StreamingHistory_music_0.json", [short(0), short(1, ms_played=-1), short(2, msPlayed="x"), short(3)])
    put(folder / "StreamingHistory_music_1.json", [])
    put(
        folder / "StreamingHistory_podcast_0.json", [{"endTime": "2026-01-01 10:00", "podcastName": "P", "msPlayed": 1}]
    )
    put(folder / "Streaming_History_Video_2020.json", [extended(5)])
    put(folder / "Playlist1.json", {"playlists": []})
    put(folder / "Userdata.json", {"email": "mia@mail.example"})
    (folder / "StreamingHistory_music_2.json").write_text(json.dumps([short(4)])[:-9])
    told = import_streaming_history([folder], tmp_path / "lake", HASHER)
    (account,) = told.accounts
    assert account.plays == 2
    assert dict(account.left_out) == {"podcasts": 1, "videos": 1}
    assert told.other_files == 3
    assert [Path(place).name for place, _ in told.unreadable] == ["StreamingHistory_music_2.json"]
    assert told.rejected.select("row", "reason").rows() == [
        (2, "ms_played is -1: at least 0"),
        (3, "Expected int | null, got str - at $.msPlayed"),
    ]
    kept = pl.read_parquet(tmp_path / "lake" / "quarantine" / "plays.parquet")
    assert kept.equals(told.rejected)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "found no play in a streaming history"),
        ({"Playlist1.json": "{}"}, "found no play in a streaming history"),
        ({"StreamingHistory0.json": "[]"}, "found no play in a streaming history"),
        (
            {"StreamingHistory0.json": '[{"endTime"', "endsong_0.json": ""},
            "StreamingHistory0.json: its JSON is cut off.* and 1 more",
        ),
    ],
)
def test_nothing_to_import_is_said_and_leaves_nothing(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    folder = tmp_path / "mia"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    with pytest.raises(GhostnoteError, match=sentence):
        import_streaming_history([folder], tmp_path / "lake", HASHER)
    assert [path.name for path in tmp_path.iterdir()] == ["mia"]


def test_a_taken_place_is_refused_before_the_work(tmp_path: Path) -> None:
    put(tmp_path / "lake" / "x.json", [])
    with pytest.raises(GhostnoteError, match="choose another --out"):
        import_streaming_history([tmp_path / "nowhere"], tmp_path / "lake", HASHER)


ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.integers(-1, 2), st.sampled_from(["s", "e", "bad"])),
    min_size=1,
    max_size=25,
)


@given(st.lists(ROWS, min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_every_row_is_a_play_a_repeat_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[int, str, int, str]]]
) -> None:
    root = tmp_path_factory.mktemp("exports")
    put(root / "mia" / "StreamingHistory99.json", [short(99)])
    total = 1
    for number, rows in enumerate(files):
        shape = extended if number % 2 else short
        made: list[object] = [
            shape(minute, track, ms_played) if kind != "bad" else shape(minute) | {"endTime": 1, "ts": []}
            for minute, track, ms_played, kind in rows
        ]
        # The first row says what the file is.
        put(root / "mia" / f"StreamingHistory{number}.json", [shape(50 + number), *made])
        total += 1 + len(made)
    told = import_streaming_history([root / "mia"], root / "lake", HASHER)
    (account,) = told.accounts
    plays = plays_of(root / "lake")
    assert plays.height == account.plays
    assert account.plays + account.duplicates + told.rejected.height == total
    assert plays["event_time"].is_sorted()
