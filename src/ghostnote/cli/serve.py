"""`ghostnote serve`: the real-time service."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.actor import visitor
from ghostnote.cli.screen import print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.serving.http.annex import Annex
    from ghostnote.serving.service.service import Service
    from ghostnote.serving.settings.configuring import Configuration

_BELOW = "/console"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    state: Annotated[str | None, typer.Option(help="The folder in which the service keeps everything.")] = None,
    bundle: Annotated[str | None, typer.Option(help="What `ghostnote train` wrote; needed at the first start.")] = None,
    lake: Annotated[
        str | None, typer.Option(help="History, catalogue and addresses to begin with; used at the first start.")
    ] = None,
    challenger: Annotated[str | None, typer.Option(help="A bundle to ask beside it, without consequences.")] = None,
    policy: Annotated[str | None, typer.Option(help="Ceilings, budgets and prices, as TOML.")] = None,
    config: Annotated[Path | None, typer.Option(help="All settings in one TOML file.")] = None,
    host: Annotated[str | None, typer.Option(help="Where to listen [default: 127.0.0.1].", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Which port; 0 for a free one [default: 8765].")] = None,
    refresh_minutes: Annotated[
        float | None, typer.Option(help="How often the last days are scored; 0: when asked [default: 60].")
    ] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Ask for no keys; on this machine only.")
    ] = False,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print the settings in force as TOML, and do nothing else.")
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print where it listens, a link into the console and, if made, the first key."),
    ] = False,
) -> None:
    """Answer sign-ups, logins and plays as they happen: HTTP and JSON, on disk before anybody is told.

    The investigators' console is below /console, on the latest run of scoring.

    Options win over the environment (GHOSTNOTE_SERVE_...), and that over the file.
    """
    from ghostnote.errors import GhostnoteError
    from ghostnote.serving.service.service import Service
    from ghostnote.serving.settings.configuring import configure

    given = {
        "state": state,
        "bundle": bundle,
        "lake": lake,
        "challenger": challenger,
        "policy": policy,
        "host": host,
        "port": port,
        "refresh_minutes": refresh_minutes,
    }
    configuration = configure(config, os.environ, given)
    settings = configuration.settings
    if show_settings:
        _show(configuration, as_json)
        return
    if without_keys and settings.host not in _LOOPBACK:
        raise GhostnoteError(
            f"--without-keys is for this machine only, and host is {settings.host}: make keys instead."
        )
    with progress_bars() as progress:
        service = Service.open(settings, progress=progress)
    _run(service, configuration, without_keys=without_keys, as_json=as_json)


def _show(configuration: "Configuration", as_json: bool) -> None:
    from ghostnote.serving.settings.text import settings_toml

    if as_json:
        print_json({"settings": configuration.settings, "origins": configuration.origins})
    else:
        typer.echo(settings_toml(configuration), nl=False)


def _run(service: "Service", configuration: "Configuration", *, without_keys: bool, as_json: bool) -> None:
    from ghostnote.serving.access.keys import Keys
    from ghostnote.serving.http.server import run
    from ghostnote.serving.service.outlets import Outlets
    from ghostnote.serving.telemetry.logs import open_log

    log = open_log(configuration.settings.logs, configuration.secrets)
    for note in service.notes:
        log.warning(note)
    service.outlets = Outlets(service, configuration, log)
    keys, first = None, None
    if not without_keys:
        first = _first_key(service)
        keys = Keys(service.places.keys)
        if first is not None and not as_json:
            typer.echo(f"The first key, which may do everything; it is shown this once:\n{first}", err=True)

    annex = _console(service) if configuration.settings.console.enabled else None

    def listening(url: str) -> None:
        # A link lets somebody in: it is for a terminal or a program that asks, and in no log.
        wanted = annex is not None and (as_json or sys.stderr.isatty())
        link = f"{url}{annex.invite(visitor(), 'admin')}" if annex is not None and wanted else None
        if as_json:
            print_json({"url": url, "first_key": first, "sign_in": link})
            sys.stdout.flush()
        elif link is not None:
            typer.echo(f"Sign in to the console within 15 minutes, with this link, once:\n{link}", err=True)

    if not run(service, keys, log, listening, annex):
        raise typer.Exit(1)


def _console(service: "Service") -> "Annex":
    """The console over the service's latest run of scoring, to be answered below a path."""
    from starlette.applications import Starlette

    from ghostnote.console.app import build, fresh_door
    from ghostnote.console.models.page import Beside
    from ghostnote.console.newest import Newest
    from ghostnote.console.records import Records
    from ghostnote.decisions.ledger import Ledger, open_ledger
    from ghostnote.decisions.royalties.terms import load_terms
    from ghostnote.serving.http.annex import Annex

    settings, places, door = service.settings, service.places, fresh_door()
    terms = load_terms(Path(settings.console.terms) if settings.console.terms else None)

    def opened() -> Ledger | None:
        # Made if there is none, as whoever writes decisions as they come does.
        return open_ledger(settings.ledger, create=True) if settings.ledger else None

    def made(records: Records, ledger: Ledger | None) -> Starlette:
        return build(records, ledger, door, door.clock, terms, Beside(state=places.root))

    pages = Newest(places.lake, places.decisions, opened, made, door.clock, service.failures.append)
    return Annex(_BELOW, pages, lambda name, role: f"{_BELOW}/sign-in/{door.invite(name, role)}", pages.close)


def _first_key(service: "Service") -> str | None:
    """A key for the first start; None if there are keys already."""
    from ghostnote.serving.access.keyring import create
    from ghostnote.serving.access.keys import SCOPES, read_keys

    if read_keys(service.places.keys):
        return None
    made = create(service.places.root, name="first", scopes=tuple(SCOPES), now=datetime.now(UTC))
    return made.text
