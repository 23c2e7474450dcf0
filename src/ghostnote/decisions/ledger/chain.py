"""The hashes that hold a ledger together, and those that let a person be forgotten without breaking it.

Entries are linked as in Haber and Stornetta, "How to time-stamp a digital document" (1991): each hash covers the entry
and the hash before it. Whose entry it is, and what it says in words, are covered by salted digests alone: without the
salt, which is deleted together with the name, nobody can tell whose entry it was (commitments, as in Blum, 1983).
"""

import hashlib

import msgspec

#: Raised by one whenever a hash covers something else than before; it is itself covered.
FORMAT = 1
#: The hash before the first entry.
GENESIS = bytes(32)
#: Bytes of a salt, of a reference to a subject and of a decision's id: 128 bits, which nobody tries out.
SALT_BYTES = REFERENCE_BYTES = 16

Field = bytes | str | int | None


def reference(salt: bytes, kind: str, identifier: str) -> bytes:
    """Stands for a subject in entries: 16 bytes that say nothing about it without its salt."""
    return hashlib.sha256(b"\0".join((salt, kind.encode(), identifier.encode()))).digest()[:REFERENCE_BYTES]


def decision_id(subject: bytes, kind: str, key: str) -> bytes:
    """The id under which a decision is written at most once: one per subject, kind of entry and `key`."""
    return hashlib.sha256(b"\0".join((subject, kind.encode(), key.encode()))).digest()[:REFERENCE_BYTES]


def seal(salt: bytes, content: bytes) -> bytes:
    """The digest that an entry keeps of what it says in words."""
    return hashlib.sha256(salt + content).digest()


def link(previous: bytes, fields: tuple[Field, ...]) -> bytes:
    """The hash of one entry: of the hash before it, and of its fields in order.

    >>> link(GENESIS, (1, "account", None)).hex()[:12]
    '79b0f5c46712'
    """
    plain = [value.hex() if isinstance(value, bytes) else value for value in fields]
    return hashlib.sha256(previous + msgspec.json.encode([FORMAT, *plain])).digest()
