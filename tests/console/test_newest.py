"""The console over a folder of decisions that a newer run replaces, or that is not there yet."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.console.conftest import NOON
from tests.invented import World, write_decisions

from ghostnote.console.app import build
from ghostnote.console.newest import Newest
from ghostnote.console.records import Records
from ghostnote.console.signing_in import Door
from ghostnote.decisions.ledger import Ledger
from ghostnote.errors import GhostnoteError


@dataclass
class Place:
    """A lake, a folder that runs come to, and the console over both."""

    root: Path
    lake: Path
    patience: float = 60.0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.decisions, self.at = self.root / "decisions", NOON
        numbers = iter(range(10_000))
        self.door = Door(self.clock, lambda: f"token-{next(numbers)}")
        self.newest = Newest(
            self.lake, self.decisions, lambda: None, self.make, self.clock, self.told.append, self.patience
        )

    def make(self, records: Records, ledger: Ledger | None) -> Starlette:
        return build(records, ledger, self.door, self.clock)

    def clock(self) -> datetime:
        return self.at

    def put(self, run: Path) -> None:
        """A run takes the place of the one before, as scoring puts it there."""
        shutil.copytree(run, self.root / "made")
        shutil.rmtree(self.decisions, ignore_errors=True)
        (self.root / "made").rename(self.decisions)

    @contextmanager
    def visit(self) -> Iterator[TestClient]:
        with TestClient(self.newest, base_url="http://console.test") as client:
            assert client.post(f"/sign-in/{self.door.invite('ines', 'viewer')}").status_code == 200
            yield client


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another run: fewer days, and no campaigns."""
    return write_decisions(tmp_path_factory.mktemp("later") / "run", World(honest=60, campaigns=False, days=5))


def test_a_newer_run_is_shown_without_a_new_start(tmp_path: Path, judged_folder: Path, later: Path) -> None:
    place = Place(tmp_path, judged_folder / "lake")
    place.put(judged_folder / "decisions")
    with place.visit() as client:
        before = client.get("/overview.json").json()
        place.put(later)
        after = client.get("/overview.json").json()
        assert (before["all_campaigns"] > 0, after["all_campaigns"]) == (True, 0)
        assert after["day"] < before["day"]
        # Whoever was signed in still is, and what only the run before had is not there any more.
        assert client.get(f"/campaign/{before['campaigns'][0]['campaign_id']}").status_code == 404


def test_the_run_before_is_whole_for_as_long_as_it_is_shown(tmp_path: Path, judged_folder: Path, later: Path) -> None:
    place = Place(tmp_path, judged_folder / "lake", patience=0.0)
    place.put(judged_folder / "decisions")
    with place.visit() as client:
        campaign = client.get("/overview.json").json()["campaigns"][0]["campaign_id"]
        page = client.get(f"/campaign/{campaign}.json").json()["members"][0]["page"] + ".json"
        seen = client.get(page).json()
        place.put(later)
        told = client.get("/queue").text
        while client.get(f"/campaign/{campaign}").status_code == 200:
            # Its plays are read from the folder when it is looked at.
            found = client.get(page)
            assert found.status_code == 404 or found.json() == seen
        assert "A newer run is being read" in told
        assert "A newer run is being read" not in client.get("/queue").text


def test_without_a_run_every_page_says_so_and_no_link_is_used_up(tmp_path: Path, judged_folder: Path) -> None:
    place = Place(tmp_path, judged_folder / "lake")
    with pytest.raises(GhostnoteError, match="no folder"):
        place.newest.read()
    link = f"/sign-in/{place.door.invite('ines', 'viewer')}"
    with TestClient(place.newest, base_url="http://console.test") as client:
        for path in ("/", "/queue", link):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "no run of scoring yet" in answer.text
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "no run" in client.get("/queue.json").json()["error"]
        assert client.post(link).status_code == 503
        style = re.search(r'href="([^"]+\.css)"', client.get("/").text)
        assert style is not None
        assert ".console" in client.get(style[1]).text
        place.put(judged_folder / "decisions")
        assert "ines, viewer" in client.post(link).text


def test_a_run_that_cannot_be_read_leaves_the_one_before(tmp_path: Path, judged_folder: Path, later: Path) -> None:
    place = Place(tmp_path, judged_folder / "lake")
    place.put(judged_folder / "decisions")
    with place.visit() as client:
        before = client.get("/overview.json").json()
        shutil.copytree(later, tmp_path / "spoilt")
        (tmp_path / "spoilt" / "owners.parquet").write_bytes(b"nothing")
        place.put(tmp_path / "spoilt")
        assert client.get("/overview.json").json() == before
        assert "cannot be read as Parquet" in place.told[0]
        # It is tried again later, not with every page.
        client.get("/overview.json")
        assert len(place.told) == 1
        place.at += timedelta(minutes=1)
        client.get("/overview.json")
        assert len(place.told) == 2
        place.put(later)
        assert client.get("/overview.json").json() != before
