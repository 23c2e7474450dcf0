"""The console over a folder whose run is replaced by newer ones, or has none yet: always the newest that was read."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ghostnote.console.app import NEWS, Guarded, style_sheet
from ghostnote.console.records import Records
from ghostnote.console.report import environment
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Ledger
from ghostnote.decisions.summary import SUMMARY_FILE
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake

#: After how long a run that could not be read is tried again: a database may be back by then.
_AGAIN = timedelta(seconds=10)
_NEWER = "A newer run is being read: load the page again in a moment."
_NONE = "There is no run of scoring yet: load the page again when there is one."


class Newest:
    """An ASGI application: the console over the run in `decisions`, or a page that says that there is none.

    A run is read when the first request comes after it was made: nothing is read while nobody looks. That one waits
    for `patience` seconds; until the run is read, the one before is shown. `make` builds the console over a run and
    what `open_ledger` gave once. `told` gets sentences about runs that cannot be read.
    """

    def __init__(
        self,
        lake: Path,
        decisions: Path,
        open_ledger: Callable[[], Ledger | None],
        make: Callable[[Records, Ledger | None], Starlette],
        clock: Callable[[], datetime],
        told: Callable[[str], None] = lambda _: None,
        patience: float = 3.0,
    ) -> None:
        self._lake, self._decisions, self._open_ledger, self._make = lake, decisions, open_ledger, make
        self._clock, self._told, self._patience = clock, told, patience
        self._ledger: Ledger | None = None
        self._waiting = _waiting(lambda: self._problem or _NONE)
        self._shown: Starlette | None = None
        #: What run is shown, and which one could not be read when.
        self._mark: object = None
        self._failed: tuple[object, datetime] | None = None
        self._problem = ""
        self._reading: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._look()
        if self._shown is not None and self._reading is not None:
            scope = {**scope, NEWS: (_NEWER,)}
        await (self._shown or self._waiting)(scope, receive, send)

    def read(self) -> None:
        """Read the run that is there now. Raises `GhostnoteError` if there is none, or it cannot be read."""
        mark = _mark_of(self._decisions)
        if self._ledger is None:
            self._ledger = self._open_ledger()
        folder = DecisionFolder(self._decisions, kept_open=True)
        if _mark_of(self._decisions) != mark:
            raise GhostnoteError(f"{self._decisions} is being replaced: it is read again in a moment.")
        self._shown = self._make(Records(Lake(self._lake), folder), self._ledger)
        self._mark, self._problem = mark, ""

    async def close(self) -> None:
        """Wait for what is being read, and let the ledger go."""
        if self._reading is not None:
            await asyncio.wait([self._reading])
        if self._ledger is not None:
            self._ledger.engine.dispose()

    async def _look(self) -> None:
        mark = _mark_of(self._decisions)
        if mark is None or mark == self._mark or self._failed_just_now(mark):
            return
        first = self._reading is None
        if self._reading is None:
            self._reading = asyncio.create_task(self._try(mark))
        if self._shown is None or first:
            await asyncio.wait([self._reading], timeout=None if self._shown is None else self._patience)

    async def _try(self, mark: object) -> None:
        try:
            await asyncio.to_thread(self.read)
        except Exception as error:  # Whatever it is, pages about the run before go on being shown.
            said = str(error) if isinstance(error, GhostnoteError) else repr(error)
            self._failed, self._problem = (mark, self._clock()), f"The newest run cannot be read: {said}"
            self._told(f"The console goes on without the newest run: {said}")
        finally:
            self._reading = None

    def _failed_just_now(self, mark: object) -> bool:
        return self._failed is not None and self._failed[0] == mark and self._clock() - self._failed[1] < _AGAIN


def _mark_of(decisions: Path) -> object:
    """What tells a run from the next one in its place, or from itself without somebody; None if there is none."""
    try:
        found = [path.stat() for path in (decisions, decisions / SUMMARY_FILE)]
    except OSError:
        return None
    return [(each.st_ino, each.st_mtime_ns) for each in found]


def _waiting(says: Callable[[], str]) -> Starlette:
    """What is shown while there is nothing to show: the same sentence everywhere, and how pages look."""
    pages, style = environment(), style_sheet()

    async def shown(request: Request) -> Response:
        if request.url.path.endswith(".json"):
            return Response(msgspec.json.encode({"error": says()}), 503, media_type="application/json")
        root = request.scope.get("root_path", "")
        frame = {"session": None, "told": (), "here": "", "sentence": says(), "url": lambda to: f"{root}{to}"}
        return HTMLResponse(pages.get_template("pages/error.html").render(frame), 503)

    async def styled(_: Request) -> Response:
        return Response(style, media_type="text/css")

    routes = [Route("/console.css", styled), Route("/{path:path}", shown, methods=["GET", "POST"])]
    application = Starlette(routes=routes)
    application.add_middleware(Guarded)
    return application
