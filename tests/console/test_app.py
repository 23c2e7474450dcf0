"""The console as a browser without script meets it: who gets in, what is refused, what decisions do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from tests.console.conftest import Opened

from ghostnote.console.addresses import page
from ghostnote.console.records import Records
from ghostnote.console.signing_in import IDLE, LINK_LASTS, LONGEST
from ghostnote.decisions.ledger import Subject


def csrf(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def campaign_case(client: TestClient) -> dict[str, Any]:
    """A campaign's case that one person may decide."""
    cases = client.get("/queue.json?kind=campaign").json()["cases"]
    return next(case for case in cases if case["reviews_needed"] == 1)


def act(client: TestClient, **fields: Any) -> str:
    answer = client.post("/act", data={"csrf": csrf(client), "back": "/queue", **fields})
    assert answer.status_code == 200
    return answer.text


PAGES = ("/", "/overview", "/queue", "/people")


@pytest.mark.parametrize("path", [*PAGES, "/queue.json", "/overview.json"])
def test_strangers_see_nothing(opened: Opened, path: str) -> None:
    answer = TestClient(opened.app).get(path)
    assert answer.status_code == 401
    assert "c-" not in answer.text.replace("c-html", "")


def test_a_link_is_used_once_and_looking_at_it_does_not_use_it(opened: Opened) -> None:
    path = f"/sign-in/{opened.door.invite('ines', 'viewer')}"
    client = TestClient(opened.app)
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 200
    assert client.get("/queue").status_code == 200
    again = TestClient(opened.app)
    assert "ask for a new one" in again.post(path).text
    assert again.get("/queue").status_code == 401


def test_a_link_gets_too_old(opened: Opened) -> None:
    path = f"/sign-in/{opened.door.invite('ines', 'viewer')}"
    opened.at += LINK_LASTS + timedelta(seconds=1)
    client = TestClient(opened.app)
    client.post(path)
    assert client.get("/queue").status_code == 401


def test_a_session_ends_when_nobody_is_there_and_after_a_day_of_work(opened: Opened) -> None:
    idle = opened.visit()
    opened.at += IDLE + timedelta(seconds=1)
    assert idle.get("/queue").status_code == 401
    busy, began = opened.visit(), opened.at
    while opened.at - began < LONGEST - IDLE / 2:
        assert busy.get("/queue.json").status_code == 200
        opened.at += IDLE / 2
    opened.at += IDLE / 2
    assert busy.get("/queue").status_code == 401


def test_leaving_ends_the_session(opened: Opened) -> None:
    client = opened.visit()
    client.post("/sign-out", data={"csrf": csrf(client)})
    assert client.get("/queue").status_code == 401


