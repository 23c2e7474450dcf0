"""The two pages that are asked most, past the framework: its way to a page costs as much as they do."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.answers import repeated
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError
from ghostnote.serving.http.door import Door
from ghostnote.serving.http.messages import (
    ARROW,
    AS_JSON,
    Header,
    Receive,
    Scope,
    Send,
    answer,
    body_of,
    encode,
    refuse,
    refused,
)
from ghostnote.serving.http.refusals import RefusalError, refusal_of
from ghostnote.serving.http.swift import Asked
from ghostnote.serving.service.service import Service
from ghostnote.serving.wire.arrow import events_of_arrow
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Decided, Rejected, Taken
from ghostnote.serving.wire.events import event_of
from ghostnote.serving.wire.lines import events_of_lines

_REFUSALS = (RefusalError, BusyError, CannotWriteError, StoppedError)


class Often(ABC):
    """A page that counts what it answers and what it refuses. `route`: its path."""

    route: str

    def __init__(self, service: Service, door: Door) -> None:
        self._service, self._door = service, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.monotonic()
        try:
            content = await self._answer(scope, receive)
        except _REFUSALS as error:
            await refuse(send, self._refused(error, began))
            return
        self._door.metrics.request(self.route, 200, time.monotonic() - began)
        await answer(send, 200, content)

    @abstractmethod
    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        """The body of an answer that is a success."""

    def _refused(self, error: Exception, began: float) -> RefusalError:
        refusal = refusal_of(error)
        if isinstance(error, (BusyError, CannotWriteError)):
            self._door.metrics.refused("queue" if isinstance(error, BusyError) else "disk")
        self._door.metrics.request(self.route, refusal.status, time.monotonic() - began)
        return refusal


class Decide(Often):
    """`POST /v1/decide`: one event in, its decision out. This is asked most: see `swift`."""

    route = "/v1/decide"

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        who = self._door.enter(scope["headers"], "decide")
        event = self._event(who, await body_of(receive, self._door.most))
        return encode((await self._service.calls.enqueue((event,)))[0])

    def begin(self, headers: list[Header], body: bytes, asked: Asked) -> None:
        """Answer a request whose body is there, once its event is on disk."""
        began = time.monotonic()

        def tell(result: Sequence[Decided] | Exception) -> None:
            if isinstance(result, Exception):
                content, more = refused(refusal := self._refused(result, began))
                asked.answer(refusal.status, (AS_JSON, *more), content)
                return
            content = encode(result[0])
            self._door.metrics.request(self.route, 200, time.monotonic() - began)
            asked.answer(200, (AS_JSON,), content)

        try:
            event = self._event(self._door.enter(headers, "decide"), body)
            self._service.calls.put((event,), tell)
        except _REFUSALS as error:
            tell(error)

    def _event(self, who: str, body: bytes) -> Any:
        try:
            event = event_of(body)
        except ValueError as error:
            raise RefusalError(422, str(error)) from None
        self._door.events(who, 1)
        return event


class Ingest(Often):
    """`POST /v1/events`: many events in, counts out, and decisions if `?decisions=true`."""

    route = "/v1/events"

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        wanted = b"decisions=true" in scope.get("query_string", b"")
        who = self._door.enter(scope["headers"], "decide" if wanted else "ingest")
        body = await body_of(receive, self._door.most)
        events, rejected = self._read(scope, body)
        self._door.events(who, len(events))
        if not events:
            return encode(Taken(0, 0, rejected, [] if wanted else None))
        decided = await self._service.calls.enqueue(events)
        again = repeated(decided)
        return encode(Taken(len(decided) - again, again, rejected, list(decided) if wanted else None))

    def _read(self, scope: Scope, body: bytes) -> tuple[Events, list[Rejected]]:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        if kind.startswith(ARROW.encode()):
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
