"""Who decides, on the command line."""

import getpass
import os

from ghostnote.errors import GhostnoteError


def actor(given: str | None) -> str:
    """The name given, else the one that somebody logged in with; `GhostnoteError` if there is none."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise GhostnoteError("Say who decides: --by NAME, or set GHOSTNOTE_ACTOR.") from None


def visitor() -> str:
    """Who signs in first where nobody was asked: in a container nobody may be logged in, and it must work there too."""
    try:
        return actor(os.environ.get("GHOSTNOTE_ACTOR"))
    except GhostnoteError:
        return "visitor"
