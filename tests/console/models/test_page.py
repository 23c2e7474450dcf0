"""The page of models: what is known stands there, what is not is said with how to get it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.console.conftest import NOON, Opened
from tests.console.page import read_page
from tests.console.test_evaluation import evaluation
from tests.worlds import Judged

from ghostnote.console.app import build
from ghostnote.console.models.page import Beside
from ghostnote.console.records import Records
from ghostnote.decisions.cases.deciding import Desk
from ghostnote.decisions.documents import write_json
from ghostnote.decisions.evaluation import EVALUATION_FILE
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.shadow import Marked, Otherwise, Said, Shadow, Verdicts
from ghostnote.decisions.tables import ACTED
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake

SHADOW = Shadow(
    champion="b8e707ceea1d",
    challenger="9fd4be5efa05",
    challenger_bundle="next",
    policy="1",
    percent=5.0,
    since=datetime(2026, 11, 20, tzinfo=UTC),
    until=datetime(2026, 11, 21, tzinfo=UTC),
    events=1000,
    verdicts=[Verdicts("count", "count", 900), Verdicts("count", "hold", 100)],
    marked=Marked(challenger_only=100, neither=900),
    apart=10.0,
    scored=1000,
    latest=[Otherwise("e-<b>1", Said("count", 0.1, marked=False), Said("hold", None, marked=True))],
)


def _visit(opened: Opened, beside: Beside) -> TestClient:
    app = build(opened.records, opened.ledger, opened.door, opened.clock, opened.terms, beside)
    client = TestClient(app, base_url="http://console.test")
    assert client.post(f"/sign-in/{opened.door.invite('ines', 'viewer')}").status_code == 200
    return client


def test_what_is_unknown_is_said_with_the_command_that_tells_it(records: Records) -> None:
    page = Opened(records, None).visit(role="viewer").get("/models")
    assert page.status_code == 200
    text = read_page(page.text).text
    for command in ("ghostnote evaluate --lake", "ghostnote ledger append", "ghostnote serve --challenger"):
        assert command in text
    assert "[untouched]" in text
    assert "start the console with --bundle" in text


def test_the_page_and_its_twin_tell_of_this_run(opened: Opened) -> None:
    client = opened.visit(role="viewer")
    found = client.get("/models.json").json()
    accounts = opened.records.accounts
    acted = accounts.filter(accounts["action"].is_in(list(ACTED))).height
    assert (found["everybody"]["accounts"], found["everybody"]["acted"]) == (accounts.height, acted)
    for rows in found["cohorts"].values():
        assert sum(row["accounts"] for row in rows) == accounts.height
        assert sum(row["acted"] for row in rows) == acted
    assert {row["cohort"] for row in found["cohorts"]["country"]} >= {"SE", "DE"}
    days = found["drift"]["days"]
    assert found["drift"]["acted_rate"] == days[-1]["acted"] / days[-1]["accounts"]
    assert [run["this"] for run in found["runs"]] == [True]
    assert found["runs"][0]["play_shift"] == pytest.approx(0.0)
    assert "Models" in read_page(client.get("/models").text).text


def test_what_people_find_is_counted_at_once(opened: Opened) -> None:
    assert opened.ledger is not None
    client = opened.visit(role="viewer")
    assert client.get("/models.json").json()["everybody"]["honest"] == 0
    desk = Desk(opened.ledger, by="ines", at=NOON + timedelta(hours=1))
    case = next(
        case
        for case in desk.cases().values()
        if case.subject and case.subject.kind == "campaign" and case.reviews_needed == 1
    )
    desk.decide(case.case_id, "legit")
    everybody = client.get("/models.json").json()["everybody"]
    assert case.subject is not None
    members = opened.records.members(opened.records.campaign(case.subject.identifier))
    assert everybody["honest"] == members.height
    assert everybody["honest_acted"] == members.filter(members["action"].is_in(list(ACTED))).height > 0


def test_an_evaluation_and_a_challenger_are_shown(opened: Opened, tmp_path: Path) -> None:
    write_json(tmp_path / EVALUATION_FILE, evaluation(full=True))
    (tmp_path / "shadow.json").write_bytes(msgspec.json.encode(SHADOW))
    client = _visit(opened, Beside(evaluation=tmp_path / EVALUATION_FILE, state=tmp_path))
    found = client.get("/models.json").json()
    assert found["evaluation"]["accounts"]["error"] >= 0
    assert found["shadow"]["otherwise"] == 100
    assert found["shadow"]["mean_score_difference"] == pytest.approx(0.01)
    page = client.get("/models").text
    assert "e-&lt;b&gt;1" in page
    assert "off on average" in page
    # It is read each time: the service goes on.
    (tmp_path / "shadow.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(SHADOW, events=2000)))
    assert client.get("/models.json").json()["shadow"]["events"] == 2000
    (tmp_path / "shadow.json").unlink()
    assert client.get("/models.json").json()["shadow"] is None


def test_what_was_given_must_be_there(opened: Opened, tmp_path: Path) -> None:
    for beside in (Beside(bundle=tmp_path), Beside(evaluation=tmp_path), Beside(state=tmp_path / "none")):
        with pytest.raises(GhostnoteError):
            _visit(opened, beside)
    (tmp_path / "shadow.json").write_text('{"format": 99}')
    with pytest.raises(GhostnoteError, match="has format 99"):
        _visit(opened, Beside(state=tmp_path))


def test_a_run_beside_its_bundle_tells_what_the_bundle_says(town: Judged) -> None:
    opened = Opened(Records(town.lake, DecisionFolder(town.decisions)), None)
    page = _visit(opened, Beside(bundle=town.bundle)).get("/models").text
    assert "Learnt from" in page
    assert "The surest score stands for a probability of" in page


def test_a_run_where_nothing_was_found_has_a_page(quiet_decisions: Path, judged_folder: Path) -> None:
    records = Records(Lake(judged_folder / "lake"), DecisionFolder(quiet_decisions))
    page = Opened(records, None).visit(role="viewer").get("/models")
    assert page.status_code == 200
    assert "nobody is acted on" in page.text
