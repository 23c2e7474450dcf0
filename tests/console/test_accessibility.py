"""No page keeps anybody out: axe-core finds nothing on any of them, on light paper and on dark."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.console.browser import answered, signed_in, started
from tests.console.conftest import Opened

from ghostnote.console.addresses import page as address_of


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as found:
        yield found


class Looked:
    """Notes what axe-core says against the pages that were looked at."""

    def __init__(self, page: Page) -> None:
        self.page, self.axe = page, Axe()
        self.found: list[str] = []
        self.seen: list[str] = []

    def look(self, name: str) -> None:
        found = self.axe.run(self.page)
        self.seen.append(name)
        assert found.response["testEngine"]["name"] == "axe-core"
        for each in found.response["violations"]:
            where = [node["html"][:160] for node in each["nodes"][:3]]
            self.found.append(f"{name}: {each['id']} ({each['impact']}), {each['help']}: {where}")

    def visit(self, url: str, name: str) -> None:
        self.page.goto(url)
        self.look(name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(browser: Browser, opened: Opened, scheme: str) -> None:
    # The pages forbid scripts, axe-core's as well: it gets past that here, and nowhere else.
    with (
        answered(opened) as at,
        browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": 1280, "height": 900}) as context,
    ):
        looked = Looked(context.new_page())
        page = looked.page
        looked.visit(f"{at}/queue", "not signed in")
        looked.visit(f"{at}/sign-in/{opened.door.invite('ada', 'admin')}", "sign in")
        signed_in(page, at, opened, "ada", "admin")
        # Whatever the bar leads to, and what only an admin sees.
        for href in page.get_by_label("Pages").get_by_role("link").evaluate_all("all => all.map(a => a.href)"):
            looked.visit(href, href.removeprefix(at))
        page.get_by_label("Name").fill("otto")
        page.get_by_role("button", name="Make a link").click()
        looked.look("a link for somebody")
        campaign = opened.records.campaigns["campaign_id"][0]
        member = opened.records.campaigns["accounts"][0][0]
        looked.visit(f"{at}/campaign/{campaign}", "campaign")
        page.get_by_role("button", name="Fraud").click()
        looked.look("a campaign that was decided about")
        looked.visit(f"{at}/queue?state=decided", "decided cases")
        looked.visit(f"{at}/queue?whose=nobody", "no cases")
        looked.visit(f"{at}{address_of('account', member)}", "account of a campaign")
        account = next(case for case in _cases(page, at) if case["kind"] == "account")
        looked.visit(f"{at}{account['page']}", "account with a case")
        page.get_by_text("Note, or give it to somebody").click()
        looked.look("account, note open")
        looked.visit(f"{at}{address_of('track', 'loop-00003')}", "track")
        looked.visit(f"{at}{address_of('owner', 'distro-loop')}", "owner")
        page.get_by_role("searchbox").fill("nothing like that")
        page.get_by_role("searchbox").press("Enter")
        looked.look("nothing found")
        looked.visit(f"{at}/campaign/none", "no such page")
        page.get_by_role("button", name="Leave").click()
        looked.look("left")
    assert looked.found == []
    assert len(looked.seen) >= 18


def _cases(page: Page, at: str) -> list[dict[str, str]]:
    return page.request.get(f"{at}/queue.json").json()["cases"]
