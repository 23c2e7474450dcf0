"""Asks the service as much as it can bear, or as often as it is told, and times the answers.

With a rate the loop is *open*: request i is due at start + i / rate, whatever became of those before it, and its
latency counts from when it was due. A stall is then felt by all requests that fell due in it. A client that waits for
one answer before it asks again would send fewer just while the service is slow, and count the stall once (*coordinated
omission*). Without a rate each connection does wait for its answer: that measures throughput, and its latencies are
those of a service that is always busy.
"""

import asyncio
import ssl
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import msgspec
import numpy as np
import uvloop

from ghostnote.errors import GhostnoteError

#: How long answers are waited for once the last request was sent, in seconds.
GRACE = 10.0
_RETRY = 0.2
#: The loop counts in milliseconds: asked for less it would come back at once, again and again, and take a processor
#: from the service that it measures. What is sent up to that much late still counts from when it was due.
_TICK = 0.001


class _Decided(msgspec.Struct, gc=False):
    verdict: str
    repeated: bool = False


class _Answer(msgspec.Struct):
    """A decision, or what became of a batch."""

    verdict: str | None = None
    repeated: bool | int = False
    decisions: list[_Decided] = []
    rejected: list[dict[str, Any]] = []


_read = msgspec.json.Decoder(_Answer).decode


