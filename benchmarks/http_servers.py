"""Servers that read a play and answer a decision: `GHOSTNOTE_WAY=WAY python -m benchmarks.http_servers STACK PORT`.

WAY says when the answer is given: `at-once`, or once a batch of all that has gathered was worked on, in the event
loop's own thread (`in-loop`) or in another one (`in-thread`).
"""

import asyncio
import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

PATH = "/v1/decide"
STACKS = {
    "raw ASGI on uvicorn": ("uvicorn", "httptools", "uvloop"),
    "raw ASGI on Granian": ("granian", "uvloop"),
    "RSGI on Granian": ("granian", "uvloop"),
    "Starlette on uvicorn, endpoint": ("starlette", "uvicorn", "httptools", "uvloop"),
    "Starlette on uvicorn, ASGI endpoint": ("starlette", "uvicorn", "httptools", "uvloop"),
    "Starlette on uvicorn, raw ASGI before it": ("starlette", "uvicorn", "httptools", "uvloop"),
    "Litestar on uvicorn": ("litestar", "uvicorn", "httptools", "uvloop"),
    "FastAPI on uvicorn": ("fastapi", "uvicorn", "httptools", "uvloop"),
}
# SHA-256 of this many bytes stands for compiled work: it lets go of Python's lock, and takes some 0.3 ms.
WORK = bytes(450_000)
PLAY = (
    b'{"kind":"play","event_id":"play-000000000001","event_time":"2026-01-01T12:34:56.123456Z",'
    b'"account_id":"account-00000042","track_id":"track-0000004711","ms_played":183000,'
    b'"source":"playlist","source_id":"playlist-00000815","start_reason":"trackdone",'
    b'"end_reason":"trackdone","shuffle":false,"offline":false,"ip":"203.0.113.77","device_id":"device-00000123","platform":"android",'
    b'"client_version":"8.9.12","country":"SE"}'
)
DECISION = (
    b'{"event_id":"play-000000000001","kind":"play","verdict":"count","score":0.0123,'
    b'"reasons":["usual for this account",'
    b'"nothing that others do not do"],"account":"allow","bundle":"2026-01-01","policy":"3f9a",'
    b'"position":123456789,"repeated":false}'
)


class Play(msgspec.Struct):
    """The columns of a play."""

    kind: str
    event_id: str
    event_time: datetime
    account_id: str
    track_id: str
    ms_played: int
    source: str | None = None
    source_id: str | None = None
    start_reason: str | None = None
    end_reason: str | None = None
    shuffle: bool | None = None
    offline: bool | None = None
    ip: str | None = None
    device_id: str | None = None
    platform: str | None = None
    client_version: str | None = None
    country: str | None = None


_read = msgspec.json.Decoder(Play).decode


class InLoop:
    """Works on all that has gathered by the loop's next turn, between two of its turns."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def wait(self) -> Awaitable[None]:
        """Done once the batch is."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._work)
        self._waiting.append(loop.create_future())
        return self._waiting[-1]

    def _work(self) -> None:
        batch, self._waiting = self._waiting, []
        hashlib.sha256(WORK)
        _finish(batch)


class InThread:
    """Another thread works on all that has gathered while it worked on the batch before."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []
        self._some = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wait(self) -> Awaitable[None]:
        """Done once the batch is."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            threading.Thread(target=self._work, args=(self._loop,), daemon=True).start()
        future = self._loop.create_future()
        with self._some:
            self._waiting.append(future)
            self._some.notify()
        return future

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            with self._some:
                self._some.wait_for(lambda: self._waiting)
                batch, self._waiting = self._waiting, []
            hashlib.sha256(WORK)
            loop.call_soon_threadsafe(_finish, batch)


def _finish(batch: list[asyncio.Future[None]]) -> None:
    for future in batch:
        if not future.done():
            future.set_result(None)


_BATCHES = {"in-loop": InLoop, "in-thread": InThread}.get(os.environ.get("GHOSTNOTE_WAY", ""))
_batches = _BATCHES() if _BATCHES else None


async def decide(body: bytes) -> bytes:
    """What every stack does with a request."""
    _read(body)
    if _batches is not None:
        await _batches.wait()
    return DECISION


_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(DECISION)).encode())]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Raw ASGI, also as an endpoint of Starlette's."""
    if scope["type"] != "http":
        return
    message = await receive()
    body: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    answer = await decide(body)
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": answer})


async def rsgi(scope: Any, protocol: Any) -> None:
    """Granian's own interface."""
    answer = await decide(await protocol())
    protocol.response_bytes(200, [("content-type", "application/json")], answer)


class _Endpoint:
    """Starlette takes a function for an endpoint that it wraps, and any other callable for an ASGI app."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asgi(scope, receive, send)


class Before:
    """Answers the one path that is asked most; hands all others on."""

    def __init__(self, others: Any) -> None:
        self._others = others

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            await asgi(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def starlette(endpoint: str) -> Any:
    """Routes of Starlette's."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def plain(request: Request) -> Response:
        return Response(await decide(await request.body()), media_type="application/json")

    return Starlette(routes=[Route(PATH, plain if endpoint == "plain" else _Endpoint(), methods=["POST"])])


def litestar() -> Any:
    """Litestar, which reads with msgspec itself."""
    from litestar import Litestar, Response, post

    async def handler(body: bytes) -> Response[bytes]:
        return Response(await decide(body), media_type="application/json", status_code=200)

    handler.__annotations__ = {"body": bytes, "return": Response[bytes]}
    return Litestar(route_handlers=[post(PATH)(handler)], openapi_config=None)


def fastapi() -> Any:
    """FastAPI, its validation by pydantic left out: msgspec reads here too."""
    from fastapi import FastAPI, Request, Response

    async def handler(request: Any) -> Any:
        return Response(await decide(await request.body()), media_type="application/json")

    handler.__annotations__ = {"request": Request, "return": Response}
    app = FastAPI(openapi_url=None)
    app.post(PATH, response_model=None)(handler)
    return app


_APPS: dict[str, Callable[[], Any]] = {
    "raw ASGI on uvicorn": lambda: asgi,
    "Starlette on uvicorn, endpoint": lambda: starlette("plain"),
    "Starlette on uvicorn, ASGI endpoint": lambda: starlette("asgi"),
    "Starlette on uvicorn, raw ASGI before it": lambda: Before(starlette("plain")),
    "Litestar on uvicorn": litestar,
    "FastAPI on uvicorn": fastapi,
}


def missing(stack: str) -> list[str]:
    """The libraries of a stack that are not installed."""
    return [name for name in STACKS[stack] if importlib.util.find_spec(name) is None]


def serve(stack: str, port: int) -> None:
    """Serve until told to end."""
    if "Granian" in stack:
        from granian import Granian

        name = "rsgi" if stack.startswith("RSGI") else "asgi"
        Granian(
            f"benchmarks.http_servers:{name}", address="127.0.0.1", port=port, interface=name, workers=1,
            runtime_threads=1, loop="uvloop", log_enabled=False, websockets=False,
        ).serve()  # fmt: skip
    else:
        import uvicorn

        uvicorn.run(
            _APPS[stack](), host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning",
            access_log=False, lifespan="off", ws="none",
        )  # fmt: skip


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
