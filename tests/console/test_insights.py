"""Insights: a page, a file that needs nothing, a picture; the same figures in each, and the overview's part of them."""

import struct
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.console.conftest import Opened
from tests.console.page import read_page
from tests.invented import HOSTILE, World, write_decisions

from ghostnote.console.records import Records
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.events.lake import Lake, new_lake


def quiet(place: Path, days: int) -> Opened:
    """A console over a run of so many honest days."""
    write_decisions(place / "decisions", World(honest=60, days=days, campaigns=False, truth=False))
    plays = pl.read_parquet(place / "decisions" / "plays.parquet")
    withheld = pl.lit(0.0).alias("withheld_payout")
    plays.with_columns(verdict=pl.lit("count"), reason=pl.lit(None, dtype=pl.String)).with_columns(
        withheld
    ).write_parquet(place / "decisions" / "plays.parquet")
    with new_lake(place / "lake") as lake:
        lake.write_by_arrival(
            "plays", plays.select("event_id", "event_time", "account_id", "track_id", ms_played=pl.lit(40_000))
        )
    return Opened(Records(Lake(place / "lake"), DecisionFolder(place / "decisions")), None)


@pytest.fixture
def found(opened: Opened) -> dict[str, Any]:
    answer: dict[str, Any] = opened.visit(role="viewer").get("/insights.json").json()
    return answer


def test_sums_agree_with_the_decisions(found: dict[str, Any], records: Records) -> None:
    plays = records.folder.read("plays")
    gone = plays.filter(pl.col("verdict") != "count")
    for rows in found["shares"].values():
        assert sum(row["plays"] for row in rows) == plays.height
        assert sum(row["withheld"] for row in rows) == gone.height
    assert sum(row["recent"] for row in found["roles"]) == found["withheld"]["recent"]
    assert sum(row["recent"] + row["before"] for row in found["reasons"]) <= gone.height
    spoke = records.folder.read("accounts").filter(pl.col("action") != "allow")["sources"].explode()
    assert {row["name"]: row["accounts"] for row in found["against"]} == Counter(spoke.to_list())
    assert set(spoke) == {"model", "never_sleeps"}


def test_every_figure_of_days_has_its_unit_and_what_was_before(found: dict[str, Any], records: Records) -> None:
    days = records.folder.read("days")
    assert [row["unit"] for row in found["days"]] == ["plays", "plays", "EUR", "EUR", "accounts"]
    assert found["windows"]["days"] * 2 == days.height
    assert found["days"][0]["recent"] + found["days"][0]["before"] == days["plays"].sum()


def test_the_page_has_pictures_before_tables_and_links(opened: Opened) -> None:
    html = opened.visit().get("/insights").text
    page = read_page(html)
    assert len(page.ids) == len(set(page.ids))
    assert html.index("<figure") < html.index("<table")
    assert 'href="/campaign/C-0001"' in html
    assert 'href="/track/t-' in html
    assert " style=" not in html


def test_the_file_needs_nothing_and_leads_nowhere(opened: Opened) -> None:
    answer = opened.visit(role="viewer").get("/insights.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="insights.html"'
    page = read_page(answer.text)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not {"script", "link", "iframe", "img", "object", "form", "base"} & set(page.tags)
    assert "http:" not in answer.text
    assert "https:" not in answer.text
    assert HOSTILE[-1] not in answer.text
    assert "C-0001" in answer.text


def test_the_picture_is_a_png_of_all_charts(opened: Opened) -> None:
    client = opened.visit()
    answer = client.get("/insights.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", answer.content[16:24])
    # Two columns of charts, each about 500 points wide and two pixels to a point.
    assert 1800 < width < 2800
    assert height > 1000
    assert client.get("/insights.gif").status_code == 404


@pytest.mark.parametrize("days", [1, 2, 6])
def test_an_honest_run_of_any_length_is_said_in_words(tmp_path: Path, days: int) -> None:
    client = quiet(tmp_path, days).visit()
    html = client.get("/insights").text
    read_page(html)
    assert "No accounts act together." in html
    assert client.get("/insights.json").json()["overall"] == 0.0
    assert ("nothing to be compared with" in html) == (days == 1)
    overview = client.get("/")
    assert overview.status_code == 200
    assert ("One day alone" in overview.text) == (days == 1)
    assert client.get("/insights.png").status_code == 200


def test_the_overview_tells_new_campaigns_and_how_the_model_does(opened: Opened) -> None:
    client = opened.visit()
    found = client.get("/overview.json").json()
    assert [row["campaign_id"] for row in found["new"]["campaigns"]] == ["C-0003"]
    assert found["new"]["new"] == 1
    # The invented attacks end a day before the run does.
    assert found["health"]["says"] == "moved far"
    page = client.get("/").text
    for said in ("New campaigns", "C-0003", "Model health", "moved far", "Withheld plays peaked on"):
        assert said in page
