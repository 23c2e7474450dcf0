"""`ghostnote serve`: the real-time service."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import progress_bars

if TYPE_CHECKING:
    from ghostnote.serving.service import Service

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    state: Annotated[Path, typer.Option(help="The folder in which the service keeps everything.", show_default=False)],
    bundle: Annotated[
        Path | None, typer.Option(help="What `ghostnote train` wrote; needed at the first start.", show_default=False)
    ] = None,
    challenger: Annotated[Path | None, typer.Option(help="A bundle to ask beside it, without consequences.")] = None,
    lake: Annotated[
        Path | None, typer.Option(help="History, catalogue and addresses to begin with; read at the first start.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Ceilings, budgets and prices, as TOML.")] = None,
    host: Annotated[str, typer.Option(help="Where to listen; others than this machine need keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Which port; 0 for any that is free.")] = 8765,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Ask for no keys; on this machine only.")
    ] = False,
    refresh_minutes: Annotated[float, typer.Option(min=0, help="How often all is scored; 0: only when asked.")] = 60.0,
) -> None:
    """Answer sign-ups, logins and plays as they happen: HTTP and JSON, on disk before anybody is told."""
    from ghostnote.decisions.policy import load_policy
    from ghostnote.errors import GhostnoteError
    from ghostnote.serving.service import Options, Service

    if without_keys and host not in _LOOPBACK:
        raise GhostnoteError(f"--without-keys is for this machine only, and --host is {host}: make keys instead.")
    rules = load_policy(policy)
    with progress_bars() as progress:
        service = Service.open(
            state,
            bundle=bundle,
            challenger=challenger,
            lake=lake,
            policy=rules,
            policy_path=policy,
            options=Options(refresh_minutes=refresh_minutes),
            progress=progress,
        )
    for note in service.notes:
        typer.echo(f"NOTE {note}", err=True)
    _run(service, host, port, without_keys=without_keys)


def _run(service: "Service", host: str, port: int, *, without_keys: bool) -> None:
    import uvicorn

    from ghostnote.serving.app import build
    from ghostnote.serving.keys import Keys

    keys = None
    if not without_keys:
        _make_first_key(service)
        keys = Keys(service.places.keys)
    config = uvicorn.Config(
        build(service, keys=keys),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
    server = uvicorn.Server(config)
    typer.echo(
        f"Listening on http://{host}:{port}; position {service.engine.state.position:,}. Stop with Ctrl-C.", err=True
    )
    server.run()


def _make_first_key(service: "Service") -> None:
    from ghostnote.serving.keyring import create
    from ghostnote.serving.keys import SCOPES, read_keys

    if read_keys(service.places.keys):
        return
    made = create(service.places.root, name="first", scopes=tuple(SCOPES), now=datetime.now(UTC))
    typer.echo(f"The first key, which may do everything; it is shown this once:\n{made.text}", err=True)
