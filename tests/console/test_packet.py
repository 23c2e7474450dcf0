"""The packet's page is valid, needs nothing, and shows pictures before tables."""

import re

import pytest
from tests.console.page import read_page
from tests.invented import HOSTILE
from tests.invented_facts import START

from ghostnote.console.packet import packet_context
from ghostnote.console.report import render
from ghostnote.decisions.attribution.packet import Counted, Listener, Packet, Track


def counted(name: str, honest: int, artificial: int) -> Counted:
    share = artificial / (honest + artificial)
    return Counted(name=name, honest=honest, artificial=artificial, share=share, low=share / 2, high=share)


def invented(name: str = "t-1", tracks: int = 3, days: int = 3) -> Packet:
    from datetime import UTC, datetime, timedelta

    listed = [
        Track(
            track_id=f"{name}{n}",
            owner_id=None,
            role="unclear",
            plays=30,
            artificial=10,
            share=1 / 3,
            low=0.2,
            high=0.5,
            withheld=0.04,
        )
        for n in range(tracks)
    ]
    return Packet(
        ghostnote="0",
        made_at=datetime(2026, 4, 1, tzinfo=UTC),
        start=START,
        end=START + timedelta(days=days - 1),
        kind="owner",
        name=name,
        role="unclear",
        means=["It is not known."],
        follows=["Nothing."],
        appeal="Write to us.",
        currency="EUR",
        total=counted("all", 20 * tracks, 10 * tracks),
        withheld=0.12,
        listeners=9,
        artificial_listeners=2,
        half=1,
        other_tracks=4,
        other_owners=1,
        days=[counted(str(START + timedelta(days=n)), 20, 10) for n in range(days)],
        sources=[counted(name, 20, 10), counted("search", 40, 20)],
        countries=[counted("DE", 60, 30)],
        top=[Listener(number=1, plays=20, tracks=3, days=2), Listener(number=2, plays=10, tracks=1, days=1)],
        tracks=listed,
    )


@pytest.mark.parametrize("found", [invented(), invented(tracks=80), invented(tracks=1, days=1), invented(HOSTILE)])
def test_page_is_valid_alone_and_hostile_names_stay_text(found: Packet) -> None:
    html = render("packet.html", packet_context(found))
    page = read_page(html)
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert not {"script", "link", "iframe", "img", "object", "form", "base"} & set(page.tags)
    assert page.handlers == []
    assert "http:" not in html
    assert "https:" not in html
    assert HOSTILE[-1] not in html


def test_pictures_come_before_tables_and_all_have_titles() -> None:
    html = render("packet.html", packet_context(invented()))
    assert html.index("<figure") < html.index("<table")
    figures = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert len(figures) == 6
    assert all(re.search(r"<strong>[^<]+</strong>", figure) for figure in figures)


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert "30\u00a0more tracks" in render("packet.html", packet_context(invented(tracks=80)))
