"""`ghostnote deliveries`: webhooks that nobody took."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ghostnote.cli.screen import console, print_json, progress_bars
from ghostnote.errors import GhostnoteError

if TYPE_CHECKING:
    from ghostnote.serving.sinks.dead_letters import Letter
    from ghostnote.serving.state.places import Places

deliveries_app = typer.Typer(
    help="See the webhooks that nobody took, and send them again.", no_args_is_help=True, rich_markup_mode=None
)

_Config = Annotated[Path | None, typer.Option("--config", help="The service's settings [default: the environment].")]
_State = Annotated[str | None, typer.Option("--state", help="The service's state folder.", show_default=False)]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


@deliveries_app.command("list")
def list_deliveries(
    state: Annotated[
        Path, typer.Option(envvar="GHOSTNOTE_SERVE_STATE", help="The service's state folder.", show_default=False)
    ],
    as_json: _Json = False,
) -> None:
    """Print the dead letters, the oldest first: which decisions, since when, and why."""
    from ghostnote.serving.sinks.dead_letters import DeadLetters

    found = DeadLetters(_places(state).dead_letters).letters()
    if as_json:
        print_json({"letters": [_plain(letter) for letter in found]})
        return
    if not found:
        console().print("No delivery is waiting to be sent again.")
    for letter in found:
        at = f"{letter.given_up_at:%Y-%m-%d %H:%M} UTC"
        console().print(f"{letter.delivery}: given up {at} after {letter.tries} tries. {letter.why}", markup=False)


@deliveries_app.command("replay")
def replay(config: _Config = None, state: _State = None, as_json: _Json = False) -> None:
    """Send the dead letters again, the oldest first, signed anew, until one is not taken. The service may be running.

    Exits 1 if any are left.
    """
    from ghostnote.serving.settings.configuring import configure
    from ghostnote.serving.sinks.dead_letters import DeadLetters
    from ghostnote.serving.sinks.webhook import Post

    configuration = configure(config, os.environ, {"state": state})
    if not configuration.settings.webhook.url:
        raise GhostnoteError("There is no webhook to send to: give --config, or GHOSTNOTE_SERVE_WEBHOOK_URL.")
    letters = DeadLetters(_places(Path(configuration.settings.state)).dead_letters)
    total, done, why = len(letters.letters()), 0, ""
    secret = configuration.secrets["webhook.secret"]
    post = Post(configuration.settings.webhook, secret, lambda: datetime.now(UTC))

    def send(letter: "Letter") -> bool:
        nonlocal done, why
        why = post(letter.delivery, letter.body.encode()).why
        done += not why
        progress("Sending again", done, total)
        return not why

    with progress_bars() as progress:
        sent, left = letters.send_again(send)
    post.close()
    if as_json:
        print_json({"sent": sent, "left": left, "why": why or None})
    else:
        more = f" {left:,} are left. {why}".rstrip() if left else ""
        console().print(f"{sent:,} deliveries were taken.{more}", markup=False)
    if left:
        raise typer.Exit(1)


def _places(state: Path) -> "Places":
    from ghostnote.serving.state.places import Places

    if not state.is_dir():
        raise GhostnoteError(f"There is no folder {state}: give the --state of a service.")
    return Places(state)


def _plain(letter: "Letter") -> dict[str, object]:
    told = {"delivery": letter.delivery, "given_up_at": letter.given_up_at, "tries": letter.tries}
    return {**told, "why": letter.why}
