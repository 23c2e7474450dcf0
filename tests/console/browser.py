"""A real browser at the console: Debian's Chromium, driven by Playwright."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
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


@contextmanager
def started() -> Iterator[Browser]:
    """A browser, for as long as the block runs."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def answered(opened: Opened) -> Iterator[str]:
    """The address where a console listens, for as long as the block runs."""
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(opened.app, log_level="error", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


def signed_in(page: Page, address: str, opened: Opened, name: str = "ines", role: str = "investigator") -> None:
    """Let somebody in, with the keyboard."""
    page.goto(f"{address}/sign-in/{opened.door.invite(name, role)}")
    page.get_by_role("button", name="Sign in").press("Enter")
    page.get_by_role("link", name="Queue").wait_for()


@contextmanager
def uncomplaining(page: Page, address: str) -> Iterator[Page]:
    """The page; an assertion fails at the end if anything was fetched from elsewhere or the browser complained."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: complaints.append(request.url) if _elsewhere(request.url, address) else None)
    yield page
    assert complaints == []


def _elsewhere(url: str, address: str) -> bool:
    return not url.startswith((address, "data:"))


def keep(page: Page, name: str) -> None:
    """A screenshot in the folder `build/console`, to be looked at after a run."""
    page.screenshot(path=Path("build") / "console" / f"{name}.png", full_page=True)
