"""Understanding one file of an export."""

import json

import pytest

from ghostnote.events.sources.export_rows import FIELDS, SHORT_FIELDS, decode

SHORT = {"endTime": "2026-01-01 10:00", "artistName": "Motörhead", "trackName": "Überlied", "msPlayed": 31_000}
EXTENDED = {
    "ts": "2026-01-01T10:00:30Z",
    "platform": "iOS 17",
    "ms_played": 31_000,
    "conn_country": "SE",
    "ip_addr_decrypted": "192.0.2.1",
    "master_metadata_track_name": "Überlied",
    "master_metadata_album_artist_name": "Motörhead",
    "spotify_track_uri": "spotify:track:1",
    "episode_name": None,
    "reason_start": "trackdone",
    "reason_end": "fwdbtn",
    "shuffle": False,
    "skipped": None,
    "offline": False,
    "offline_timestamp": 1_767_261_599,
    "incognito_mode": False,
}


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_the_short_shape() -> None:
    told = decode(encoded([SHORT]), "StreamingHistory0.json")
    assert told.shape == "short"
    assert told.plays.columns == list(SHORT_FIELDS)
    assert told.plays.row(0) == (1, "2026-01-01 10:00", 31_000, "Überlied", "Motörhead")


def test_the_extended_shape() -> None:
    told = decode(encoded([EXTENDED]), "endsong_0.json")
    assert told.shape == "extended"
    assert told.plays.schema == FIELDS
    row = told.plays.row(0, named=True)
    assert (row["ip"], row["country"], row["end_reason"], row["offline_start"]) == (
        "192.0.2.1",
        "SE",
        "fwdbtn",
        1_767_261_599,
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_any_encoding(encoding: str) -> None:
    content = json.dumps([SHORT], ensure_ascii=False).encode(encoding)
    assert decode(content, "StreamingHistory0.json").plays["artist"].to_list() == ["Motörhead"]


@pytest.mark.parametrize(
    ("rows", "place", "left_out"),
    [
        (
            [EXTENDED | {"master_metadata_track_name": None, "spotify_track_uri": None, "episode_name": "E"}],
            "e.json",
            "podcasts",
        ),
        (
            [EXTENDED | {"master_metadata_track_name": None, "spotify_track_uri": None, "audiobook_title": "B"}],
            "e.json",
            "audiobooks",
        ),
        ([EXTENDED | {"master_metadata_track_name": None, "spotify_track_uri": None}], "e.json", "without a track"),
        ([EXTENDED], "Streaming_History_Video_2018-2025.json", "videos"),
        ([SHORT | {"trackName": ""}], "StreamingHistory0.json", "without a track"),
        ([SHORT], "StreamingHistory_podcast_0.json", "podcasts"),
        (
            [{"endTime": "2026-01-01 10:00", "podcastName": "P", "episodeName": "E", "msPlayed": 5}],
            "x.json",
            "podcasts",
        ),
    ],
)
def test_what_is_no_music_is_left_out_and_counted(rows: list[dict[str, object]], place: str, left_out: str) -> None:
    told = decode(encoded(rows), place)
    assert told.plays.is_empty()
    assert dict(told.left_out) == {left_out: 1}


def test_a_track_without_names_but_with_an_address_is_music() -> None:
    nameless = EXTENDED | {"master_metadata_track_name": None, "master_metadata_album_artist_name": None}
    assert decode(encoded([nameless]), "e.json").plays["uri"].to_list() == ["spotify:track:1"]


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b"[1, 2]", b'{"playlists": []}', b'[{"name": "x"}]', b'"text"', b"null", b"<html>", b"[[1]]"],
)
def test_other_files_are_no_histories(content: bytes) -> None:
    assert decode(content, "Playlist1.json").shape == "other"


@pytest.mark.parametrize(
    ("content", "place", "trouble"),
    [
        (encoded([SHORT, SHORT])[:-30], "anything.json", "its JSON is cut off before the end: download it again"),
        (b"", "StreamingHistory0.json", "it is empty"),
        (b"[{'endTime': 1}]", "endsong_1.json", "it is no JSON"),
    ],
)
def test_a_broken_history_says_why(content: bytes, place: str, trouble: str) -> None:
    told = decode(content, place)
    assert told.shape == "unreadable"
    assert told.trouble.startswith(trouble)


def test_a_value_of_the_wrong_type_spoils_its_row_alone() -> None:
    rows = [SHORT, SHORT | {"msPlayed": "long"}, SHORT | {"msPlayed": 10**30}, SHORT | {"trackName": 7}, "text", SHORT]
    told = decode(encoded([SHORT, *rows]), "StreamingHistory0.json")
    assert told.plays["row"].to_list() == [1, 2, 7]
    assert [row for row, _ in told.broken] == [3, 4, 5, 6]
    assert told.broken[0][1].startswith("Expected int")


def test_numbers_written_as_text_or_with_a_point_are_understood() -> None:
    rows = [SHORT | {"msPlayed": "5"}, SHORT | {"msPlayed": 5.0}]
    assert decode(encoded(rows), "StreamingHistory0.json").plays["ms_played"].to_list() == [5, 5]
