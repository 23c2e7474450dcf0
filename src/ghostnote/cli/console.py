"""`ghostnote console`: the investigators' pages."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ghostnote.cli.actor import actor
from ghostnote.cli.screen import print_json

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from ghostnote.console.models.page import Beside
    from ghostnote.console.records import Records
    from ghostnote.decisions.ledger import Ledger
    from ghostnote.decisions.royalties.terms import Terms


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
    terms: Annotated[
        Path | None, typer.Option(help="TOML file of terms: what artificial plays cost the owner of a track.")
    ] = None,
    evaluation: Annotated[
        Path | None, typer.Option(help="What `ghostnote evaluate` wrote: whether probabilities mean what they say.")
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="The bundle that judged, if it is not where it was then.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="The state of `ghostnote serve`: how its challenger would have decided.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address and the link as JSON.")] = False,
) -> None:
    """Open the investigators' pages: the queue of cases, campaigns, accounts, tracks and owners, and their decisions.

    Prints a link that signs its first user in, once. Nothing is fetched from elsewhere.
    """
    from ghostnote.console.models.page import Beside
    from ghostnote.decisions.royalties.terms import load_terms

    agreed = load_terms(terms)
    opened: Any = None
    if ledger is not None:
        from ghostnote.decisions.ledger import open_ledger

        opened = open_ledger(ledger)

    def ready(url: str, link: str) -> None:
        if as_json:
            print_json({"url": url, "link": link})
            sys.stdout.flush()
        else:
            tell(url, link)

    beside = Beside(bundle, evaluation, state)
    keep_open(lake, decisions, opened, actor(by), ready, beside=beside, terms=agreed, host=host, port=port)


def tell(url: str, link: str) -> None:
    """Print where the console is, and the link that lets its first user in."""
    typer.echo(f"The console is at {url}. Sign in within 15 minutes, with this link, once:\n{link}")


def keep_open(
    lake: Path,
    decisions: Path,
    ledger: "Ledger | None",
    who: str,
    ready: Callable[[str, str], None],
    *,
    beside: "Beside | None" = None,
    terms: "Terms | None" = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> None:
    """Serve the console until it is interrupted. `ready` is told its address and the link for `who` once it listens.

    Raises GhostnoteError if the decisions cannot be read, or the address cannot be listened on.
    """
    import uvicorn

    from ghostnote.console.app import build, fresh_door
    from ghostnote.console.newest import Newest
    from ghostnote.serving.http.sockets import listening

    door = fresh_door()

    def made(records: "Records", ledger: "Ledger | None") -> "Starlette":
        return build(records, ledger, door, door.clock, terms, beside)

    application = Newest(lake, decisions, lambda: ledger, made, door.clock, lambda said: typer.echo(said, err=True))
    application.read()
    bound, url = listening(host, port)
    # From here on a browser that comes before the server waits for it, instead of being turned away.
    bound.listen()
    ready(url, f"{url}/sign-in/{door.invite(who, 'admin')}")
    server = uvicorn.Server(
        uvicorn.Config(application, log_level="warning", access_log=False, proxy_headers=False, lifespan="off")
    )
    try:
        server.run(sockets=[bound])
    except KeyboardInterrupt:
        typer.echo("The console is closed.", err=True)
