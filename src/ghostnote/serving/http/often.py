"""The two pages that are asked most, past the framework: its way to a page costs as much as they do."""

import time

from starlette.requests import Request

from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.answers import repeated
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError
from ghostnote.serving.http.door import Door
from ghostnote.serving.http.messages import ARROW, Receive, Scope, Send, answer, body_of, encode, refuse
from ghostnote.serving.http.refusals import RefusalError, refusal_of
from ghostnote.serving.service.service import Service
from ghostnote.serving.wire.arrow import events_of_arrow
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Rejected, Taken
from ghostnote.serving.wire.events import event_of
from ghostnote.serving.wire.lines import events_of_lines


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
        return encode(decided[0])


class Ingest(Decide):
    """`POST /v1/events`: many events in, counts out, and decisions if `?decisions=true`."""

    route = "/v1/events"

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        wanted = b"decisions=true" in scope.get("query_string", b"")
        who = self._door.enter(scope, "decide" if wanted else "ingest")
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
