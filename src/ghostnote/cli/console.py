"""`ghostnote console`: the investigators' pages."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ghostnote.cli.actor import actor
from ghostnote.cli.screen import print_json


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
    import uvicorn

    from ghostnote.console.app import build, fresh_door
    from ghostnote.console.models.page import Beside
    from ghostnote.console.records import Records
    from ghostnote.decisions.folder import DecisionFolder
    from ghostnote.decisions.royalties.terms import load_terms
    from ghostnote.events.lake import Lake
    from ghostnote.serving.http.sockets import listening

    agreed = load_terms(terms)
    opened: Any = None
    if ledger is not None:
        from ghostnote.decisions.ledger import open_ledger

        opened = open_ledger(ledger)
    records = Records(Lake(lake), DecisionFolder(decisions))
    door = fresh_door()
    token = door.invite(actor(by), "admin")
    application = build(records, opened, door, door.clock, agreed, Beside(bundle, evaluation, state))
    bound, url = listening(host, port)
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
