"""A service on a socket of its own for tests, with a clock that they set."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import uvicorn

from ghostnote.events.schema import EVENT_TABLES, TABLES
from ghostnote.serving.access.keys import Keys
from ghostnote.serving.http.app import build
from ghostnote.serving.http.swift import swift
from ghostnote.serving.service.outlets import Outlets
from ghostnote.serving.service.service import Service
from ghostnote.serving.settings.configuring import Configuration
from ghostnote.serving.settings.settings import LogSettings, Settings
from ghostnote.serving.telemetry.logs import open_log
from ghostnote.serving.wire.events import COLUMNS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Says what it is told."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Running:
    """`client` asks `service` over HTTP."""

    service: Service
    client: httpx.Client
    clock: Clock


@contextmanager
def running(root: Path, *, keys: bool = False, clock: Clock | None = None, **given: Any) -> Iterator[Running]:
    """A service in a thread, on any free port, stopped at the end as SIGTERM would."""
    clock = clock or Clock()
    told = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    secrets = told.pop("secrets", {})
    service = Service.open(Settings(**{"state": str(root), "refresh_minutes": 0.0, **told}), clock)
    log = open_log(LogSettings(), secrets, io.StringIO())
    service.outlets = Outlets(service, Configuration(service.settings, secrets), log)
    app = build(service, Keys(service.places.keys) if keys else None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False, http=swift(app.decide)))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            yield Running(service, client, clock)
    finally:
        server.should_exit = True
        thread.join()
        service.places.release()


def bodies(stream: pl.DataFrame, tables: dict[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """The events of a stream in its order, as clients send them: the columns of their own tables alone."""
    own = stream.select("kind", "event_id").join(
        pl.concat(list(tables.values()), how="diagonal"), on="event_id", how="left", maintain_order="left"
    )
    names = [name for name in COLUMNS if name in own.columns]
    rows = own.select("kind", *names).rows(named=True)
    return [{name: _plain(value) for name, value in row.items() if value is not None} for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def tables_of(lake: Any, day: Any) -> dict[str, pl.DataFrame]:
    """A day's events, table by table."""
    from ghostnote.events.reading import read

    return {
        name: read(lake, name, day, day).rows.select(
            n for n in TABLES[name].names if n in read(lake, name, day, day).rows.columns
        )
        for name in EVENT_TABLES
        if day in lake.days(name)
    }
