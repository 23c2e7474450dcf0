"""How accounts, tracks and owners are named in addresses, which end up in histories and logs: by a hash of the id."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import polars as pl

#: What stands before the hash, and what it is made with, so that a track and an owner of one id have different ones.
_LETTERS = {"account": "a", "track": "t", "owner": "o"}
_PERSONS = {"account": b"console", "track": b"console-t", "owner": b"console-o"}
_DIGITS = 8


class Addresses:
    """The ids of one kind (account, track, owner), found by the hashes that stand for them: 8 bytes an id, and ids."""

    def __init__(self, kind: str, ids: pl.Series) -> None:
        self._kind = kind
        hashes = np.frombuffer(b"".join(_hashed(kind, name) for name in ids.to_list()), dtype=">u8")
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._ids = hashes[order], ids.gather(pl.Series(order, dtype=pl.UInt32))

    def named(self, reference: str) -> str | None:
        """The id that an address names; None if there is none."""
        letter, _, digits = reference.partition("-")
        if letter != _LETTERS[self._kind] or len(digits) != 2 * _DIGITS:
            return None
        try:
            wanted = int(digits, 16)
        except ValueError:
            return None
        at = int(np.searchsorted(self._hashes, np.uint64(wanted)))
        found = at < len(self._hashes) and int(self._hashes[at]) == wanted and digits == f"{wanted:0{2 * _DIGITS}x}"
        return str(self._ids[at]) if found else None


def page(kind: str, identifier: str) -> str:
    """The address of the page about an account, a track or an owner."""
    return f"/{kind}/{_LETTERS[kind]}-{_hashed(kind, identifier).hex()}"


def pages(kind: str, ids: Sequence[str | None]) -> list[str]:
    """The same for several; nobody has no page."""
    return [page(kind, name) if name else "" for name in ids]


def _hashed(kind: str, identifier: str) -> bytes:
    return blake2b(identifier.encode(), digest_size=_DIGITS, person=_PERSONS[kind]).digest()
