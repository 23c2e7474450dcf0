"""Runs a service on a socket until it is told to stop, or its engine fails."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Iterator

import uvicorn
import uvloop

from ghostnote.serving.access.keys import Keys
from ghostnote.serving.http import sockets
from ghostnote.serving.http.annex import Annex
from ghostnote.serving.http.app import build
from ghostnote.serving.http.swift import swift
from ghostnote.serving.service.service import Service
from ghostnote.serving.telemetry.logs import Log

#: How often what happened beside the requests is looked for, in seconds.
_LOOK_S = 0.1


_SWITCH_S = 0.0002
#: The collector looks after so many new objects: seldom, and at little, since requests leave hardly any behind.
_COLLECT_AFTER = (10_000, 20, 50)


class _Server(uvicorn.Server):
    """The library ends the process by the signal that stopped it; here stopping is a success."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def run(
    service: Service,
    keys: Keys | None,
    log: Log,
    listening: Callable[[str], None] = lambda _: None,
    annex: Annex | None = None,
) -> bool:
    """Answer until SIGTERM or SIGINT, then answer what waits and write a snapshot; whether all went well.

    An engine that fails stops the service: what is in its memory cannot be trusted any more, and a new start rebuilds
    it from what is on disk. `listening` is told the address once it answers; `annex` is answered as well. Raises
    GhostnoteError if the address cannot be listened on.
    """
    settings = service.settings
    # A record that was written waits for Python's lock before anybody is told: not for the usual five milliseconds.
    sys.setswitchinterval(_SWITCH_S)
    front = build(service, keys, annex)
    config = uvicorn.Config(
        front,
        settings.host,
        settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        loop="uvloop",
        http=swift(front.decide),
    )
    server = _Server(config)

    async def serve() -> None:
        bound, url = sockets.listening(settings.host, settings.port)

        def started() -> None:
            _settle()
            log.info(f"Listening on {url}.", position=service.engine.state.position)
            listening(url)

        watching = asyncio.create_task(_watch(service, server, log, keys, started))
        await server.serve(sockets=[bound])
        watching.cancel()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
    _tell(service, log)
    if service.stopped is not None:
        log.error("The engine failed: start the service again, it goes on from its log.", error=service.stopped)
        return False
    log.info("Stopped.", position=service.engine.state.position)
    return True


def _settle() -> None:
    """Leave what was made at the start out of the collector's rounds: one round over all of it takes 0.15 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


async def _watch(
    service: Service, server: uvicorn.Server, log: Log, keys: Keys | None, started: Callable[[], None]
) -> None:
    told, problem = False, None
    while service.stopped is None:
        await asyncio.sleep(_LOOK_S)
        if server.started and not told:
            told = True
            started()
        if keys is not None and keys.problem != problem:
            problem = keys.problem
            log.warning(f"The keys as they were go on: {problem}" if problem else "The keys can be read again.")
        _tell(service, log)
    server.should_exit = True


def _tell(service: Service, log: Log) -> None:
    """What went wrong beside the requests."""
    while service.failures:
        log.warning(service.failures.popleft())
