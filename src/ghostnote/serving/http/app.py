"""The service's pages: HTTP and JSON in front of `service.Service`."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ghostnote.errors import GhostnoteError
from ghostnote.serving.access.keys import Key, Keys
from ghostnote.serving.access.limits import Limits, Rate, TooLongError, check_length
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError
from ghostnote.serving.http.models_page import change_models, models_page
from ghostnote.serving.http.openapi import document
from ghostnote.serving.http.reference import reference
from ghostnote.serving.service.service import Service
from ghostnote.serving.wire.arrow import events_of_arrow
from ghostnote.serving.wire.bodies import Rejected, Taken, event_of, events_of_lines

Make = Callable[[Request], Awaitable[Any]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_encode = msgspec.json.Encoder().encode
_TYPE = "application/json"
_ARROW = "application/vnd.apache.arrow.stream"
_JSON = (b"content-type", _TYPE.encode())


class RefusalError(Exception):
    """An answer that is no success: a status, a sentence, and after how many seconds to try again."""

    def __init__(self, status: int, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after


class Door:
    """Lets requests in: who asks, how often, how long their body is. Without keys everybody may do everything."""

    def __init__(self, service: Service, keys: Keys | None) -> None:
        settings = service.settings
        self.metrics, self.most = service.metrics, settings.max_body_bytes
        self._keys, self._clock, limits = keys, service.clock, settings.limits
        if keys is not None:
            self.metrics.watch("keys", lambda: len(keys))
        self._limits = Limits(
            Rate(limits.requests_per_second, limits.requests_burst), Rate(limits.events_per_second, limits.events_burst)
        )

    def enter(self, scope: Scope, needed: str) -> str:
        """The id of the key that asks. Raises RefusalError."""
        given: bytes | None = None
        length: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                given = value
            elif name == b"content-length":
                length = value
        who = "" if self._keys is None else self._who(self._keys, given, needed)
        wait = self._limits.request(who, time.monotonic())
        if wait:
            self.metrics.refused("rate")
            raise RefusalError(429, "More requests than this key may make: wait, then go on.", wait)
        if length is not None:
            try:
                check_length(length.decode("latin-1"), self.most)
            except TooLongError as error:
                self.metrics.refused("length")
                raise RefusalError(413, str(error)) from None
        return who

    def _who(self, keys: Keys, given: bytes | None, needed: str) -> str:
        key: Key | None = keys.check(None if given is None else given.decode("latin-1"), self._clock())
        if key is None:
            self.metrics.refused("key")
            raise RefusalError(401, "Send a key that is valid: Authorization: Bearer gn_...")
        if not key.may(needed) and not key.may("admin"):
            self.metrics.refused("scope")
            raise RefusalError(403, f"This key may not do that: it needs the scope {needed}.")
        return key.id

    def events(self, who: str, count: int) -> None:
        """Let so many events in. Raises RefusalError."""
        wait = self._limits.events(who, count, time.monotonic())
        if wait:
            self.metrics.refused("rate")
            raise RefusalError(429, "More events than this key may send: wait, then go on.", wait)


async def body_of(receive: Receive, most: int) -> bytes:
    """A request's body. Raises RefusalError if it is too long, or the client went away."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise RefusalError(413, str(TooLongError(most)))
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "The body ended too soon.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise RefusalError(413, str(TooLongError(most)))
    return b"".join(parts)