def test_every_answer_forbids_what_comes_from_elsewhere(opened: Opened) -> None:
    client = opened.visit(role="admin")
    for path in (*PAGES, "/console.css", "/queue.json", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
    for path in PAGES:
        page = client.get(path).text
        assert "<script" not in page
        assert " style=" not in page


def test_a_form_without_its_secret_or_from_elsewhere_changes_nothing(opened: Opened) -> None:
    client = opened.visit()
    case = campaign_case(client)
    fields = {"case": case["case_id"], "step": "decide", "disposition": "fraud"}
    assert client.post("/act", data=fields).status_code == 403
    assert client.post("/act", data={**fields, "csrf": "token-0"}).status_code == 403
    right = {**fields, "csrf": csrf(client)}
    assert client.post("/act", data=right, headers={"origin": "http://elsewhere.test"}).status_code == 403
    assert campaign_case(client)["status"] == "opened"


def test_a_viewer_looks_but_does_not_decide(opened: Opened) -> None:
    client = opened.visit(role="viewer")
    case = campaign_case(client)
    fields = {"csrf": csrf(client), "case": case["case_id"], "step": "decide", "disposition": "fraud"}
    assert client.post("/act", data=fields).status_code == 403
    assert 'value="fraud"' not in client.get(case["page"]).text
    assert client.get("/people").status_code == 403


def test_an_admin_lets_others_in_by_a_link(opened: Opened) -> None:
    admin = opened.visit("ada", "admin")
    page = admin.post("/people", data={"csrf": csrf(admin), "name": "otto", "role": "viewer"}).text
    found = re.search(r"<code>(http[^<]+)</code>", page)
    assert found is not None
    other = TestClient(opened.app, base_url="http://console.test")
    assert "otto, viewer" in other.post(found[1]).text


def test_a_campaign_is_judged_but_for_a_few_and_undone(opened: Opened) -> None:
    client = opened.visit()
    case = campaign_case(client)
    members = [row["account_id"] for row in client.get(case["page"] + ".json").json()["members"]]
    before = {row["account_id"]: row["standing"] for row in client.get(case["page"] + ".json").json()["members"]}
    page = act(client, case=case["case_id"], step="decide", disposition="fraud", but=members[:1], text="one block")
    assert f"{len(members)}\u00a0accounts" in page
    after = client.get(case["page"] + ".json").json()
    standing = {row["account_id"]: row["standing"] for row in after["members"]}
    assert standing == {name: "allow" if name == members[0] else "suspend" for name in members}
    assert after["history"][0]["by"] == "ines"
    assert "one block" in after["history"][0]["says"]
    act(client, case=case["case_id"], step="undo")
    undone = client.get(case["page"] + ".json").json()
    assert {row["account_id"]: row["standing"] for row in undone["members"]} == before
    assert undone["case"]["status"] == "reopened"


def test_an_appeal_is_answered_by_somebody_else(opened: Opened) -> None:
    client = opened.visit()
    case = campaign_case(client)
    act(client, case=case["case_id"], step="decide", disposition="fraud")
    assert "Write down what the holder says" in act(client, case=case["case_id"], step="appeal")
    act(client, case=case["case_id"], step="appeal", text="We are a fan club.")
    assert "somebody else answers" in act(client, case=case["case_id"], step="decide", disposition="legit")
    other = opened.visit("otto")
    assert "decided: honest" in act(other, case=case["case_id"], step="decide", disposition="legit")


def test_many_cases_are_decided_at_once_and_taken_back_at_once(opened: Opened) -> None:
    client = opened.visit()
    cases = [c["case_id"] for c in client.get("/queue.json").json()["cases"] if c["reviews_needed"] == 1][:3]
    page = act(client, case=cases, step="decide", disposition="legit")
    assert "3 cases are decided: honest" in page
    found = re.search(r'name="case" value="([^"]+)"><button name="step" value="undo">', page)
    assert found is not None
    assert found[1].split() == cases
    act(client, case=cases, step="undo")
    assert client.get("/queue.json?state=decided").json()["count"] == 0


def test_what_the_queue_shows_is_in_its_address(opened: Opened) -> None:
    client = opened.visit()
    every = client.get("/queue.json?state=all").json()
    dear = client.get("/queue.json?state=all&least=1&order=money").json()
    money = [case["money"] for case in dear["cases"]]
    assert money == sorted(money, reverse=True)
    assert min(money) >= 1
    assert 0 < dear["count"] < every["count"]
    assert client.get("/queue?state=%3Cscript%3E&page=x&least=nan&order=no").status_code == 200


def test_an_account_is_found_by_its_id_which_no_address_tells(opened: Opened, records: Records) -> None:
    client = opened.visit()
    account = records.accounts["account_id"][5]
    answer = client.post("/search", data={"csrf": csrf(client), "wanted": account})
    assert str(answer.url).endswith(page("account", account))
    assert client.get(page("account", account) + ".json").json()["account_id"] == account
    assert "Nothing here has that id" in client.post("/search", data={"csrf": csrf(client), "wanted": "x"}).text
    assert client.get("/account/a-none").status_code == 404


def test_every_campaign_and_some_of_its_accounts_can_be_looked_at(opened: Opened, records: Records) -> None:
    client = opened.visit()
    for row in client.get("/queue.json?state=all&kind=campaign").json()["cases"]:
        page = client.get(row["page"])
        assert page.status_code == 200
        assert page.text.count('class="drawn') == 3
        found = client.get(row["page"] + ".json").json()
        assert found["accounts"] == len(records.campaign(row["about"])["accounts"])
        assert client.get(found["members"][0]["page"]).status_code == 200


def test_members_of_a_campaign_are_alike_by_the_line_they_share(opened: Opened, records: Records) -> None:
    members = records.campaigns["accounts"][0].to_list()
    found = {name for name, _ in records.alike(members[0], most=1000).iter_rows()}
    places = records.places_of([members[0]])
    assert found == {
        name
        for name in records.accounts["account_id"].to_list()
        if name != members[0] and not records.places_of([name]).join(places, on=["kind", "place"]).is_empty()
    }
    assert found & set(members)


def test_without_a_ledger_cases_are_to_look_at_only(records: Records) -> None:
    console = Opened(records, None)
    client = console.visit()
    found = client.get("/queue.json").json()
    assert found["count"] > 0
    assert 'value="fraud"' not in client.get(found["cases"][0]["page"]).text
    assert "start the console with --ledger" in act(client, case="k-1", step="decide", disposition="fraud")


def test_below_a_path_of_another_application(opened: Opened) -> None:
    client = TestClient(Starlette(routes=[Mount("/console", opened.app)]), base_url="http://console.test")
    page = client.post(f"/console/sign-in/{opened.door.invite('ines', 'viewer')}").text
    assert 'href="/console/queue"' in page
    assert client.get("/console/queue").status_code == 200


def test_going_back_never_leads_elsewhere(opened: Opened) -> None:
    client = opened.visit()
    for back in ("//elsewhere.test", "http://elsewhere.test", "/\\elsewhere.test"):
        data = {"csrf": csrf(client), "wanted": "x", "back": back}
        answer = client.post("/search", data=data, follow_redirects=False)
        assert answer.headers["location"] == "/"


def test_a_decision_is_in_the_ledger_with_who_and_when(opened: Opened) -> None:
    client = opened.visit()
    case = campaign_case(client)
    act(client, case=case["case_id"], step="note", text="Asked their distributor.")
    assert opened.ledger is not None
    entry = next(opened.ledger.entries(subject=Subject("case", case["case_id"]), newest_first=True))
    assert (entry.actor, entry.action, entry.body["text"]) == ("ines", "said", "Asked their distributor.")
    assert entry.recorded_at <= opened.at


def test_a_queue_that_is_kept_in_order_is_what_it_would_be_anew(opened: Opened) -> None:
    client = opened.visit()
    asked = (
        "/queue.json?state=all",
        "/queue.json",
        "/queue.json?state=decided&order=money",
        "/queue.json?kind=campaign",
    )
    for path in asked:
        client.get(path)
    cases = [c["case_id"] for c in client.get("/queue.json").json()["cases"] if c["reviews_needed"] == 1][:4]
    act(client, case=cases, step="decide", disposition="legit")
    act(client, case=cases[0], step="undo")
    act(client, case=cases[1], step="note", text="Seen.")
    fresh = Opened(opened.records, opened.ledger, opened.at).visit()
    for path in asked:
        assert client.get(path).json() == fresh.get(path).json()
    assert client.get("/queue.json?state=decided").json()["count"] == len(cases) - 1
