"""The service's pages: HTTP and JSON in front of `service.Service`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ghostnote.errors import GhostnoteError
from ghostnote.serving.arrow import events_of_arrow
from ghostnote.serving.bodies import Rejected, Taken, event_of, events_of_lines
from ghostnote.serving.calls import BusyError, StoppedError
from ghostnote.serving.engine import CannotWriteError
from ghostnote.serving.keys import Key, Keys
from ghostnote.serving.limits import Limits, Rate, TooLongError, check_length
from ghostnote.serving.models_page import change_models, models_page
from ghostnote.serving.service import Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: As many as one likes.
ANY = Rate()
_encode = msgspec.json.Encoder().encode
_JSON = (b"content-type", b"application/json")


class RefusalError(Exception):
    """An answer that is no success: a status, a sentence, and after how many seconds to try again."""

    def __init__(self, status: int, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after


class Door:
    """Lets requests in: who asks, how often, how long their body is. Without keys everybody may do everything."""

    def __init__(
        self, keys: Keys | None, clock: Callable[[], datetime], requests: Rate, events: Rate, most: int
    ) -> None:
        self.keys, self._clock, self.most = keys, clock, most
        self._limits = Limits(requests, events)

    def enter(self, scope: Scope, needed: str) -> str:
        """The id of the key that asks. Raises RefusalError."""
        given: bytes | None = None
        length: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                given = value
            elif name == b"content-length":
                length = value
        who = self._who(given, needed)
        wait = self._limits.request(who, asyncio.get_running_loop().time())
        if wait:
            raise RefusalError(429, "More requests than this key may make: wait, then go on.", wait)
        if length is not None:
            try:
                check_length(length.decode("latin-1"), self.most)
            except TooLongError as error:
                raise RefusalError(413, str(error)) from None
        return who

    def _who(self, given: bytes | None, needed: str) -> str:
        if self.keys is None:
            return ""
        key: Key | None = self.keys.check(None if given is None else given.decode("latin-1"), self._clock())
        if key is None:
            raise RefusalError(401, "Send a key that is valid: Authorization: Bearer gn_...")
        if not key.may(needed) and not key.may("admin"):
            raise RefusalError(403, f"This key may not do that: it needs the scope {needed}.")
        return key.id

    def events(self, who: str, count: int) -> None:
        """Let so many events in. Raises RefusalError."""
        wait = self._limits.events(who, count, asyncio.get_running_loop().time())
        if wait:
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
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if refusal.retry_after is not None:
        headers = ((b"retry-after", b"%d" % max(1, round(refusal.retry_after))),)
    if refusal.status == 401:
        headers = ((b"www-authenticate", b"Bearer"),)
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

    def __init__(self, service: Service, door: Door) -> None:
        self._service, self._door = service, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            who = self._door.enter(scope, "decide")
            body = await body_of(receive, self._door.most)
            try:
                event = event_of(body)
            except ValueError as error:
                raise RefusalError(422, str(error)) from None
            self._door.events(who, 1)
            decided = await self._service.calls.enqueue((event,))
        except (RefusalError, BusyError, CannotWriteError, StoppedError) as error:
            await refuse(send, refusal_of(error))
            return
        await answer(send, 200, _encode(decided[0]))


class Ingest:
    """`POST /v1/events`: many events in, counts out, and decisions if `?decisions=true`."""

    def __init__(self, service: Service, door: Door) -> None:
        self._service, self._door = service, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope.get("query_string", b"")
        wanted = b"decisions=true" in query
        try:
            who = self._door.enter(scope, "decide" if wanted else "ingest")
            body = await body_of(receive, self._door.most)
            events, rejected = self._read(scope, body)
            self._door.events(who, len(events))
            decided = await self._service.calls.enqueue(events) if events else []
        except (RefusalError, BusyError, CannotWriteError, StoppedError) as error:
            await refuse(send, refusal_of(error))
            return
        repeated = sum(each.repeated for each in decided)
        told = Taken(len(decided) - repeated, repeated, rejected, decided if wanted else None)
        await answer(send, 200, _encode(told))

    def _read(self, scope: Scope, body: bytes) -> tuple[list[Any], list[Rejected]]:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        if kind.startswith(b"application/vnd.apache.arrow.stream"):
            try:
                return events_of_arrow(body, Request(scope).query_params.get("kind", "play"))
            except GhostnoteError as error:
                raise RefusalError(422, str(error)) from None
        events, rejected = events_of_lines(body)
        if rejected:
            self._service.set_apart(rejected, body.split(b"\n"))
        return events, rejected


def build(
    service: Service,
    *,
    keys: Keys | None,
    requests: Rate = ANY,
    events: Rate = ANY,
    most_bytes: int = 16 << 20,
) -> Starlette:
    """The application. Without `keys` everybody may do everything: for loopback alone."""
    door = Door(keys, service.clock, requests, events, most_bytes)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start()
        yield
        await service.stop()

    def page(needed: str | None, make: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                if needed is not None:
                    door.enter(request.scope, needed)
                found = await make(request)
            except (RefusalError, BusyError, CannotWriteError, StoppedError, GhostnoteError) as error:
                refusal = refusal_of(error)
                headers = {} if refusal.retry_after is None else {"retry-after": str(round(refusal.retry_after))}
                return Response(_encode({"error": refusal.sentence}), refusal.status, headers, "application/json")
            return found if isinstance(found, Response) else Response(_encode(found), media_type="application/json")

        return endpoint

    pages = Pages(service)
    return Starlette(
        routes=[
            Route("/v1/decide", Decide(service, door), methods=["POST"]),
            Route("/v1/events", Ingest(service, door), methods=["POST"]),
            Route("/v1/accounts/{account:path}", page("read", pages.account)),
            Route("/v1/tracks/{track:path}", page("read", pages.track)),
            Route("/v1/campaigns", page("read", pages.campaigns)),
            Route("/v1/models", page("read", pages.models)),
            Route("/v1/models", page("admin", pages.change_models), methods=["POST"]),
            Route("/v1/refresh", page("admin", pages.refresh), methods=["POST"]),
            Route("/healthz", page(None, pages.alive)),
            Route("/readyz", page(None, pages.ready)),
        ],
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _not_found},
    )


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
        body = await request.body()
        return await change_models(self._service, body)

    async def refresh(self, _: Request) -> Any:
        reason = await self._service.work(refresh=True)
        if reason is not None:
            raise RefusalError(409, reason)
        return {"standing": self._service.rollout.standing.run or None}

    async def alive(self, _: Request) -> Any:
        if self._service.stopped is not None:
            raise RefusalError(503, "The engine has stopped: start the service again.")
        return {"status": "alive"}

    async def ready(self, _: Request) -> Any:
        if not self._service.ready:
            raise RefusalError(503, "Events cannot be taken in yet.", 1)
        return {"status": "ready", "position": self._service.engine.state.position}


async def _not_found(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    sentence = "There is no such page." if status == 404 else f"This page does not answer {request.method}."
    return Response(_encode({"error": sentence}), status, getattr(error, "headers", None), "application/json")
