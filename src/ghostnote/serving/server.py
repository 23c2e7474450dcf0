"""Runs a service on a socket until it is told to stop, or its engine fails."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

import uvicorn

from ghostnote.errors import GhostnoteError
from ghostnote.serving.app import build
from ghostnote.serving.keys import Keys
from ghostnote.serving.logs import Log
from ghostnote.serving.service import Service

#: How often a failed engine is looked for, in seconds.
_LOOK_S = 0.2


def run(service: Service, keys: Keys | None, log: Log, listening: Callable[[str], None] = lambda _: None) -> bool:
    """Answer until SIGTERM or SIGINT, then answer what waits and write a snapshot; whether all went well.

    An engine that fails stops the service: what is in its memory cannot be trusted any more, and a new start rebuilds
    it from what is on disk. `listening` is told the address. Raises GhostnoteError if the address cannot be listened on.
    """
    settings = service.settings
    app = build(service, keys=keys)
    config = uvicorn.Config(
        app, settings.host, settings.port, log_config=None, access_log=False, loop="uvloop", http="httptools"
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        bound = _bound(config)
        host, port = bound.getsockname()[:2]
        url = f"http://{host}:{port}"
        log.info(f"Listening on {url}.", position=service.engine.state.position)
        listening(url)
        watching = asyncio.create_task(_watch(service, server, log))
        await server.serve(sockets=[bound])
        watching.cancel()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
    if service.stopped is not None:
        log.error("The engine failed: start the service again, it goes on from its log.", error=service.stopped)
        return False
    log.info("Stopped.", position=service.engine.state.position)
    return True


def _bound(config: uvicorn.Config) -> socket.socket:
    try:
        return config.bind_socket()
    except (OSError, SystemExit):
        raise GhostnoteError(
            f"{config.host}:{config.port} cannot be listened on: another service may be there, choose another --port."
        ) from None


async def _watch(service: Service, server: uvicorn.Server, log: Log) -> None:
    while service.stopped is None:
        await asyncio.sleep(_LOOK_S)
        while service.upkeep.failures:
            log.warning(service.upkeep.failures.popleft())
    server.should_exit = True
