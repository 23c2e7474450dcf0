"""Who decides, on the command line."""

import getpass

from ghostnote.errors import GhostnoteError


def actor(given: str | None) -> str:
    """The name given, else the one that somebody logged in with; `GhostnoteError` if there is none."""
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise GhostnoteError("Say who decides: --by NAME, or set GHOSTNOTE_ACTOR.") from None
