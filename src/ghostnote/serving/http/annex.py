"""Pages that are no part of the service, and are answered below a path of it all the same."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.serving.http.messages import Receive, Scope, Send


class Invite(Protocol):
    """Makes a link that signs somebody in; see `Annex`."""

    def __call__(self, name: str, role: str, /) -> str: ...


@dataclass(frozen=True)
class Annex:
    """An application below `path`, for example the console below `/console`.

    `invite` takes a name and a role and gives the address, below the service's, of a link that signs this person in,
    once; GhostnoteError for a name or role that is none. `close` is awaited when the service stops.
    """

    path: str
    application: Callable[[Scope, Receive, Send], Awaitable[None]]
    invite: Invite
    close: Callable[[], Awaitable[None]]


class Visitor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be let in: the name under which decisions are kept, and what this person may do."""

    name: str
    role: str = "investigator"


class Link(msgspec.Struct, frozen=True):
    """Where to sign in, once and soon."""

    link: str


def visitor_of(body: bytes) -> Visitor:
    """Who a body asks a link for. Raises GhostnoteError if it does not say."""
    try:
        return msgspec.json.decode(body, type=Visitor)
    except msgspec.MsgspecError as error:
        raise GhostnoteError(
            f'This says not who is to be let in ({error}): send {{"name": "...", "role": "..."}}.'
        ) from None
