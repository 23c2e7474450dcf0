"""The report as a page: valid, self-contained, safe with hostile ids, and honest when there is nothing to show."""

import re
from pathlib import Path

import pytest
from tests.console.page import read_page
from tests.invented import HOSTILE

from ghostnote.console.report import render, report_context, write_report
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.errors import GhostnoteError


@pytest.fixture(scope="module")
def html(decisions: Path) -> str:
    return render("report.html", report_context(DecisionFolder(decisions)))


@pytest.fixture(scope="module")
def quiet_html(quiet_decisions: Path) -> str:
    return render("report.html", report_context(DecisionFolder(quiet_decisions)))


def test_page_is_valid_and_its_links_lead_somewhere(html: str) -> None:
    page = read_page(html)
    assert len(page.ids) == len(set(page.ids))
    assert page.links
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    for reference in re.findall(r"url\(#([^)]+)\)", html):
        assert reference in page.ids


def test_page_needs_no_network_and_runs_no_script(html: str) -> None:
    page = read_page(html)
    assert not {"script", "link", "iframe", "img", "object", "form", "base"} & set(page.tags)
    assert page.handlers == []
    assert "http:" not in html
    assert "https:" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_hostile_ids_stay_text_in_tables_and_in_drawings(html: str) -> None:
    page = read_page(html)
    assert "script" not in page.tags
    assert "<script>al" in page.text
    assert any(text.startswith("<script>") for text in page.svg_texts)
    assert HOSTILE[-1] not in html


def test_drawings_follow_the_colours_of_the_page(html: str) -> None:
    drawings = re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL)
    assert len(drawings) > 15
    assert not [drawing for drawing in drawings if re.search(r'(fill|stroke)="#', drawing)]
    assert "var(--artificial)" in html
    assert "prefers-color-scheme:dark" in html


def test_every_chart_has_a_title_and_a_name_for_screen_readers(html: str) -> None:
    charts = re.findall(r"<figure.*?</figure>", html, flags=re.DOTALL)
    assert charts
    for chart in charts:
        assert re.search(r"<strong>[^<]+</strong>", chart)
        assert re.search(r'role="img"[^>]*aria-label="[^"]+"|aria-label="[^"]+"[^>]*role="img"', chart)


def test_all_sections_are_there(html: str) -> None:
    assert re.findall(r'<section id="(\w+)">', html) == [
        "days",
        "campaigns",
        "accounts",
        "music",
        "truth",
        "scores",
        "basis",
    ]
    for said in ("Campaign <code", "Against the truth", "organised fans", "signups.payment_hash", "in quarantine"):
        assert said in html
    assert "one rhythm" in html
    assert len(html) < 1_500_000


def test_an_honest_period_is_said_in_words(quiet_html: str) -> None:
    read_page(quiet_html)
    text = quiet_html.replace("\n", " ")
    assert 'id="truth"' not in text
    for said in (
        "withheld none of them and found no accounts that act together",
        "No accounts were found that act together.",
        "No account was acted on and none waits for review.",
        "No track has an artificial play.",
        "No labels were given",
        "a score is a rank, not a probability",
    ):
        assert said in re.sub(r"\s+", " ", text)


def test_the_same_decisions_give_the_same_page(decisions: Path, html: str) -> None:
    assert render("report.html", report_context(DecisionFolder(decisions))) == html


def test_report_is_written_whole_with_its_facts(decisions: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    out = tmp_path / "new" / "report.html"
    facts = write_report(decisions, out, progress=lambda _step, done, total: steps.append((done, total)))
    assert out.stat().st_size == facts.bytes
    assert facts.campaigns == 4
    assert facts.plays_withheld > 0
    assert steps[-1] == (steps[-1][1], steps[-1][1])
    assert list(out.parent.iterdir()) == [out]


def test_a_folder_is_no_place_for_a_file(decisions: Path, tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="is a folder"):
        write_report(decisions, tmp_path)
    with pytest.raises(GhostnoteError, match="Could not write"):
        write_report(decisions, decisions / "summary.json" / "report.html")
