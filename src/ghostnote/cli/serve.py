"""`ghostnote serve`: the real-time service."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import print_json, progress_bars

if TYPE_CHECKING:
    from ghostnote.serving.service.service import Service
    from ghostnote.serving.settings.configuring import Configuration

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
        bool, typer.Option("--json", help="Print where it listens, and the first key if one was made, as JSON.")
    ] = False,
) -> None:
    """Answer sign-ups, logins and plays as they happen: HTTP and JSON, on disk before anybody is told.

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

    def listening(url: str) -> None:
        if as_json:
            print_json({"url": url, "first_key": first})
            sys.stdout.flush()

    if not run(service, keys, log, listening):
        raise typer.Exit(1)


def _first_key(service: "Service") -> str | None:
    """A key for the first start; None if there are keys already."""
    from ghostnote.serving.access.keyring import create
    from ghostnote.serving.access.keys import SCOPES, read_keys

    if read_keys(service.places.keys):
        return None
    made = create(service.places.root, name="first", scopes=tuple(SCOPES), now=datetime.now(UTC))
    return made.text