@dataclass(frozen=True)
class Target:
    """Where requests go: host, port, the path before `/v1`, whether encrypted, and with which key."""

    host: str
    port: int
    prefix: str = ""
    secure: bool = False
    key: str | None = None

    @classmethod
    def of(cls, url: str, key: str | None) -> "Target":
        """Raises GhostnoteError if `url` is no address, or the key holds what no header may."""
        parts = urlsplit(url if "//" in url else f"http://{url}")
        try:
            port = parts.port
        except ValueError:
            raise GhostnoteError(f"{url} has a port that is no number from 0 to 65535.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GhostnoteError(f"{url} is no address: give one such as http://127.0.0.1:8765.")
        if key is not None and not (key.isascii() and key.isprintable()):
            raise GhostnoteError("The key holds characters that no key has: copy it again.")
        secure = parts.scheme == "https"
        return cls(parts.hostname, port or (443 if secure else 80), parts.path.rstrip("/"), secure, key)


@dataclass
class Outcome:
    """What became of a run. Latencies in milliseconds, from when a request was due; NaN without an answer.

    lost: requests whose connection ended first. unanswered: due but not answered when waiting came to its end.
    events: how many were in requests answered with 200. seconds: from the first request due to the last answer.
    """

    open_loop: bool
    sent: int = 0
    answered: int = 0
    events: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    rejected: int = 0
    lost: int = 0
    unanswered: int = 0
    latencies: list[float] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As a JSON document, latencies at 50, 95, 99 % and the longest."""
        found = np.percentile(self.latencies, (50, 95, 99, 100)) if self.latencies else np.full(4, np.nan)
        named = dict(zip(("p50", "p95", "p99", "max"), found.tolist(), strict=True))
        per_second = {
            "requests_per_second": self.answered / self.seconds if self.seconds else 0.0,
            "events_per_second": self.events / self.seconds if self.seconds else 0.0,
        }
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "latencies"}
        plain |= {"statuses": {str(status): count for status, count in sorted(self.statuses.items())}}
        return {**plain, **per_second, "latency_ms": {name: None if v != v else v for name, v in named.items()}}  # noqa: PLR0124


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire, and how many events are in it."""

    content: bytes
    events: int


def requests_of(target: Target, events: Sequence[bytes], batch: int, *, decisions: bool = True) -> list[Request]:
    """Events as JSON, `batch` a request: one to /v1/decide, more to /v1/events, with their decisions or without."""
    path = "/v1/decide" if batch == 1 else f"/v1/events?decisions={str(decisions).lower()}"
    kind = "application/json" if batch == 1 else "application/x-ndjson"
    host = f"[{target.host}]" if ":" in target.host else target.host
    key = "" if target.key is None else f"authorization: Bearer {target.key}\r\n"
    head = f"POST {target.prefix}{path} HTTP/1.1\r\nhost: {host}:{target.port}\r\n"
    head += f"content-type: {kind}\r\n{key}content-length: "
    found = []
    for start in range(0, len(events), batch):
        chosen = events[start : start + batch]
        body = b"\n".join(chosen)
        found.append(Request(f"{head}{len(body)}\r\n\r\n".encode() + body, len(chosen)))
    return found


def run(
    target: Target, requests: Sequence[Request], *, connections: int, seconds: float, rate: float | None = None
) -> Outcome:
    """Send `requests` in order for at most `seconds`, `rate` a second or as fast as answers come.

    Raises GhostnoteError if nobody listens there.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_Load(target, requests, connections, seconds, rate).run())


class _Load:
    """Hands requests that are due to connections that are free, in order."""

    def __init__(
        self, target: Target, requests: Sequence[Request], connections: int, seconds: float, rate: float | None
    ) -> None:
        self.target, self._seconds, self._rate = target, seconds, rate
        self._requests: Iterator[Request] = iter(requests)
        count = len(requests) if rate is None else min(len(requests), max(1, int(rate * seconds)))
        self._most, self._due = count, 0
        self._free: deque[_Connection] = deque()
        self._backlog: deque[float] = deque()
        self._connections = [_Connection(self) for _ in range(connections)]
        self.outcome = Outcome(open_loop=rate is not None)
        self._start = self._end = 0.0
        self._over = False
        self._done = asyncio.Event()
        self._error: GhostnoteError | None = None

    async def run(self) -> Outcome:
        try:
            await asyncio.gather(*(each.connect() for each in self._connections))
        except OSError as error:
            where = f"{self.target.host}:{self.target.port}"
            raise GhostnoteError(
                f"Nobody answers at {where} ({error}): start `ghostnote serve`, or check --url."
            ) from None
        self._start = self._end = perf_counter()
        loop = asyncio.get_running_loop()
        loop.call_later(self._seconds, self._stop)
        if self._rate is not None:
            self._tick()
        else:
            for each in list(self._free):
                self.free(each)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), self._seconds + GRACE)
        for each in self._connections:
            each.close()
        if self._error is not None:
            raise self._error
        out = self.outcome
        out.seconds = self._end - self._start
        out.unanswered = len(self._backlog) + sum(each.due is not None for each in self._connections)
        return out

    def _tick(self) -> None:
        """Let all requests fall due whose time has come, and come back for the next."""
        assert self._rate is not None
        now = perf_counter()
        while self._due < self._most and (due := self._start + self._due / self._rate) <= now:
            self._due += 1
            self._backlog.append(due)
        while self._backlog and self._free:
            self._free.popleft().send(self._next(), self._backlog.popleft())
        if self._due < self._most and not self._over:
            asyncio.get_running_loop().call_later(max(_TICK, due - now), self._tick)
        else:
            self._over = True
            self._check()

    def _next(self) -> Request:
        self.outcome.sent += 1
        return next(self._requests)

    def _stop(self) -> None:
        self._over = True
        self._check()

    def _check(self) -> None:
        if self._over and not self._backlog and all(each.due is None for each in self._connections):
            self._done.set()

    def free(self, connection: "_Connection") -> None:
        """A connection can take the next request."""
        if self._start == 0.0:
            self._free.append(connection)
            return
        if self._rate is not None:
            if self._backlog:
                connection.send(self._next(), self._backlog.popleft())
            else:
                self._free.append(connection)
        elif not self._over and self._due < self._most:
            self._due += 1
            connection.send(self._next(), perf_counter())
        else:
            self._over = True
        if self._over:
            self._check()

    def answered(self, status: int, body: bytes, due: float, events: int) -> None:
        """Count one answer."""
        out, self._end = self.outcome, perf_counter()
        out.answered += 1
        out.statuses[status] += 1
        out.latencies.append((self._end - due) * 1000)
        if status != 200:
            return
        try:
            answer = _read(body)
        except msgspec.MsgspecError:
            raise GhostnoteError("What answers there is no Ghostnote service: check --url.") from None
        out.events += events
        out.rejected += len(answer.rejected)
        if answer.verdict is not None:
            answer.decisions = [_Decided(answer.verdict, bool(answer.repeated))]
        for decided in answer.decisions:
            out.verdicts[decided.verdict] += 1
            out.repeated += decided.repeated

    def failed(self, error: GhostnoteError) -> None:
        """End the run: what answers is nothing that can be counted."""
        self._error = error
        self._done.set()

    def lost(self, connection: "_Connection", busy: bool) -> None:
        """A connection ended: connect again, and go on."""
        self.outcome.lost += busy
        if connection in self._free:
            self._free.remove(connection)
        self._check()
        if not self._done.is_set():
            connection.again()


class _Connection(asyncio.Protocol):
    """One connection that is kept: one request at a time, its answer parsed in C."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._body = bytearray()
        self._events = 0
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self.due: float | None = None

    async def connect(self) -> None:
        target = self._load.target
        secure = ssl.create_default_context() if target.secure else None
        await asyncio.get_running_loop().create_connection(lambda: self, target.host, target.port, ssl=secure)
        self._load.free(self)

    def again(self) -> None:
        """Connect again, as often as it takes."""
        self._task = asyncio.get_running_loop().create_task(self._connect_again())

    async def _connect_again(self) -> None:
        while not self._closing:
            await asyncio.sleep(_RETRY)
            try:
                await self.connect()
            except OSError:
                continue
            return

    def close(self) -> None:
        self._closing = True
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()

    def send(self, request: Request, due: float) -> None:
        self.due, self._events = due, request.events
        assert self._transport is not None
        self._transport.write(request.content)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do what asyncio's do, and are none of their classes.
        self._transport, self._parser = cast(asyncio.Transport, transport), httptools.HttpResponseParser(self)
        self._body.clear()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            assert self._transport is not None
            self._transport.abort()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        due, self.due = self.due, None
        body, status = bytes(self._body), self._parser.get_status_code()
        self._body.clear()
        if due is None:
            return
        try:
            self._load.answered(status, body, due, self._events)
        except GhostnoteError as error:
            self._load.failed(error)
            return
        if self._parser.should_keep_alive():
            self._load.free(self)

    def connection_lost(self, error: Exception | None) -> None:
        busy, self.due = self.due is not None, None
        if not self._closing:
            self._load.lost(self, busy)
