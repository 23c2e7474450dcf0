"""The console below `/console` of a service that runs: its own runs of scoring, its ledger, and one door for both."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from tests.cli.calling import done, refused
from tests.console.page import read_page
from tests.serving.commanding import Command
from tests.worlds import Judged

BELOW = "/console"


@pytest.fixture
def up(town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    monkeypatch.setenv("GHOSTNOTE_SERVE_LEDGER", str(tmp_path / "ledger.db"))
    monkeypatch.setenv("GHOSTNOTE_ACTOR", "ines")
    command = Command(tmp_path / "state", "--bundle", str(town.bundle), "--lake", str(town.lake.path))
    try:
        yield command
        command.stop()
    finally:
        command.process.kill()


def test_its_runs_are_shown_one_after_the_other_and_decided_about(up: Command, tmp_path: Path) -> None:
    key = {"authorization": f"Bearer {up.first_key}"}
    with httpx.Client(base_url=up.url, timeout=120) as client:
        # Before there is a run, a page says so, and the link can still be used afterwards.
        assert client.get(BELOW).headers["location"] == f"{up.url}{BELOW}/"
        none = client.post(up.sign_in)
        assert (none.status_code, "no run of scoring yet" in none.text) == (503, True)
        assert client.post("/v1/refresh", headers=key).status_code == 200

        entered = client.post(up.sign_in)
        assert (entered.status_code, entered.headers["location"]) == (303, f"{BELOW}/")
        assert f"path={BELOW};" in entered.headers["set-cookie"].lower()
        first = client.get(f"{BELOW}/overview.json").json()
        assert first["all_campaigns"] > 0

        # The ledger that the service writes is where cases are, once the run is appended.
        assert client.get(f"{BELOW}/queue.json").json()["count"] == 0
        done("ledger", "append", "--decisions", tmp_path / "state" / "decisions", "--ledger", tmp_path / "ledger.db")
        cases = client.get(f"{BELOW}/queue.json").json()["cases"]
        case = next(case for case in cases if case["reviews_needed"] == 1)
        page = f"{BELOW}{case['page']}"
        assert _said(client, page, step="decide", case=case["case_id"], disposition="legit").startswith(page)
        assert client.get(f"{page}.json").json()["case"]["disposition"] == "legit"
        _said(client, page, step="undo", case=case["case_id"])
        assert client.get(f"{page}.json").json()["case"]["status"] == "reopened"

        # Every address on every page is below the path, and leads somewhere.
        met = _walked(client, f"{BELOW}/")
        kinds = ("queue", "insights", "people", "campaign/", "account/", "track/", "owner/", "console.css")
        assert [kind for kind in kinds if not any(link.startswith(f"{BELOW}/{kind}") for link in met)] == []

        # What happens today is in the next run, which is shown without a new start.
        play = {"kind": "play", "event_id": "e1", "account_id": "a1", "track_id": "t1", "ms_played": 31_000}
        decided = client.post("/v1/decide", headers=key, json={**play, "event_time": datetime.now(UTC).isoformat()})
        assert decided.status_code == 200, decided.text
        assert client.post("/v1/refresh", headers=key).status_code == 200
        assert client.get(f"{BELOW}/overview.json").json()["day"] > first["day"]

        # Whoever has an admin's key lets others in, at any time.
        link = client.post("/v1/sign-in", headers=key, json={"name": "otto", "role": "viewer"}).json()["link"]
        with httpx.Client(timeout=60) as other:
            assert "otto, viewer" in other.post(link, follow_redirects=True).text
        assert client.post("/v1/sign-in", json={"name": "otto"}).status_code == 401
        told = client.post("/v1/sign-in", headers=key, json={"name": "otto", "role": "king"})
        assert (told.status_code, "A role is one of" in told.json()["error"]) == (400, True)


def test_it_can_be_left_out(town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GHOSTNOTE_SERVE_CONSOLE_ENABLED", "false")
    up = Command(tmp_path / "state", "--bundle", str(town.bundle), "--lake", str(town.lake.path))
    try:
        key = {"authorization": f"Bearer {up.first_key}"}
        assert up.sign_in is None
        assert httpx.get(f"{up.url}{BELOW}/").json() == {"error": "There is no such page."}
        told = httpx.post(f"{up.url}/v1/sign-in", headers=key, json={"name": "ines"})
        assert (told.status_code, "console.enabled" in told.json()["error"]) == (404, True)
        up.stop()
    finally:
        up.process.kill()


def test_terms_that_cannot_be_are_refused_at_the_start(
    town: Judged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GHOSTNOTE_SERVE_CONSOLE_TERMS", str(tmp_path / "none.toml"))
    assert "none.toml" in refused("serve", "--state", tmp_path / "state", "--bundle", town.bundle, "--without-keys")


def _said(client: httpx.Client, page: str, **fields: str) -> str:
    """Send the form of a page; where it leads."""
    shown = client.get(page).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', shown)
    back = re.search(r'name="back" value="([^"]+)"', shown)
    assert csrf is not None
    assert back is not None
    answer = client.post(f"{BELOW}/act", data={"csrf": csrf[1], "back": back[1], **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _walked(client: httpx.Client, start: str) -> set[str]:
    """All addresses on some pages of each kind; an assertion fails if one leads outside, or nowhere."""
    met, waiting, kinds = {start}, [start], dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        kind = path.removeprefix(BELOW).split("/")[1].partition("?")[0]
        kinds[kind] = kinds.get(kind, 0) + 1
        if kinds[kind] > 3 or kind in ("act", "search", "sign-out"):
            continue
        answer = client.get(path)
        assert answer.status_code == 200, path
        if path.endswith(".json"):
            json.loads(answer.text)
        if "text/html" not in answer.headers["content-type"] or "attachment" in str(answer.headers):
            continue
        for link in read_page(answer.text).links:
            if link.startswith(("#", "data:", "?")):
                continue
            assert link.startswith(f"{BELOW}/"), (path, link)
            if link not in met:
                met.add(link)
                waiting.append(link)
    return met
