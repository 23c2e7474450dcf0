"""`ghostnote keys`: who may ask the service for what."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ghostnote.cli.screen import console, print_json
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from ghostnote.serving.access.keyring import Made
    from ghostnote.serving.access.keys import Key

keys_app = typer.Typer(
    help="Make, rotate and revoke the service's API keys.", no_args_is_help=True, rich_markup_mode=None
)

_State = Annotated[Path, typer.Option("--state", help="The service's state folder.", show_default=False)]
_Which = Annotated[str, typer.Argument(metavar="KEY", help="The key's id or name.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@keys_app.command("create")
def create(
    state: _State,
    name: Annotated[str, typer.Option(help="Who has the key: a service or a person.", show_default=False)],
    scope: Annotated[list[str], typer.Option(help="ingest, decide, read, review or admin; may be repeated.")],
    days: Annotated[
        int | None, typer.Option(max=36_500, help="After how many days it expires [default: never].")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Make a key and print it, once: only its hash is kept. A running service knows it within a second."""
    from ghostnote.serving.access import keyring

    made = keyring.create(state, name=name, scopes=scope, now=datetime.now(UTC), lasts=_days(days))
    _show_made(made, as_json, "")


@keys_app.command("list")
def list_keys(state: _State, as_json: _Json = False) -> None:
    """Print all keys ever made, without secrets: what each may do, since when and until when."""
    from ghostnote.serving.access.keys import KEYS_FILE, read_keys

    if not state.is_dir():
        raise GhostnoteError(f"There is no folder {state}: give the --state of a service.")
    now, found = datetime.now(UTC), read_keys(state / KEYS_FILE)
    if as_json:
        print_json({"keys": [_plain(key, now) for key in found]})
        return
    if not found:
        console().print("There are no keys: make one with `ghostnote keys create`.", markup=False)
    for key in found:
        console().print(_line(key, now), markup=False)


@keys_app.command("rotate")
def rotate(
    state: _State,
    key: _Which,
    grace_hours: Annotated[int, typer.Option(min=0, max=24 * 90, help="How long the old secret still opens.")] = 24,
    days: Annotated[int | None, typer.Option(max=36_500, help="Let it expire this many days from now.")] = None,
    as_json: _Json = False,
) -> None:
    """Give a key a new secret and print it, once; the old one opens until the grace period is over."""
    from ghostnote.serving.access import keyring

    made = keyring.rotate(state, key, now=datetime.now(UTC), grace=timedelta(hours=grace_hours), lasts=_days(days))
    until = "The old secret opens nothing any more." if made.key.former is None else ""
    if made.key.former is not None:
        until = f"The old secret opens until {made.key.former.until:%Y-%m-%d %H:%M} UTC."
    _show_made(made, as_json, until)


@keys_app.command("revoke")
def revoke(state: _State, key: _Which, as_json: _Json = False) -> None:
    """Let a key open nothing any more. A running service knows it within a second."""
    from ghostnote.serving.access import keyring

    now = datetime.now(UTC)
    revoked = keyring.revoke(state, key, now=now)
    if as_json:
        print_json(_plain(revoked, now))
    else:
        console().print(f"{revoked.name} ({revoked.id}) opens nothing any more.", markup=False)


def _days(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)


def _show_made(made: "Made", as_json: bool, more: str) -> None:
    if as_json:
        print_json({"key": made.text, **_plain(made.key, datetime.now(UTC))})
        return
    screen = console()
    screen.print(made.text, markup=False)
    screen.print(f"Keep it now, it is shown once. {_line(made.key, datetime.now(UTC))}", markup=False)
    if more:
        screen.print(more)


def _plain(key: "Key", now: datetime) -> dict[str, Any]:
    """What may be told of a key: all but its hashes."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "state": key.state(now),
        "made_at": key.made_at,
        "expires_at": key.expires_at,
        "rotated_at": key.rotated_at,
        "former_until": None if key.former is None else key.former.until,
        "revoked_at": key.revoked_at,
    }


def _line(key: "Key", now: datetime) -> str:
    parts = [f"{key.id} {key.name}: {', '.join(key.scopes)}", f"made {key.made_at:%Y-%m-%d}"]
    if key.rotated_at is not None:
        parts.append(f"rotated {key.rotated_at:%Y-%m-%d}")
    if key.former is not None and now < key.former.until:
        parts.append(f"old secret opens until {key.former.until:%Y-%m-%d %H:%M} UTC")
    if key.revoked_at is not None:
        parts.append(f"revoked {key.revoked_at:%Y-%m-%d}")
    elif key.expires_at is None:
        parts.append("never expires")
    else:
        parts.append(f"{'expired' if key.expires_at <= now else 'expires'} {key.expires_at:%Y-%m-%d}")
    return "; ".join(parts) + "."
