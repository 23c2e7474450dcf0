"""The application: which page is where, who may see it, and how what it says is answered."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from ghostnote.errors import GhostnoteError
from ghostnote.serving.access.keys import Keys
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError
from ghostnote.serving.http.annex import Annex
from ghostnote.serving.http.door import Door
from ghostnote.serving.http.messages import JSON, Receive, Scope, Send, encode
from ghostnote.serving.http.often import Decide, Ingest
from ghostnote.serving.http.pages import Pages
from ghostnote.serving.http.refusals import RefusalError, headers_of, refusal_of
from ghostnote.serving.service.service import Service

Make = Callable[[Request], Awaitable[Any]]


class Front:
    """Takes the two pages that are asked most past the framework, whose way to a page costs as much as they do."""

    def __init__(self, pages: Starlette, decide: Decide, ingest: Ingest) -> None:
        self.pages, self.decide = pages, decide
        self._often: dict[str, Decide | Ingest] = {decide.route: decide, ingest.route: ingest}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._often.get(scope.get("path", ""))
        if page is not None and scope.get("method") == "POST":
            await page(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def build(service: Service, keys: Keys | None, annex: Annex | None = None) -> Front:
    """The application. Without `keys` everybody may do everything: for this machine alone."""
    door, pages = Door(service, keys), Pages(service, annex)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start()
        yield
        await service.stop()
        if annex is not None:
            await annex.close()

    def page(path: str, needed: str | None, make: Make, method: str = "GET") -> Route:
        route = path.partition("/{")[0]

        async def endpoint(request: Request) -> Response:
            began = time.monotonic()
            try:
                if needed is not None:
                    door.enter(request.scope["headers"], needed)
                found = await make(request)
                made = found if isinstance(found, Response) else Response(encode(found), media_type=JSON)
            except (RefusalError, BusyError, CannotWriteError, StoppedError, GhostnoteError) as error:
                refusal = refusal_of(error)
                made = Response(encode({"error": refusal.sentence}), refusal.status, headers_of(refusal), JSON)
            door.metrics.request(route, made.status_code, time.monotonic() - began)
            return made

        return Route(path, endpoint, methods=[method])

    decide, ingest = Decide(service, door), Ingest(service, door)
    beside: list[BaseRoute] = [] if annex is None else [Mount(annex.path, annex.application)]
    application = Starlette(
        routes=[
            *(Route(often.route, often, methods=["POST"]) for often in (decide, ingest)),
            page("/v1/accounts/{account:path}", "read", pages.account),
            page("/v1/tracks/{track:path}", "read", pages.track),
            page("/v1/campaigns", "read", pages.campaigns),
            page("/v1/models", "read", pages.models),
            page("/v1/models", "admin", pages.change_models, "POST"),
            page("/v1/refresh", "admin", pages.refresh, "POST"),
            page("/v1/tables/{table}", "ingest", pages.tables, "POST"),
            page("/v1/sign-in", "admin", pages.sign_in, "POST"),
            page("/metrics", "admin", pages.metrics),
            page("/healthz", None, pages.alive),
            page("/readyz", None, pages.ready),
            page("/openapi.json", None, pages.description),
            page("/", None, pages.reference),
            *beside,
        ],
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _not_found},
    )
    return Front(application, decide, ingest)


async def _not_found(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    sentence = "There is no such page." if status == 404 else f"This page does not answer {request.method}."
    return Response(encode({"error": sentence}), status, getattr(error, "headers", None), JSON)