async def answer(send: Send, status: int, content: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    """Send one JSON answer."""
    length = (b"content-length", b"%d" % len(content))
    await send({"type": "http.response.start", "status": status, "headers": [_JSON, length, *headers]})
    await send({"type": "http.response.body", "body": content})


async def refuse(send: Send, refusal: RefusalError) -> None:
    """Send what was refused, and why."""
    headers = tuple((name.encode(), value.encode()) for name, value in _headers(refusal).items())
    await answer(send, refusal.status, _encode({"error": refusal.sentence}), headers)


def refusal_of(error: Exception) -> RefusalError:
    """What an exception of the engine means for who asked."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, BusyError):
        return RefusalError(503, "More events wait than this service holds: try again in a moment.", 1)
    if isinstance(error, CannotWriteError):
        return RefusalError(503, str(error), 5)
    if isinstance(error, StoppedError):
        return RefusalError(503, "This service is stopping: try again when it is back.", 5)
    if isinstance(error, GhostnoteError):
        return RefusalError(400, str(error))
    raise error


class Decide:
    """`POST /v1/decide`: one event in, its decision out. No framework between: this is asked most."""

    route = "/v1/decide"

    def __init__(self, service: Service, door: Door) -> None:
        self._service, self._door = service, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        try:
            content = await self._answer(scope, receive)
        except (RefusalError, BusyError, CannotWriteError, StoppedError) as error:
            refusal = refusal_of(error)
            if isinstance(error, (BusyError, CannotWriteError)):
                self._door.metrics.refused("queue" if isinstance(error, BusyError) else "disk")
            self._door.metrics.request(self.route, refusal.status, time.monotonic() - began)
            await refuse(send, refusal)
            return
        self._door.metrics.request(self.route, 200, time.monotonic() - began)
        await answer(send, 200, content)

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        who = self._door.enter(scope, "decide")
        body = await body_of(receive, self._door.most)
        try:
            event = event_of(body)
        except ValueError as error:
            raise RefusalError(422, str(error)) from None
        self._door.events(who, 1)
        decided = await self._service.calls.enqueue((event,))
        return _encode(decided[0])


class Ingest(Decide):
    """`POST /v1/events`: many events in, counts out, and decisions if `?decisions=true`."""

    route = "/v1/events"

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        wanted = b"decisions=true" in scope.get("query_string", b"")
        who = self._door.enter(scope, "decide" if wanted else "ingest")
        body = await body_of(receive, self._door.most)
        events, rejected = self._read(scope, body)
        self._door.events(who, len(events))
        decided = await self._service.calls.enqueue(events) if events else []
        repeated = sum(each.repeated for each in decided)
        return _encode(Taken(len(decided) - repeated, repeated, rejected, decided if wanted else None))

    def _read(self, scope: Scope, body: bytes) -> tuple[list[Any], list[Rejected]]:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        if kind.startswith(_ARROW.encode()):
            try:
                events, rejected, rows = events_of_arrow(body, Request(scope).query_params.get("kind", "play"))
            except GhostnoteError as error:
                raise RefusalError(422, str(error)) from None
        else:
            events, rejected = events_of_lines(body)
            rows = body.split(b"\n") if rejected else []
        if rejected:
            self._service.set_apart(rejected, rows)
            self._door.metrics.rejected("http", len(rejected))
        return events, rejected


class Front:
    """Takes the two pages that are asked most past the framework, whose way to a page costs as much as they do."""

    def __init__(self, pages: Starlette, often: Mapping[str, Decide]) -> None:
        self.pages, self._often = pages, often

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._often.get(scope.get("path", ""))
        if page is not None and scope.get("method") == "POST":
            await page(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def build(service: Service, keys: Keys | None) -> Front:
    """The application. Without `keys` everybody may do everything: for this machine alone."""
    door, pages = Door(service, keys), Pages(service)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start()
        yield
        await service.stop()

    def page(path: str, needed: str | None, make: Make, method: str = "GET") -> Route:
        route = path.partition("/{")[0]

        async def endpoint(request: Request) -> Response:
            began = time.monotonic()
            try:
                if needed is not None:
                    door.enter(request.scope, needed)
                found = await make(request)
                made = found if isinstance(found, Response) else Response(_encode(found), media_type=_TYPE)
            except (RefusalError, BusyError, CannotWriteError, StoppedError, GhostnoteError) as error:
                refusal = refusal_of(error)
                made = Response(_encode({"error": refusal.sentence}), refusal.status, _headers(refusal), _TYPE)
            door.metrics.request(route, made.status_code, time.monotonic() - began)
            return made

        return Route(path, endpoint, methods=[method])

    often = {page.route: page for page in (Decide(service, door), Ingest(service, door))}
    application = Starlette(
        routes=[
            *(Route(route, page, methods=["POST"]) for route, page in often.items()),
            page("/v1/accounts/{account:path}", "read", pages.account),
            page("/v1/tracks/{track:path}", "read", pages.track),
            page("/v1/campaigns", "read", pages.campaigns),
            page("/v1/models", "read", pages.models),
            page("/v1/models", "admin", pages.change_models, "POST"),
            page("/v1/refresh", "admin", pages.refresh, "POST"),
            page("/v1/tables/{table}", "ingest", pages.tables, "POST"),
            page("/metrics", "admin", pages.metrics),
            page("/healthz", None, pages.alive),
            page("/readyz", None, pages.ready),
            page("/openapi.json", None, pages.description),
            page("/", None, pages.reference),
        ],
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _not_found},
    )
    return Front(application, often)


def _headers(refusal: RefusalError) -> dict[str, str]:
    found = {} if refusal.retry_after is None else {"retry-after": str(max(1, math.ceil(refusal.retry_after)))}
    return found | ({"www-authenticate": "Bearer"} if refusal.status == 401 else {})


class Pages:
    """The pages that look things up."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def account(self, request: Request) -> Any:
        return await self._service.account(request.path_params["account"])

    async def track(self, request: Request) -> Any:
        found = self._service.track(request.path_params["track"])
        if found is None:
            raise RefusalError(404, "The latest run of scoring has no plays of this track.")
        return found

    async def campaigns(self, _: Request) -> Any:
        return {"standing": self._service.rollout.standing.run or None, "campaigns": self._service.campaigns()}

    async def models(self, _: Request) -> Any:
        return models_page(self._service)

    async def change_models(self, request: Request) -> Any:
        body = await body_of(request.receive, self._service.settings.max_body_bytes)
        return await change_models(self._service, body)

    async def refresh(self, _: Request) -> Any:
        reason = await self._service.work(refresh=True)
        if reason is not None:
            raise RefusalError(409, reason)
        return {"standing": self._service.rollout.standing.run or None}

    async def tables(self, request: Request) -> Any:
        body = await body_of(request.receive, self._service.settings.max_body_bytes)
        arrow = request.headers.get("content-type", "").startswith(_ARROW)
        return await self._service.tell(request.path_params["table"], body, arrow=arrow)

    async def metrics(self, request: Request) -> Any:
        content, kind = self._service.metrics.text(request.headers.get("accept", ""))
        return Response(content, headers={"content-type": kind})

    async def description(self, _: Request) -> Any:
        return document()

    async def reference(self, _: Request) -> Any:
        return Response(reference(), headers=_PAGE)

    async def alive(self, _: Request) -> Any:
        if self._service.stopped is not None:
            raise RefusalError(503, "The engine has stopped: start the service again.")
        return {"status": "alive"}

    async def ready(self, _: Request) -> Any:
        if not self._service.ready:
            raise RefusalError(503, "Events cannot be taken in yet.", 1)
        return {"status": "ready", "position": self._service.engine.state.position}


_PAGE = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}


async def _not_found(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    sentence = "There is no such page." if status == 404 else f"This page does not answer {request.method}."
    return Response(_encode({"error": sentence}), status, getattr(error, "headers", None), _TYPE)
