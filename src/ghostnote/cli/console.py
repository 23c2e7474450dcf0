"""`ghostnote console`: the investigators' pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ghostnote.cli.actor import actor
from ghostnote.cli.screen import print_json
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from socket import socket


def console(
    lake: Annotated[Path, typer.Option(help="The lake that was judged.", show_default=False)],
    decisions: Annotated[Path, typer.Option(help="What `ghostnote score` wrote.", show_default=False)],
    ledger: Annotated[
        str | None,
        typer.Option(envvar="GHOSTNOTE_LEDGER", help="The ledger; without one nothing can be decided."),
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Which port; 0 for a free one.")] = 8766,
    by: Annotated[
        str | None, typer.Option(envvar="GHOSTNOTE_ACTOR", help="Who signs in first [default: who is logged in].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address and the link as JSON.")] = False,
) -> None:
    """Open the investigators' pages: the queue of cases, campaigns and accounts, and decisions that can be undone.

    Prints a link that signs its first user in, once. Nothing is fetched from elsewhere.
    """
    import uvicorn

    from ghostnote.console.app import build, fresh_door
    from ghostnote.console.records import Records
    from ghostnote.decisions.folder import DecisionFolder
    from ghostnote.events.lake import Lake

    opened: Any = None
    if ledger is not None:
        from ghostnote.decisions.ledger import open_ledger

        opened = open_ledger(ledger)
    records = Records(Lake(lake), DecisionFolder(decisions))
    door = fresh_door()
    token = door.invite(actor(by), "admin")
    application = build(records, opened, door, door.clock)
    bound = _bound(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"
    link = f"{url}/sign-in/{token}"
    if as_json:
        print_json({"url": url, "link": link})
    else:
        typer.echo(f"The console is at {url}. Sign in within 15 minutes, with this link, once:\n{link}")
    server = uvicorn.Server(
        uvicorn.Config(application, log_level="warning", access_log=False, proxy_headers=False, lifespan="off")
    )
    try:
        server.run(sockets=[bound])
    except KeyboardInterrupt:
        typer.echo("The console is closed.", err=True)


def _bound(host: str, port: int) -> "socket":
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        why = error.strerror or str(error)
        raise GhostnoteError(f"Cannot listen on {host}:{port} ({why}): choose another --port or --host.") from error
    return bound
