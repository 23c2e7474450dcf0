"""Who is at the console: one-time links, sessions that end, and what each role may do. All in memory, none on disk.

A new start of the console ends all sessions: its first link is printed in the terminal, others are made by an admin.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from ghostnote.errors import GhostnoteError

Role = Literal["viewer", "investigator", "admin"]
#: From looking only, over deciding, to letting others in; each may do what those before it may.
ROLES: tuple[Role, ...] = ("viewer", "investigator", "admin")
#: A link is meant for now: it is used within this time, once.
LINK_LASTS = timedelta(minutes=15)
#: Long enough for lunch, too short for a machine that is left overnight.
IDLE = timedelta(hours=1)
#: A session ends after a working day however busy it is.
LONGEST = timedelta(hours=10)


@dataclass
class Session:
    """One person's visit. `csrf` is what its forms must bring; `told` are sentences that the next page shows once."""

    name: str
    role: Role
    began: datetime
    seen: datetime
    csrf: str
    told: list[str] = field(default_factory=list)
    undoable: tuple[str, ...] = ()

    def may(self, role: Role) -> bool:
        """Whether this person may do what `role` may."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True)
class _Link:
    name: str
    role: Role
    until: datetime


class Door:
    """Makes one-time links, turns them into sessions, and finds the session of a cookie.

    `clock` gives aware times, `tokens` fresh secrets as text. Only hashes of secrets are kept.
    """

    def __init__(self, clock: Callable[[], datetime], tokens: Callable[[], str]) -> None:
        self.clock, self._tokens = clock, tokens
        self._links: dict[bytes, _Link] = {}
        self._sessions: dict[bytes, Session] = {}

    def invite(self, name: str, role: str) -> str:
        """A token that lets somebody in once. Raises `GhostnoteError` for a name or role that is none."""
        if not name.strip() or len(name) > 64 or not name.isprintable():
            raise GhostnoteError("Give the name under which decisions are kept, of at most 64 characters.")
        found = next((each for each in ROLES if each == role), None)
        if found is None:
            raise GhostnoteError(f"A role is one of {', '.join(ROLES)}, not '{role}'.")
        token = self._tokens()
        self._links[_hashed(token)] = _Link(name.strip(), found, self.clock() + LINK_LASTS)
        return token

    def enter(self, token: str) -> str:
        """Use a link up; the secret for the new session's cookie. Raises `GhostnoteError` if it is used or too old."""
        link = self._links.pop(_hashed(token), None)
        now = self.clock()
        if link is None or link.until < now:
            raise GhostnoteError("This link was used, or is too old: ask for a new one.")
        self._forget_old(now)
        secret = self._tokens()
        self._sessions[_hashed(secret)] = Session(link.name, link.role, now, now, self._tokens())
        return secret

    def session(self, secret: str | None) -> Session | None:
        """The session that a cookie belongs to, kept awake; None if there is none or it has ended."""
        if not secret:
            return None
        session, now = self._sessions.get(_hashed(secret)), self.clock()
        if session is None or _ended(session, now):
            return None
        session.seen = now
        return session

    def leave(self, secret: str | None) -> None:
        """End a session."""
        self._sessions.pop(_hashed(secret or ""), None)

    def _forget_old(self, now: datetime) -> None:
        self._sessions = {key: each for key, each in self._sessions.items() if not _ended(each, now)}
        self._links = {key: each for key, each in self._links.items() if each.until >= now}


def same(given: str, expected: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing about them."""
    return hmac.compare_digest(given.encode(), expected.encode())


def _ended(session: Session, now: datetime) -> bool:
    return now - session.seen > IDLE or now - session.began > LONGEST


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
