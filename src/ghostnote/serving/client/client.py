"""Asks the service from Python: `Client`, and `AsyncClient` for programs with an event loop.

    with Client("http://localhost:8765", os.environ["GHOSTNOTE_KEY"]) as ghostnote:
        decided = ghostnote.decide({"kind": "play", "event_id": "e1", "event_time": now, "account_id": "a1",
                                    "track_id": "t1", "ms_played": 31000})
        if decided.verdict != "count":
            ...
        ghostnote.send(yesterdays_plays, kind="play")  # a Polars frame, or any iterable of events

Where the service asks for patience (429, 503) or the connection is lost, the same request is sent again, with the same
`event_id`: an event that was taken in already gets the decision that it got first, with `repeated`.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import polars as pl

from ghostnote.serving.client.answers import Account, Campaigns, Health, Models, ServiceError, Track, health_of
from ghostnote.serving.client.asking import (
    ROWS,
    Ask,
    Tries,
    batches,
    decide_one,
    look_up,
    merged,
)
from ghostnote.serving.wire.decisions import Decided, Taken

__all__ = ["AsyncClient", "Client", "ServiceError"]

T = TypeVar("T")
Events = pl.DataFrame | Iterable[Mapping[str, Any]]
_TIMEOUT = 10.0
_PATIENCE = 30.0


class Client:
    """The service at `url`, asked with `key` (None for one that runs without keys).

    timeout: seconds that one answer may take. patience: seconds after which a request is no longer tried again.
    `sleep` waits so many seconds, `chance` draws from [0, 1) how waits spread; both are handed in by tests.
    Every method raises ServiceError, with the sentence that the service said.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = _TIMEOUT,
        patience: float = _PATIENCE,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._http = httpx.Client(base_url=url, headers=_headers(key), timeout=timeout)
        self._patience, self._sleep, self._chance = patience, sleep, chance

    def decide(self, event: Mapping[str, Any]) -> Decided:
        """The decision on one event: the contract's columns and `kind` (signup, login, play, action)."""
        return self._ask(decide_one(event))

    def send(self, events: Events, *, kind: str = "play", decisions: bool = False, rows: int = ROWS) -> Taken:
        """Many events, `rows` a request: mappings as JSON lines, a Polars frame of one `kind` as Arrow streams.

        Rows that break the contract are named by their number among all events, from 1. With `decisions` the answer
        holds one for each event that was taken in, in order. If it fails midway, send all again: what was taken in is
        counted as `repeated`.
        """
        return merged((start, self._ask(ask)) for start, ask in batches(events, kind, decisions, rows))

    def account(self, account: str) -> Account:
        """How an account stands, and its features as of its last event."""
        return self._ask(look_up("accounts", account, Account))

    def track(self, track: str) -> Track:
        """What the latest run of scoring found about a track."""
        return self._ask(look_up("tracks", track, Track))

    def campaigns(self) -> Campaigns:
        """The campaigns of the latest run of scoring."""
        return self._ask(Ask("GET", "/v1/campaigns", Campaigns))

    def models(self) -> Models:
        """Who decides: champion, challenger, and how they differ."""
        return self._ask(Ask("GET", "/v1/models", Models))

    def health(self) -> Health:
        """Whether the service works and takes events in. Does not try again; raises if nobody answers."""
        return health_of(*(self._once(path) for path in ("/healthz", "/readyz")))

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(self, ask: Ask[T]) -> T:
        tries = Tries(self._patience, self._chance)
        while True:
            answer: httpx.Response | httpx.HTTPError
            try:
                answer = self._http.request(ask.method, ask.path, content=ask.content, headers=ask.headers)
            except httpx.HTTPError as error:
                answer = error
            wait = tries.wait(answer)
            if wait is None:
                return ask.read(answer)
            self._sleep(wait)

    def _once(self, path: str) -> httpx.Response | httpx.HTTPError:
        try:
            return self._http.get(path)
        except httpx.HTTPError as error:
            return error


class AsyncClient:
    """`Client` for programs with an event loop: the same methods, to be awaited."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout: float = _TIMEOUT,
        patience: float = _PATIENCE,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout)
        self._patience, self._sleep, self._chance = patience, sleep, chance

    async def decide(self, event: Mapping[str, Any]) -> Decided:
        """See `Client.decide`."""
        return await self._ask(decide_one(event))

    async def send(self, events: Events, *, kind: str = "play", decisions: bool = False, rows: int = ROWS) -> Taken:
        """See `Client.send`; one request after the other, as order counts."""
        return merged([(start, await self._ask(ask)) for start, ask in batches(events, kind, decisions, rows)])

    async def account(self, account: str) -> Account:
        """See `Client.account`."""
        return await self._ask(look_up("accounts", account, Account))

    async def track(self, track: str) -> Track:
        """See `Client.track`."""
        return await self._ask(look_up("tracks", track, Track))

    async def campaigns(self) -> Campaigns:
        """See `Client.campaigns`."""
        return await self._ask(Ask("GET", "/v1/campaigns", Campaigns))

    async def models(self) -> Models:
        """See `Client.models`."""
        return await self._ask(Ask("GET", "/v1/models", Models))

    async def health(self) -> Health:
        """See `Client.health`."""
        return health_of(await self._once("/healthz"), await self._once("/readyz"))

    async def close(self) -> None:
        """Give back the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, ask: Ask[T]) -> T:
        tries = Tries(self._patience, self._chance)
        while True:
            answer: httpx.Response | httpx.HTTPError
            try:
                answer = await self._http.request(ask.method, ask.path, content=ask.content, headers=ask.headers)
            except httpx.HTTPError as error:
                answer = error
            wait = tries.wait(answer)
            if wait is None:
                return ask.read(answer)
            await self._sleep(wait)

    async def _once(self, path: str) -> httpx.Response | httpx.HTTPError:
        try:
            return await self._http.get(path)
        except httpx.HTTPError as error:
            return error


def _headers(key: str | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key}"}
