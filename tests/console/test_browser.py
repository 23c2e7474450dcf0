"""Journeys in a real browser: Debian's Chromium, driven by Playwright."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.console.browser import answered, keep, signed_in, started, uncomplaining
from tests.console.conftest import Opened
from tests.console.super_fan import FAN

from ghostnote.decisions.ledger import Subject


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as found:
        yield found


@pytest.fixture
def address(opened: Opened) -> Iterator[str]:
    with answered(opened) as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str, opened: Opened) -> Iterator[Page]:
    """A page of an investigator who is signed in; fails if anything was fetched from elsewhere or complained."""
    with (
        browser.new_context(viewport={"width": 1280, "height": 900}) as context,
        uncomplaining(context.new_page(), address) as made,
    ):
        signed_in(made, address, opened)
        yield made


def test_triage_the_queue_with_the_keyboard(page: Page) -> None:
    page.get_by_role("link", name="Queue").press("Enter")
    page.get_by_label("About").select_option("campaign")
    page.get_by_role("button", name="Show").press("Enter")
    assert "kind=campaign" in page.url
    boxes = page.get_by_role("checkbox")
    total = boxes.count()
    chosen = [n for n in range(total) if "must agree" not in page.get_by_role("row").nth(n + 1).inner_text()][:2]
    for n in chosen:
        boxes.nth(n).press("Space")
    page.get_by_label("Why").fill("Heard by people")
    page.get_by_role("button", name="Honest").press("Enter")
    told = page.get_by_role("status")
    assert "2 cases are decided: honest" in told.inner_text()
    assert page.get_by_role("checkbox").count() == total - 2
    assert "kind=campaign" in page.url
    told.get_by_role("button", name="Undo").press("Enter")
    assert "2 cases are reopened" in page.get_by_role("status").inner_text()
    assert page.get_by_role("checkbox").count() == total


def test_judge_a_campaign_but_for_one_account_and_undo_it(page: Page) -> None:
    page.get_by_role("link", name="Queue").click()
    page.get_by_label("About").select_option("campaign")
    page.get_by_role("button", name="Show").click()
    rows = page.get_by_role("row").filter(has_not_text="must agree").filter(has=page.get_by_role("checkbox"))
    rows.first.get_by_role("link").click()
    assert page.get_by_role("img", name="Plays by account and hour").is_visible()
    members = page.get_by_role("checkbox")
    count = members.count()
    members.first.check()
    page.get_by_role("button", name="Fraud").click()
    assert "decided: fraud" in page.get_by_role("status").inner_text()
    assert page.locator(".badge.suspend").count() == count - 1
    page.get_by_role("button", name="Undo the decision").click()
    assert "reopened" in page.get_by_role("status").inner_text()
    assert page.get_by_role("checkbox").count() == count


def test_find_out_why_a_track_was_penalised(page: Page, tmp_path: Path) -> None:
    page.get_by_role("searchbox").fill("loop-00003")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("heading", name="Track loop-00003").wait_for()
    assert "loop-00003" not in page.url
    # Why: its part, what speaks for it and against it, and what would be charged.
    assert "far beyond any audience" in page.get_by_role("region", name="Part").inner_text()
    assert "Its catalogue is played through." in page.get_by_role("main").inner_text()
    assert "at the line of 90\u00a0%" in page.get_by_role("main").inner_text()
    assert page.get_by_role("img").count() >= 3
    keep(page, "track")
    page.get_by_role("link", name="C-0002").first.click()
    page.get_by_role("heading", name="Campaign C-0002").wait_for()
    page.get_by_role("link", name="distro-loop").click()
    page.get_by_role("heading", name="Owner distro-loop").wait_for()
    keep(page, "owner")
    page.go_back()
    page.go_back()
    page.get_by_role("heading", name="Track loop-00003").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the evidence packet").click()
    download.value.save_as(tmp_path / "packet.zip")
    with zipfile.ZipFile(tmp_path / "packet.zip") as archive:
        assert archive.namelist() == ["packet.html", "packet.json"]
        assert b"loop-00003" in archive.read("packet.html")


def test_take_the_insights_away(page: Page, tmp_path: Path) -> None:
    page.get_by_label("Pages").get_by_role("link", name="Insights").click()
    page.get_by_role("heading", name="What is new").wait_for()
    keep(page, "insights")
    with page.expect_download() as download:
        page.get_by_role("link", name="one HTML file").click()
    download.value.save_as(tmp_path / "insights.html")
    assert page.context.browser is not None
    file = page.context.browser.new_page()
    file.goto(f"file://{tmp_path / 'insights.html'}")
    assert file.get_by_role("img").count() == page.get_by_role("img").count()
    assert file.get_by_role("link").count() == 1
    page.get_by_role("link", name="C-0003").first.click()
    page.get_by_role("heading", name="Campaign C-0003").wait_for()


def test_the_models_page_is_usable_on_a_tablet(page: Page) -> None:
    page.set_viewport_size({"width": 820, "height": 1180})
    page.get_by_label("Pages").get_by_role("link", name="Models").press("Enter")
    page.get_by_role("heading", name="Models").wait_for()
    keep(page, "models-820")
    assert page.evaluate("document.documentElement.scrollWidth") <= 820
    # Every picture and table lies within the screen, but for tables that scroll in a region of their own.
    wide = "all => all.filter(one => !one.closest('.scroll') && one.getBoundingClientRect().right > 820).length"
    assert page.locator("main svg, main table, main pre, main dl").evaluate_all(wide) == 0
    assert page.get_by_role("img").count() >= 3
    page.get_by_text("Day by day").click()
    region = page.get_by_role("region", name="Days")
    assert region.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 820
    for told in ("ghostnote evaluate", "ghostnote serve --challenger", "Found honest by people"):
        assert told in page.get_by_role("main").inner_text()


@pytest.mark.parametrize("width", [1280, 1024, 820])
def test_no_page_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for leads in (
        page.get_by_role("link", name="Queue").click,
        page.locator("tbody a").first.click,
        page.locator("tbody a").first.click,
        lambda: find(page, FAN),
        lambda: find(page, "distro-loop"),
        page.get_by_label("Pages").get_by_role("link", name="Insights").click,
        page.get_by_label("Pages").get_by_role("link", name="Models").click,
    ):
        # A page that is just being left has no width.
        with page.expect_navigation():
            leads()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def focused(page: Page) -> str:
    """What has the focus, as its label or text says; an assertion fails if it cannot be seen."""
    found = page.evaluate(
        """() => {
            const on = document.activeElement;
            const said = on.getAttribute("aria-label") || (on.labels && on.labels[0]?.textContent) || on.textContent;
            return [said.trim(), getComputedStyle(on).outlineStyle];
        }"""
    )
    assert found[1] != "none", f"the focus on {found[0]!r} cannot be seen"
    return str(found[0])


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page).startswith(name):
            return
    raise AssertionError(f"no Tab leads to {name}")


def test_a_campaign_is_judged_without_a_mouse(page: Page) -> None:
    keys = page.keyboard
    keys.press("Tab")
    assert focused(page) == "Skip to the page"
    tab_to(page, "Queue")
    keys.press("Enter")
    page.get_by_role("heading", name="Queue").wait_for()
    # The skip link leads past the bar: what comes next is the page's own.
    keys.press("Tab")
    keys.press("Enter")
    keys.press("Tab")
    assert focused(page).startswith("State")
    tab_to(page, "About")
    keys.type("campaign")
    tab_to(page, "Show")
    keys.press("Enter")
    page.wait_for_url("**kind=campaign**")
    one = page.get_by_role("row").filter(has_not_text="must agree").filter(has=page.get_by_role("checkbox")).first
    case = one.get_by_role("link").inner_text()
    tab_to(page, case)
    keys.press("Enter")
    page.get_by_role("heading", name="Campaign").wait_for()
    tab_to(page, "Why")
    keys.type("one block, no people")
    tab_to(page, "Fraud")
    keys.press("Enter")
    page.get_by_role("status").wait_for()
    assert "decided: fraud" in page.get_by_role("status").inner_text()
    tab_to(page, "Undo")
    keys.press("Enter")
    page.get_by_text("reopened").first.wait_for()
    assert "one block, no people" in page.get_by_role("main").inner_text()


def test_an_honest_super_fan_appeals_and_is_heard(page: Page, browser: Browser, address: str, opened: Opened) -> None:
    # Ines took the fan for a program.
    find(page, FAN)
    page.get_by_label("Why").first.fill("one album all day")
    page.get_by_role("button", name="Fraud").click()
    assert "decided: fraud" in page.get_by_role("status").inner_text()
    assert page.locator(".lead .badge").inner_text() == "suspend"

    # The fan writes, and Ines looks again: the same album as ever, in the hours of somebody who sleeps.
    find(page, FAN)
    assert "Played 6 times in a row" in page.get_by_role("list").first.inner_text()
    habits = page.get_by_role("region", name="Beside its own past and others")
    assert habits.get_by_role("row", name="Hours with plays").get_by_role("cell").all_inner_texts()[:2] == [
        "15.0",
        "15.0",
    ]
    assert "Nobody else was on its devices or networks" in page.get_by_role("main").inner_text()
    page.get_by_label("Why").first.fill("It is my favourite album, I play it while I work.")
    page.get_by_role("button", name="The holder appeals").click()
    assert "appealed" in page.get_by_role("status").inner_text()
    assert "It is my favourite album" in page.get_by_role("region", name="Decision").inner_text()
    keep(page, "appeal")

    # Whoever decided does not answer the appeal.
    page.get_by_role("button", name="Honest").click()
    assert "somebody else answers" in page.get_by_role("status").inner_text()
    assert page.locator(".lead .badge").inner_text() == "suspend"

    # Somebody else does, and accepts it: the account is let alone, and its plays count.
    with (
        browser.new_context(viewport={"width": 1280, "height": 900}) as context,
        uncomplaining(context.new_page(), address) as other,
    ):
        signed_in(other, address, opened, "otto")
        find(other, FAN)
        other.get_by_label("Why").first.fill("Sleeps at night, plays as before")
        other.get_by_role("button", name="Honest").click()
        assert "decided: honest. 1\u00a0account and 180\u00a0plays follow" in other.get_by_role("status").inner_text()
        assert other.locator(".lead .badge").inner_text() == "allow"
        keep(other, "appeal-accepted")
        # Undone, it stands as before the answer.
        other.get_by_role("button", name="Undo", exact=True).click()
        assert "reopened" in other.get_by_role("status").inner_text()
        assert other.locator(".lead .badge").inner_text() == "suspend"
        assert "favourite album" in other.get_by_role("main").inner_text()
    assert opened.ledger is not None
    plays = [Subject("play", f"fan-play-{n}") for n in range(14 * 45)]
    assert {state.action for state in opened.ledger.states_of(plays).values()} == {"exclude"}


def find(page: Page, wanted: str) -> None:
    page.get_by_role("searchbox").fill(wanted)
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("heading", name=wanted).wait_for()
