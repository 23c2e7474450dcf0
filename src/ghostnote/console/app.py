"""The investigators' console: pages made on the server, no script in them, and a JSON twin of each."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ghostnote.console import wording
from ghostnote.console.acting import Acting
from ghostnote.console.addresses import page as music_page
from ghostnote.console.audience import Audiences
from ghostnote.console.caseload import Caseload, Filter, page_of
from ghostnote.console.catalogue import Catalogue
from ghostnote.console.downloads import packet_archive
from ghostnote.console.insights import Insights
from ghostnote.console.looking import Looking
from ghostnote.console.models.page import Beside, Models
from ghostnote.console.music import Music
from ghostnote.console.novelty import Novelty
from ghostnote.console.overview import Overview
from ghostnote.console.palette import css_variables
from ghostnote.console.penalties import Penalties
from ghostnote.console.reading import read_beside
from ghostnote.console.records import Records
from ghostnote.console.report import environment
from ghostnote.console.signing_in import Door, Role, Session, same
from ghostnote.console.usage import Usage
from ghostnote.decisions.attribution.concerned import KINDS
from ghostnote.decisions.ledger import Ledger, Subject
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.errors import GhostnoteError

_HERE = Path(__file__).parent
_COOKIE = "ghostnote_console"
#: Where in a request's scope whoever passes it on leaves sentences for the next page.
NEWS = "ghostnote.news"
#: Forms are small: a decision with the accounts that it spares.
_LONGEST_FORM = 1_000_000
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_json = msgspec.json.Encoder(decimal_format="number").encode


class RefusedError(Exception):
    """An answer that is no success: a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Console:
    """The console's pages over one run's records and, perhaps, a ledger. `door` lets people in."""

    def __init__(
        self,
        records: Records,
        ledger: Ledger | None,
        door: Door,
        clock: Callable[[], datetime],
        terms: Terms,
        beside: Beside,
    ) -> None:
        self.records, self.door = records, door
        self.acting, self._clock = Acting(ledger, clock), clock
        self.catalogue, usage = Catalogue(records), Usage(records)
        novelty, audiences = Novelty(self.catalogue), Audiences(self.catalogue)
        caseload = read_beside(lambda: Caseload(records, ledger), self.catalogue, usage, novelty, audiences)
        self.looking, self.caseload = Looking(records, caseload), caseload
        self.music = Music(self.catalogue, usage, audiences, caseload, Penalties(terms))
        self.insights, self.latest = Insights(self.catalogue, usage, novelty), Overview(self.looking, novelty)
        self.learnt = Models(records, ledger, lambda: self.latest.health, beside)
        # What the run alone says is drawn now: nobody's first page waits for it.
        for made in (self.looking.prepare, self.latest.shown, self.insights.shown, self.learnt.shown):
            made()
        self._pages = environment()
        self._style = style_sheet()

    # Pages: each makes its facts in a thread, so that a long one holds nobody up.

    async def overview(self, request: Request) -> Response:
        return await self._page(request, "overview", self.latest.shown)

    async def queue(self, request: Request) -> Response:
        chosen = Filter.of(request.query_params)
        return await self._page(request, "queue", lambda: self.looking.queue(chosen))

    async def campaign(self, request: Request) -> Response:
        name = request.path_params["name"]
        return await self._page(request, "campaign", lambda: self.looking.campaign(name))

    async def account(self, request: Request) -> Response:
        named = request.path_params["name"]
        return await self._page(request, "account", lambda: self.looking.account(named))

    async def track(self, request: Request) -> Response:
        named = request.path_params["name"]
        return await self._page(request, "track", lambda: self.music.shown("track", named))

    async def owner(self, request: Request) -> Response:
        named = request.path_params["name"]
        return await self._page(request, "owner", lambda: self.music.shown("owner", named))

    async def trends(self, request: Request) -> Response:
        return await self._page(request, "insights", self.insights.shown)

    async def models(self, request: Request) -> Response:
        return await self._page(request, "models", self.learnt.shown)

    # Files to take away.

    async def trends_file(self, request: Request) -> Response:
        """The insights as one page, or their charts as one picture."""
        self._session(request, "viewer")
        kind = request.path_params["kind"]
        if kind not in ("html", "png"):
            raise RefusedError(404, "The insights are kept as .html, .png or .json.")
        made = await run_in_threadpool(self.insights.page if kind == "html" else self.insights.picture)
        return _attached(made, f"insights.{kind}", "text/html" if kind == "html" else "image/png")

    async def packet(self, request: Request) -> Response:
        """The evidence packet about a track, an owner or a campaign, made now."""
        self._session(request, "investigator")
        kind, named = request.path_params["kind"], request.path_params["name"]
        if kind not in KINDS:
            raise RefusedError(404, f"There are packets about a {', '.join(KINDS)}, not about a {kind}.")
        made = await run_in_threadpool(packet_archive, self.catalogue, kind, named, self._clock())
        return _attached(made, "packet.zip", "application/zip")

    async def style(self, request: Request) -> Response:
        return Response(self._style, media_type="text/css", headers={"cache-control": "max-age=3600"})

    # Coming and going.

    async def sign_in(self, request: Request) -> Response:
        """Ask before a link is used up: programs that preview links open them, but press no buttons."""
        if request.method == "GET":
            return self._answer(request, "sign_in", {"token": request.path_params["token"]}, {}, None)
        self._same_origin(request)
        secret = self.door.enter(request.path_params["token"])
        answer = RedirectResponse(self._url(request, "/"), 303)
        answer.set_cookie(
            _COOKIE,
            secret,
            path=request.scope.get("root_path", "") or "/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        await self._form(request, "viewer")
        self.door.leave(request.cookies.get(_COOKIE))
        return HTMLResponse(
            self._pages.get_template("pages/error.html").render(self._frame(request, None, "You left."))
        )

    async def invite(self, request: Request) -> Response:
        session, form = await self._form(request, "admin")
        role: Any = form.get("role", "")
        token = self.door.invite(form.get("name", ""), role)
        link = f"{request.url.scheme}://{request.url.netloc}{self._url(request, f'/sign-in/{token}')}"
        return self._answer(request, "people", {"link": link, "name": form["name"], "role": role}, {}, session)

    async def people(self, request: Request) -> Response:
        session = self._session(request, "admin")
        return self._answer(request, "people", {"link": None}, {}, session)

    # Doing.

    async def act(self, request: Request) -> Response:
        session, form = await self._form(request, "investigator")
        step = form.pop("step", "")
        try:
            await run_in_threadpool(self.acting.act, session, step, form.pop("case", "").split(), form)
        except GhostnoteError as error:
            session.told.append(str(error))
        return RedirectResponse(self._url(request, _local(form.get("back", ""))), 303)

    async def search(self, request: Request) -> Response:
        """Find by id. It is posted, so that no id ends up in an address."""
        session, form = await self._form(request, "viewer")
        wanted = form.get("wanted", "").strip()
        found = await run_in_threadpool(self._found, wanted)
        if found is None:
            session.told.append(
                "Nothing here has that id. Give the whole id of an account, track, owner, campaign or case."
            )
        return RedirectResponse(self._url(request, found or _local(form.get("back", ""))), 303)

    def _found(self, wanted: str) -> str | None:
        if wanted in self.records.campaigns["campaign_id"]:
            return page_of(Subject("campaign", wanted))
        try:
            self.records.account(wanted)
        except GhostnoteError:
            for kind in ("track", "owner"):
                if self.catalogue.has(kind, wanted):
                    return music_page(kind, wanted)
            case = self.caseload.cases().get(wanted)
            if case is None or case.subject is None:
                return None
            return page_of(case.subject)
        return page_of(Subject("account", wanted))

    # What every page needs.

    async def _page(
        self, request: Request, name: str, make: Callable[[], tuple[dict[str, Any], Mapping[str, Any]]]
    ) -> Response:
        session = self._session(request, "viewer")

        def made() -> Response:
            facts, drawn = make()
            if request.url.path.endswith(".json"):
                return Response(_json(facts), media_type="application/json")
            return self._answer(request, name, facts, drawn, session)

        return await run_in_threadpool(made)

    def _answer(
        self, request: Request, name: str, facts: dict[str, Any], drawn: Mapping[str, Any], session: Session | None
    ) -> Response:
        frame = self._frame(request, session, "")
        page = self._pages.get_template(f"pages/{name}.html").render(
            {**frame, "found": facts, "drawings": drawn, "here": name}
        )
        return HTMLResponse(page)

    def _frame(self, request: Request, session: Session | None, sentence: str) -> dict[str, Any]:
        told, undoable = ([], ()) if session is None else (session.told[:], session.undoable)
        if session is not None:
            session.told.clear()
            session.undoable = ()
        told += request.scope.get(NEWS, ())
        summary = self.records.folder.summary
        path = request.url.path.removeprefix(request.scope.get("root_path", ""))
        return {
            "summary": summary,
            "session": session,
            "told": told,
            "undoable": undoable,
            "sentence": sentence,
            "here": "",
            "url": lambda to: self._url(request, to),
            "back": path + (f"?{request.url.query}" if request.url.query else ""),
            "twin": self._url(request, f"{path.rstrip('/') or '/overview'}.json"),
            "query": f"?{request.url.query}" if request.url.query else "",
            "money": lambda amount: wording.money(amount, summary.money.currency),
            "deciding": session is not None and session.may("investigator") and self.caseload.ledger is not None,
            "with_ledger": self.caseload.ledger is not None,
        }

    def _url(self, request: Request, to: str) -> str:
        return f"{request.scope.get('root_path', '')}{to}"

    def _session(self, request: Request, role: Role) -> Session:
        session = self.door.session(request.cookies.get(_COOKIE))
        if session is None:
            raise RefusedError(401, "Sign in with the link that the console printed when it started, or ask an admin.")
        if not session.may(role):
            raise RefusedError(403, f"You are a {session.role} here, and this needs an {role}.")
        return session

    async def _form(self, request: Request, role: Role) -> tuple[Session, dict[str, str]]:
        """Who sends a form, and its fields; those given several times are one a line. Raises RefusedError."""
        session = self._session(request, role)
        self._same_origin(request)
        if int(request.headers.get("content-length") or _LONGEST_FORM + 1) > _LONGEST_FORM:
            raise RefusedError(413, "The form is too long.")
        async with request.form(max_files=0, max_fields=5000) as form:
            fields = {name: "\n".join(str(value) for value in form.getlist(name)) for name in form}
        if not same(fields.pop("csrf", ""), session.csrf):
            raise RefusedError(403, "The form is too old, or not from this console: load the page again.")
        return session, fields

    def _same_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
            raise RefusedError(403, "The form comes from another site.")

    def refused(self, request: Request, error: Exception) -> Response:
        """The page that says why there is no other."""
        status = error.status if isinstance(error, RefusedError) else 404
        if request.url.path.endswith(".json"):
            return Response(_json({"error": str(error)}), status, media_type="application/json")
        session = self.door.session(request.cookies.get(_COOKIE))
        page = self._pages.get_template("pages/error.html").render(self._frame(request, session, str(error)))
        return HTMLResponse(page, status)


def build(
    records: Records,
    ledger: Ledger | None,
    door: Door,
    clock: Callable[[], datetime],
    terms: Terms | None = None,
    beside: Beside | None = None,
) -> Starlette:
    """The console as an application, to be served alone or mounted below a path of another one.

    `door` lets people in: `door.invite` makes the token of a link `/sign-in/TOKEN`. `clock` gives aware times.
    `terms` say what artificial plays cost the owner of a track; without them the default ones do.
    `beside` is what else there is to show: the bundle's folder, an evaluation, the state of a service.
    """
    console = Console(records, ledger, door, clock, terms or Terms(), beside or Beside())
    twins: list[Route] = []
    for path, page in (
        ("/overview", console.overview),
        ("/queue", console.queue),
        ("/campaign/{name:path}", console.campaign),
        ("/account/{name:path}", console.account),
        ("/track/{name}", console.track),
        ("/owner/{name}", console.owner),
        ("/insights", console.trends),
        ("/models", console.models),
    ):
        twins += [Route(f"{path}.json", page), Route(path, page)]
    routes = [
        Route("/", console.overview),
        Route("/{kind}/{name:path}/packet.zip", console.packet),
        *twins,
        Route("/insights.{kind}", console.trends_file),
        Route("/act", console.act, methods=["POST"]),
        Route("/search", console.search, methods=["POST"]),
        Route("/sign-in/{token}", console.sign_in, methods=["GET", "POST"]),
        Route("/sign-out", console.sign_out, methods=["POST"]),
        Route("/people", console.people),
        Route("/people", console.invite, methods=["POST"]),
        Route("/console.css", console.style),
    ]

    async def refuse(request: Request, error: Exception) -> Response:
        return console.refused(request, error)

    application = Starlette(routes=routes, exception_handlers={RefusedError: refuse, GhostnoteError: refuse})
    application.add_middleware(Guarded)
    return application


def style_sheet() -> str:
    """How all pages look, as CSS."""
    names = ("report.css", "console.css")
    return css_variables() + "".join((_HERE / "static" / name).read_text(encoding="utf-8") for name in names)


def fresh_door() -> Door:
    """A door with this machine's clock and randomness."""
    return Door(lambda: datetime.now(UTC), lambda: token_urlsafe(32))


class Guarded:
    """Adds the headers that keep pages apart from all else to every answer."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message["headers"]}
                fresh = [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in there]
                message["headers"] = [*message["headers"], *fresh]
            await send(message)

        await self._app(scope, receive, sending)


def _attached(content: bytes, name: str, media_type: str) -> Response:
    """A file to be kept, not opened."""
    return Response(content, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _local(path: str) -> str:
    """Where to go back to, if it is a page of this console."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
