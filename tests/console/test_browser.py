"""Journeys in a real browser: Debian's Chromium, driven by Playwright."""

import os
import shutil
import socket
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright
from tests.console.conftest import Opened

#: Nothing that the browser does by itself may reach outside.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """The browser's program, from Debian's packages if it is not there and they can be had; skips if they cannot."""
    names = ("chromium", "chromium-browser")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        for step in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(
                ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *step], check=False, capture_output=True, timeout=400
            )
        found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium here, and none could be installed: apt-get install chromium")
    return found


@pytest.fixture
def address(opened: Opened) -> Iterator[str]:
    """Where the console listens, for as long as a test runs."""
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(opened.app, log_level="error", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    bound.close()


@pytest.fixture
def page(address: str, opened: Opened) -> Iterator[Page]:
    """A page of an investigator who is signed in; fails if anything was fetched from elsewhere or complained."""
    complaints: list[str] = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        made = browser.new_page(viewport={"width": 1280, "height": 900})
        made.on("console", lambda message: complaints.append(message.text))
        made.on("request", lambda request: complaints.append(request.url) if _elsewhere(request.url, address) else None)
        made.goto(f"{address}/sign-in/{opened.door.invite('ines', 'investigator')}")
        made.get_by_role("button", name="Sign in").press("Enter")
        made.get_by_role("link", name="Queue").wait_for()
        yield made
        browser.close()
    assert complaints == []


def _elsewhere(url: str, address: str) -> bool:
    return not url.startswith((address, "data:"))


def keep(page: Page, name: str) -> None:
    """A screenshot in the folder `build/console`, to be looked at after a run."""
    page.screenshot(path=Path("build") / "console" / f"{name}.png", full_page=True)


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
    assert "2 cases are decided: legit" in told.inner_text()
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
    page.get_by_role("link", name="Queue").click()
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("tbody a").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("searchbox").fill("distro-loop")
    page.get_by_role("searchbox").press("Enter")
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_label("Pages").get_by_role("link", name="Insights").click()
    page.get_by_label("Pages").get_by_role("link", name="Models").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
