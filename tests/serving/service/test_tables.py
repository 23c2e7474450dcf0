"""A service learns of tracks, addresses and labels while it runs."""

import json
from pathlib import Path

from tests.serving.running import running
from tests.worlds import Judged, copy

from ghostnote.events.lake import Lake
from ghostnote.events.reading import read

PLAY = {
    "kind": "play",
    "event_time": "2026-03-02T10:00:00Z",
    "account_id": "a",
    "track_id": "brand-new",
    "ms_played": 40_000,
}


def test_a_track_that_was_told_is_known_from_the_next_event_on(town: Judged, tmp_path: Path) -> None:
    start = copy(town.lake, tmp_path / "start", "tracks", "ips")
    with running(tmp_path / "state", bundle=town.bundle, lake=start) as up:
        lines = json.dumps({"track_id": "brand-new", "artist_id": "someone"}) + "\n" + json.dumps({"track_id": "b"})
        told = up.client.post("/v1/tables/tracks", content=lines).raise_for_status().json()
        assert told == {"accepted": 1, "rejected": [{"row": 2, "reason": "artist_id is missing."}]}
        up.client.post("/v1/decide", json={**PLAY, "event_id": "1"}).raise_for_status()
        rows = up.service.engine.state.arriving.rows(["play"], {"event_time": [0], "track_id": ["brand-new"]})
        assert rows["artist_id"] == ["someone"]
        tracks = read(Lake(tmp_path / "state" / "lake"), "tracks").rows
        assert tracks.height == read(town.lake, "tracks").rows.height + 1


def test_what_is_no_table_of_rows_is_refused_with_a_sentence(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle) as up:
        for table, body, says in (
            ("plays", b"{}", "one of tracks, ips, labels"),
            ("tracks", b"nonsense", "no JSON lines"),
            ("tracks", b'{"artist_id": "x"}', "track_id missing"),
        ):
            answer = up.client.post(f"/v1/tables/{table}", content=body)
            assert answer.status_code == 400
            assert says in answer.json()["error"]
        wrong = up.client.post(
            "/v1/tables/ips", content=b"x", headers={"content-type": "application/vnd.apache.arrow.stream"}
        )
        assert "no Arrow stream" in wrong.json()["error"]
