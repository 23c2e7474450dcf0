"""The pages that look things up, and those that change something, each as what it answers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ghostnote.serving.http.annex import Annex, Link, visitor_of
from ghostnote.serving.http.messages import ARROW, body_of
from ghostnote.serving.http.models_page import change_models, models_page
from ghostnote.serving.http.openapi import document
from ghostnote.serving.http.reference import reference
from ghostnote.serving.http.refusals import RefusalError
from ghostnote.serving.service.service import Service

_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}


class Pages:
    """The pages that look things up."""

    def __init__(self, service: Service, annex: Annex | None = None) -> None:
        self._service, self._annex = service, annex

    async def account(self, request: Request) -> Any:
        return await self._service.lookups.account(request.path_params["account"])

    async def track(self, request: Request) -> Any:
        found = self._service.lookups.track(request.path_params["track"])
        if found is None:
            raise RefusalError(404, "The latest run of scoring has no plays of this track.")
        return found

    async def campaigns(self, _: Request) -> Any:
        return self._service.lookups.campaigns()

    async def models(self, _: Request) -> Any:
        return models_page(self._service)

    async def change_models(self, request: Request) -> Any:
        body = await body_of(request.receive, self._service.settings.max_body_bytes)
        return await change_models(self._service, body)

    async def refresh(self, _: Request) -> Any:
        reason = await self._service.beside.work(refresh=True)
        if reason is not None:
            raise RefusalError(409, reason)
        return {"standing": self._service.rollout.standing.run or None}

    async def tables(self, request: Request) -> Any:
        body = await body_of(request.receive, self._service.settings.max_body_bytes)
        arrow = request.headers.get("content-type", "").startswith(ARROW)
        return await self._service.tell(request.path_params["table"], body, arrow=arrow)

    async def sign_in(self, request: Request) -> Any:
        body = await body_of(request.receive, self._service.settings.max_body_bytes)
        if self._annex is None:
            raise RefusalError(404, "This service has no console: set console.enabled to true, and start it again.")
        visitor = visitor_of(body)
        return Link(f"{str(request.base_url).rstrip('/')}{self._annex.invite(visitor.name, visitor.role)}")

    async def metrics(self, request: Request) -> Any:
        content, kind = self._service.metrics.text(request.headers.get("accept", ""))
        return Response(content, headers={"content-type": kind})

    async def description(self, _: Request) -> Any:
        return document()

    async def reference(self, _: Request) -> Any:
        return Response(reference(), headers=_HEADERS)

    async def alive(self, _: Request) -> Any:
        if self._service.stopped is not None:
            raise RefusalError(503, "The engine has stopped: start the service again.")
        return {"status": "alive"}

    async def ready(self, _: Request) -> Any:
        if not self._service.ready:
            raise RefusalError(503, "Events cannot be taken in yet.", 1)
        return {"status": "ready", "position": self._service.engine.state.position}
