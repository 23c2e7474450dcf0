"""What the README shows of the console, kept by the run: pages about a simulated service of a thousand listeners."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.console.browser import answered, signed_in, started, uncomplaining
from tests.console.conftest import NOON, Opened
from tests.worlds import Judged

from ghostnote.console.records import Records
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import open_ledger
from ghostnote.decisions.recording import record

#: Where `make pictures` takes them from.
SCREENS = Path("build") / "console" / "readme"
#: A page of the project is read on telephones as well.
LARGEST = 200_000


@pytest.fixture
def page(arena: Judged, tmp_path: Path) -> Iterator[Page]:
    """A page of an investigator, on the decisions about a world and a ledger that has its cases."""
    records = Records(arena.lake, DecisionFolder(arena.decisions))
    with open_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        record(records.folder, ledger, at=NOON)
        opened = Opened(records, ledger)
        with (
            answered(opened) as at,
            started() as browser,
            browser.new_context(viewport={"width": 1280, "height": 800}) as context,
            uncomplaining(context.new_page(), at) as made,
        ):
            signed_in(made, at, opened)
            yield made


def screen(page: Page, name: str) -> None:
    """Keep what is seen of a page without scrolling."""
    kept = page.screenshot(path=SCREENS / f"console-{name}.jpg", type="jpeg", quality=80)
    assert len(kept) < LARGEST


def test_from_the_queue_over_a_campaign_to_one_of_its_accounts(page: Page) -> None:
    page.get_by_label("Pages").get_by_role("link", name="Queue").click()
    page.get_by_role("heading", name="Queue").wait_for()
    assert page.locator("tbody tr").count() > 20
    screen(page, "queue")
    page.locator("tbody tr").filter(has_text="campaign").nth(1).get_by_role("link").click()
    page.get_by_role("img", name="Accounts and what they share").wait_for()
    assert page.get_by_role("region", name="Decision").get_by_role("button", name="Fraud").is_visible()
    screen(page, "campaign")
    page.locator("a[href*='/account/']").first.click()
    page.get_by_role("heading", name="Account", exact=False).first.wait_for()
    assert page.get_by_role("region", name="Beside its own past and others").is_visible()
    screen(page, "account")
