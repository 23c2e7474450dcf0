"""The pages of tracks and owners: their figures are those of the decisions, and nobody finds an id in an address."""

import io
import re
import zipfile
from typing import Any

import msgspec
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.console.conftest import Opened
from tests.console.page import read_page
from tests.console.test_app import act, campaign_case, csrf
from tests.invented import HOSTILE

from ghostnote.console.addresses import page
from ghostnote.console.records import Records
from ghostnote.decisions.attribution.consequences import CONSEQUENCES
from ghostnote.decisions.attribution.packet import Packet
from ghostnote.decisions.royalties.terms import Penalty, Terms

LOOP, SONG, SELLER, LABEL = "loop-00003", "tr-00000", "distro-loop", "label-0"


def facts(client: TestClient, kind: str, identifier: str) -> dict[str, Any]:
    answer = client.get(page(kind, identifier) + ".json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def plays(records: Records) -> pl.DataFrame:
    return records.folder.read("plays")


@pytest.mark.parametrize("track", [LOOP, SONG, HOSTILE])
def test_a_track_has_the_plays_that_were_judged(opened: Opened, plays: pl.DataFrame, track: str) -> None:
    found = facts(opened.visit(), "track", track)
    own = plays.filter(pl.col("track_id") == track)
    gone = own.filter(pl.col("verdict") != "count")
    assert (found["plays"], found["artificial_plays"]) == (own.height, gone.height)
    assert found["low"] <= found["artificial_share"] <= found["high"]
    assert found["listeners"] == own["account_id"].n_unique()
    assert found["withheld_payout"] == pytest.approx(gone["withheld_payout"].sum())
    days = own.group_by(pl.col("event_time").dt.date().cast(pl.String)).len()
    known = dict(days.iter_rows())
    assert all(known[day["name"]] == day["honest"] + day["artificial"] for day in found["days"])
    assert sum(d["honest"] + d["artificial"] for d in found["days"]) + found["other_days"] == own.height


def test_an_owner_is_its_tracks_together(opened: Opened, plays: pl.DataFrame, records: Records) -> None:
    found = facts(opened.visit(), "owner", SELLER)
    own = plays.filter(pl.col("track_id").str.starts_with("loop-"))
    assert found["plays"] == own.height
    assert found["all_tracks"] == 24
    row = records.folder.read("owners").filter(pl.col("owner_id") == SELLER).row(0, named=True)
    assert (found["paid_before"], found["paid_after"]) == (row["payout_before"], row["payout_after"])
    assert (
        found["penalty"]["will"] + found["penalty"]["may"] <= found["penalty"]["tracks"] == own["track_id"].n_unique()
    )


def test_a_part_is_told_in_words_with_what_speaks_for_it_and_against(opened: Opened) -> None:
    client = opened.visit()
    for kind, identifier in (("track", LOOP), ("owner", SELLER)):
        text = client.get(page(kind, identifier)).text
        assert CONSEQUENCES["beneficiary"].means in text
        assert CONSEQUENCES["beneficiary"].follows in text
        assert "Its catalogue is played through." in text
        assert "It has an audience." in text
    assert CONSEQUENCES["clean"].means in client.get(page("track", SONG)).text


def test_sources_and_countries_stand_beside_what_is_usual(opened: Opened) -> None:
    found = facts(opened.visit(), "track", LOOP)
    (source,) = found["sources"]
    assert (source["name"], source["part"]) == ("playlist", 1.0)
    assert 0 < source["usual"] < 1
    assert sum(row["part"] for row in found["countries"]) == pytest.approx(1.0)


def test_the_campaigns_of_a_track_are_those_whose_accounts_played_it(opened: Opened, records: Records) -> None:
    client = opened.visit()
    (campaign,) = facts(client, "track", LOOP)["campaigns"]
    assert campaign["campaign_id"] == "C-0002"
    assert campaign["after_it"]
    assert campaign["of_accounts"] == len(records.campaign("C-0002")["accounts"])
    assert client.get(campaign["page"]).status_code == 200
    assert all(not row["after_it"] for row in facts(client, "track", SONG)["campaigns"])


def test_accounts_stand_as_the_ledger_has_them_now(opened: Opened) -> None:
    client = opened.visit()
    case = campaign_case(client)
    tracks = client.get(case["page"] + ".json").json()["top_tracks"]
    assert tracks
    found = client.get(tracks[0]["page"] + ".json").json()
    assert found["accounts"]
    act(client, case=case["case_id"], step="decide", disposition="victim")
    after = client.get(tracks[0]["page"] + ".json").json()["accounts"]
    members = {row["account_id"] for row in client.get(case["page"] + ".json").json()["members"]}
    assert {row["standing"] for row in after if row["account_id"] in members} == {"challenge"}


def test_the_forecast_follows_the_terms(records: Records) -> None:
    strict = Opened(records, None, terms=Terms(currency="SEK", penalty=Penalty(line=0.01)))
    lenient = Opened(records, None, terms=Terms(penalty=Penalty(line=1.0)))
    assert facts(strict.visit(), "track", LOOP)["penalty"]["currency"] == "SEK"
    assert facts(strict.visit(), "track", LOOP)["penalty"]["forecast"] == "will"
    assert facts(lenient.visit(), "track", LOOP)["penalty"]["forecast"] != "will"
    assert facts(strict.visit(), "track", SONG)["penalty"]["forecast"] == "not"


def test_tracks_and_owners_are_found_by_ids_that_no_address_tells(opened: Opened) -> None:
    client = opened.visit()
    for kind, identifier in (("track", LOOP), ("owner", LABEL), ("track", HOSTILE)):
        answer = client.post("/search", data={"csrf": csrf(client), "wanted": identifier})
        assert str(answer.url).endswith(page(kind, identifier))
        assert identifier not in str(answer.url)
    assert client.get("/track/t-0000000000000000").status_code == 404
    assert client.get("/owner/" + page("track", LOOP).rpartition("/")[2]).status_code == 404


def test_pages_are_valid_and_hostile_names_stay_text(opened: Opened) -> None:
    client = opened.visit()
    for kind, identifier in (("track", HOSTILE), ("track", LOOP), ("owner", SELLER), ("owner", LABEL)):
        html = client.get(page(kind, identifier)).text
        found = read_page(html)
        assert len(found.ids) == len(set(found.ids))
        assert not {"script", "iframe", "object"} & set(found.tags)
        assert found.handlers == []
        assert " style=" not in html
        assert HOSTILE[-1] not in html
        assert html.index("<figure") < html.index("<table")


def test_who_links_to_tracks_and_owners(opened: Opened) -> None:
    client = opened.visit()
    campaign = client.get("/campaign/C-0002").text
    assert page("owner", SELLER) in campaign
    assert re.search(r'href="/track/t-[0-9a-f]{16}"', campaign)
    account = client.get("/campaign/C-0002.json").json()["members"][0]
    assert re.search(r'href="/track/t-[0-9a-f]{16}"', client.get(account["page"]).text)
    assert page("owner", SELLER) in client.get(page("track", LOOP)).text
    assert page("track", LOOP) in client.get(page("owner", SELLER)).text


@pytest.mark.parametrize(
    ("kind", "place"),
    [("track", page("track", LOOP)), ("owner", page("owner", SELLER)), ("campaign", "/campaign/C-0002")],
)
def test_a_packet_is_the_one_that_the_command_writes(opened: Opened, kind: str, place: str) -> None:
    answer = opened.visit().get(place + "/packet.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["packet.html", "packet.json"]
        found = msgspec.json.decode(archive.read("packet.json"), type=Packet)
        html = archive.read("packet.html").decode()
    assert found.kind == kind
    assert found.total.artificial > 0
    read_page(html)
    for account in opened.records.accounts["account_id"].to_list():
        assert account not in html


def test_a_packet_is_whole_or_not_there_at_all(opened: Opened) -> None:
    client = opened.visit()
    for place, why in (
        (page("track", SONG), "nothing to give evidence of"),
        ("/track/t-0000000000000000", "no such track"),
        ("/campaign/none", "knows no campaign"),
        ("/account/a-1", "There are packets about"),
    ):
        answer = client.get(place + "/packet.zip")
        assert answer.status_code == 404
        assert why in answer.text


def test_a_viewer_looks_but_takes_no_packet_away(opened: Opened) -> None:
    client = opened.visit(role="viewer")
    html = client.get(page("track", LOOP)).text
    assert "/packet.zip" not in html
    assert client.get(page("track", LOOP) + "/packet.zip").status_code == 403
    assert "/packet.zip" not in client.get("/campaign/C-0002").text


def test_strangers_see_no_track(opened: Opened) -> None:
    stranger = TestClient(opened.app)
    for place in (page("track", LOOP), page("owner", SELLER), page("track", LOOP) + "/packet.zip", "/insights.png"):
        assert stranger.get(place).status_code == 401
