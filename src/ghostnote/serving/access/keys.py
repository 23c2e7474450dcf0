"""Who may ask the service for what: API keys, of which only hashes are kept.

A key is 32 random bytes behind a public id: `gn_ID_SECRET`. One SHA-256 of it is kept. Passwords need slow hashes
because people choose them and they can be guessed; 256 random bits cannot, at any speed, and a slow hash would cost
more than all else that a request costs.
"""

import hashlib
import hmac
import os
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ghostnote.decisions.documents import read_json
from ghostnote.errors import GhostnoteError

#: The file of a service's state that holds its keys.
KEYS_FILE = "keys.json"
KEYS_FORMAT = 1
#: What a key starts with, so that people and secret scanners recognise one.
PREFIX = "gn_"
#: What each scope allows.
SCOPES = {
    "ingest": "send events",
    "decide": "send events and have the decisions about them",
    "read": "look up accounts, tracks and decisions",
    "review": "decide about cases",
    "admin": "everything, metrics, models and scoring among it",
}

_BEARER = "bearer "
_NOBODY = bytes(32)
_LOOK_AGAIN = timedelta(seconds=1)
_NO_TIME = timedelta()


class Former(msgspec.Struct, frozen=True):
    """A secret that was rotated away: its hash (hexadecimal), and until when it still opens."""

    digest: str
    until: datetime


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One key as it is kept: never the secret, only its SHA-256 (64 hexadecimal digits). Times are in UTC."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    digest: str
    expires_at: datetime | None = None
    rotated_at: datetime | None = None
    former: Former | None = None
    revoked_at: datetime | None = None

    def may(self, scope: str) -> bool:
        """Whether the key has this scope."""
        return scope in self.scopes

    def state(self, now: datetime) -> str:
        """What has become of the key: valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


class KeysDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `keys.json` holds: all keys ever made, the revoked ones too."""

    format: int = KEYS_FORMAT
    keys: tuple[Key, ...] = ()


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys in a file, none if there is no such file. Raises `GhostnoteError` if it cannot be read."""
    if not path.exists():
        return ()
    return read_json(path, KeysDocument, number=KEYS_FORMAT, command="ghostnote keys create").keys


def digest_of(key: str) -> bytes:
    """The SHA-256 of a whole key, id and all: 32 bytes."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


class Keys:
    """The keys of a running service: asked at each request, read again when their file has changed.

    The file is looked at once a second at most, so a revoked key stops opening within a second. A file that is gone
    holds no keys. One that cannot be read leaves the keys as they were, and `problem` says why: it is replaced whole:
    only a hand can break it, and that must not lock every client out.
    """

    def __init__(self, path: Path) -> None:
        """Raises `GhostnoteError` if the file exists and cannot be read."""
        self.problem: str | None = None
        self._path = path
        self._looked_at: datetime | None = None
        self._seen = self._version()
        self._keys = _by_id(read_keys(path))

    def __len__(self) -> int:
        return len(self._keys)

    def check(self, header: str | None, now: datetime) -> Key | None:
        """The key in an `Authorization` header, `Bearer gn_ID_SECRET`, if it opens at `now`, an aware time; else None.

        Hashes are compared in constant time. Whether an id exists is no secret.
        """
        if header is None or header[: len(_BEARER)].lower() != _BEARER:
            return None
        if self._looked_at is None or not (_NO_TIME <= now - self._looked_at < _LOOK_AGAIN):
            self._look_again(now)
        given = header[len(_BEARER) :].strip()
        found = self._keys.get(given[len(PREFIX) :].partition("_")[0])
        digest = digest_of(given)
        if found is None:
            hmac.compare_digest(digest, _NOBODY)
            return None
        key, current, former = found
        if key.state(now) != "valid":
            return None
        if hmac.compare_digest(digest, current):
            return key
        lasts = key.former is not None and now < key.former.until
        return key if lasts and hmac.compare_digest(digest, former) else None

    def _look_again(self, now: datetime) -> None:
        self._looked_at = now
        version = self._version()
        if version == self._seen:
            return
        self._seen = version
        try:
            self._keys = _by_id(read_keys(self._path))
            self.problem = None
        except GhostnoteError as error:
            self.problem = str(error)

    def _version(self) -> tuple[int, int, int] | None:
        """What changes when the file is replaced or written to; None if there is none."""
        try:
            status = os.stat(self._path)  # noqa: PTH116 - the quicker of the two, at requests
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def _by_id(keys: tuple[Key, ...]) -> dict[str, tuple[Key, bytes, bytes]]:
    """Each key with its hashes as bytes; a key without a former secret has 32 zeros there, which no key hashes to."""
    return {
        key.id: (key, bytes.fromhex(key.digest), _NOBODY if key.former is None else bytes.fromhex(key.former.digest))
        for key in keys
    }
