"""Making, rotating and revoking keys: the file is replaced whole, by one at a time, and only its owner may read it."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ghostnote.decisions.settings import nearest
from ghostnote.errors import GhostnoteError
from ghostnote.serving.access.keys import KEYS_FILE, PREFIX, SCOPES, Former, Key, KeysDocument, digest_of, read_keys
from ghostnote.serving.state.pages import write_whole

#: For how long the old secret of a rotated key still opens, unless said otherwise.
GRACE = timedelta(hours=24)
_ID_BYTES = 6
_SECRET_BYTES = 32
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Made:
    """A key, and its text, which exists only here: it is kept nowhere."""

    key: Key
    text: str

    def __repr__(self) -> str:
        return f"Made({self.key.id})"


def create(state: Path, *, name: str, scopes: Sequence[str], now: datetime, lasts: timedelta | None = None) -> Made:
    """A new key in `state`, a folder that is made if there is none.

    Raises `GhostnoteError` if a scope is unknown, the name is empty or that of another valid key, or if the key cannot
    be kept.
    """
    _check(name, scopes)
    _check_lasts(lasts)
    with _changing(state) as path:
        keys = read_keys(path)
        if any(key.name == name and key.state(now) == "valid" for key in keys):
            raise GhostnoteError(f"There is a key called '{name}' already: rotate it, or choose another --name.")
        identifier = secrets.token_hex(_ID_BYTES)
        text = _text(identifier)
        key = Key(
            id=identifier,
            name=name,
            scopes=tuple(scope for scope in SCOPES if scope in scopes),
            made_at=now,
            digest=digest_of(text).hex(),
            expires_at=None if lasts is None else now + lasts,
        )
        _write(path, (*keys, key))
    return Made(key, text)


def rotate(state: Path, which: str, *, now: datetime, grace: timedelta = GRACE, lasts: timedelta | None = None) -> Made:
    """A new secret for a valid key, by its id or name; the old one opens until `grace` is over, any older one no more.

    With `lasts` the key expires that much after `now`, else when it would have anyway. Raises `GhostnoteError` if there
    is no such valid key, or if it cannot be kept.
    """
    _check_lasts(lasts)
    with _changing(state) as path:
        keys = read_keys(path)
        old = _find(keys, which, now)
        text = _text(old.id)
        former = Former(old.digest, now + grace) if grace > timedelta() else None
        new = msgspec.structs.replace(
            old,
            digest=digest_of(text).hex(),
            rotated_at=now,
            former=former,
            expires_at=old.expires_at if lasts is None else now + lasts,
        )
        _write(path, tuple(new if key is old else key for key in keys))
    return Made(new, text)


def revoke(state: Path, which: str, *, now: datetime) -> Key:
    """A valid key, by its id or name, opens nothing any more; it stays listed. Raises as `rotate` does."""
    with _changing(state) as path:
        keys = read_keys(path)
        old = _find(keys, which, now)
        new = msgspec.structs.replace(old, revoked_at=now, former=None)
        _write(path, tuple(new if key is old else key for key in keys))
    return new


def _text(identifier: str) -> str:
    return f"{PREFIX}{identifier}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def _check(name: str, scopes: Sequence[str]) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise GhostnoteError(f"A key needs a --name that tells who has it: 1 to {_LONGEST_NAME} printable characters.")
    if not scopes:
        raise GhostnoteError(f"A key needs at least one --scope: {', '.join(SCOPES)}.")
    for scope in scopes:
        if scope not in SCOPES:
            raise GhostnoteError(f"There is no scope '{scope}'{nearest(scope, list(SCOPES))}")


def _check_lasts(lasts: timedelta | None) -> None:
    if lasts is not None and lasts <= timedelta():
        raise GhostnoteError("A key must last for at least one day: give --days 1 or more.")


def _find(keys: Sequence[Key], which: str, now: datetime) -> Key:
    """The valid key of this id or name; an id goes first, for a name may look like one."""
    valid = [key for key in keys if key.state(now) == "valid"]
    for found in (*(key for key in valid if key.id == which), *(key for key in valid if key.name == which)):
        return found
    gone = [key for key in keys if which in (key.id, key.name)]
    if gone:
        raise GhostnoteError(
            f"The key '{which}' is {gone[-1].state(now)}: make a new one with `ghostnote keys create`."
        )
    known = [key.name for key in valid]
    say = nearest(which, known) if known else ": make one with `ghostnote keys create`."
    raise GhostnoteError(f"There is no key '{which}'{say}")


@contextlib.contextmanager
def _changing(state: Path) -> Iterator[Path]:
    """The path of the keys, while nobody else changes them."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(state / f".{KEYS_FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise GhostnoteError(f"Could not keep keys in {state}: {error.strerror}. Choose another --state.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield state / KEYS_FILE
    finally:
        os.close(lock)


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    content = msgspec.json.format(msgspec.json.encode(KeysDocument(keys=keys)), indent=2) + b"\n"
    try:
        write_whole(path, content, 0o600)
    except OSError as error:
        raise GhostnoteError(f"Could not write {path}: {error.strerror}. Free some space and try again.") from error
