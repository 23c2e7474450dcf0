"""Names, addresses and e-mails -> opaque ids: keyed hashes that only the key's holder can repeat."""

import hashlib
import ipaddress
import os
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ghostnote.errors import GhostnoteError

#: The environment variable that may hold the key's text.
KEY_VARIABLE = "GHOSTNOTE_KEY"
_KEY_BYTES = 32
_SHORTEST_KEY = 16
_LONGEST_KEY = 64
_DIGEST_BYTES = 10


@dataclass(frozen=True)
class Key:
    """The secret of the keyed hashes, and in words where it came from (never the secret itself)."""

    secret: bytes
    origin: str

    def __repr__(self) -> str:
        return f"Key(from {self.origin})"


def load_key(file: Path | None = None, environ: Mapping[str, str] | None = None, home: Path | None = None) -> Key:
    """The key from `file`, else from `GHOSTNOTE_KEY`, else one kept for this user, made on first use.

    The user's own key lies in `~/.config/ghostnote/key` (`XDG_CONFIG_HOME` is honoured), readable by the user alone, so
    that repeated imports agree; it is never written into a lake. Raises `GhostnoteError` if a key cannot be read, is
    shorter than 16 bytes, or cannot be kept.
    """
    environ = os.environ if environ is None else environ
    if file is not None:
        return Key(_read_key(file), str(file))
    if KEY_VARIABLE in environ:
        return Key(_strong(environ[KEY_VARIABLE].encode(), KEY_VARIABLE), KEY_VARIABLE)
    folder = Path(environ.get("XDG_CONFIG_HOME") or (home or Path.home()) / ".config") / "ghostnote"
    path = folder / "key"
    if not path.exists():
        _make_key(path)
    return Key(_read_key(path), str(path))


def _read_key(path: Path) -> bytes:
    try:
        return _strong(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise GhostnoteError(f"Could not read the key file {path}: {error.strerror}.") from error


def _strong(secret: bytes, origin: str) -> bytes:
    if len(secret) < _SHORTEST_KEY:
        raise GhostnoteError(
            f"The key in {origin} has {len(secret)} bytes: give at least {_SHORTEST_KEY}, for example 32 random ones."
        )
    return secret


def _make_key(path: Path) -> None:
    """Whole or not at all, and never over a key that another process has just made."""
    temporary = path.with_name(f".key.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    except OSError as error:
        raise GhostnoteError(
            f"Could not keep a key in {path} ({error.strerror}): give one with --key-file or {KEY_VARIABLE}."
        ) from error


class Hasher:
    """Turns values into opaque ids of 20 hexadecimal digits, the same for the same key, kind and value.

    `kind` keeps apart what is equal by accident: the account `Prince` and the artist `Prince` have different ids.
    """

    def __init__(self, key: Key) -> None:
        # BLAKE2b takes at most 64 bytes of key; a longer one is condensed rather than cut.
        long = len(key.secret) > _LONGEST_KEY
        self._key = hashlib.blake2b(key.secret).digest() if long else key.secret

    def one(self, kind: str, value: str) -> str:
        """The id of one value; `kind` has at most 16 letters."""
        return hashlib.blake2b(
            value.encode(), digest_size=_DIGEST_BYTES, key=self._key, person=kind.encode()
        ).hexdigest()

    def names(self, kind: str, values: pl.Series) -> pl.Series:
        """Ids of names (String; null stays null): equal up to Unicode form and surrounding blanks."""
        return _each(values, lambda text: self.one(kind, unicodedata.normalize("NFC", text.strip())))

    def ips(self, values: pl.Series) -> pl.Series:
        """Ids of IP addresses (String; null stays null): one id for every way to write an address."""
        return _each(values, lambda text: self.one("ip", _plain_ip(text)))

    def emails(self, values: pl.Series) -> pl.DataFrame:
        """`email_domain`, `email_shape` and `email_hash` of e-mail addresses (String; null stays null)."""
        return pl.DataFrame(
            {
                "email_domain": _each(values, _email_domain),
                "email_shape": _each(values, _email_shape),
                "email_hash": _each(values, lambda text: self.one("email", text.strip().lower())),
            }
        )


def _each(values: pl.Series, turn: Callable[[str], str | None]) -> pl.Series:
    """Python sees each distinct value once: histories repeat few names many times. A blank text is no value."""
    distinct = values.cast(pl.String).unique().drop_nulls()
    turned = pl.Series([turn(text) if text.strip() else None for text in distinct], dtype=pl.String)
    return values.cast(pl.String).replace_strict(distinct, turned, default=None, return_dtype=pl.String)


def _plain_ip(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").split("%")[0])
    except ValueError:
        return text.strip().lower()
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _email_domain(text: str) -> str | None:
    _, at, domain = text.strip().lower().rpartition("@")
    return domain.rstrip(".") or None if at else None


def _email_shape(text: str) -> str | None:
    """`mia.lee1987@x.org` -> `a.a9`: what generated addresses share although each is new."""
    local, at, _ = text.strip().rpartition("@")
    if not at:
        return None
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", local)) or None
