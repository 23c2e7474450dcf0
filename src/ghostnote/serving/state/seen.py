"""Which events the log holds, and where: eight bytes of hash and eight of address for each, in one compiled table."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from ghostnote.compiling import compiled

Array = np.ndarray[Any, Any]
_FIRST_BITS = 10
_FREE = -1


@compiled
def _find(hashes: Array, table: Array, out: Array) -> None:
    """table: (2**n, 2) int64 of hash and address, -1 where free."""
    mask = table.shape[0] - 1
    for i in range(hashes.size):
        place = hashes[i] & mask
        while table[place, 1] != _FREE and table[place, 0] != hashes[i]:
            place = (place + 1) & mask
        out[i] = table[place, 1]


@compiled
def _add(hashes: Array, addresses: Array, table: Array) -> int:
    """`addresses` has one for each, or one for all; returns how many of them were new."""
    mask = table.shape[0] - 1
    added = 0
    for i in range(hashes.size):
        place = hashes[i] & mask
        while table[place, 1] != _FREE and table[place, 0] != hashes[i]:
            place = (place + 1) & mask
        added += table[place, 1] == _FREE
        table[place, 0] = hashes[i]
        table[place, 1] = addresses[i % addresses.size]
    return added


class Seen:
    """Remembers at which address of the log each event_id's record lies, for as long as the log holds it.

    Two ids among n share a hash with a probability of about n^2 / 2^65; whoever finds an address reads the record, and
    sees whether it is the same event.
    """

    def __init__(self) -> None:
        self._table = np.full((1 << _FIRST_BITS, 2), _FREE, dtype=np.int64)
        self._count = 0
        self._begins = 0

    def __len__(self) -> int:
        return self._count

    @property
    def bytes(self) -> int:
        """Memory held, in bytes."""
        return int(self._table.nbytes)

    def find(self, hashes: Array) -> Array:
        """The address of each id's record, (n,) int64; -1 where it is not known, or the log has dropped it."""
        out = np.empty(len(hashes), dtype=np.int64)
        _find(hashes, self._table, out)
        out[out < self._begins] = _FREE
        return out

    def add(self, hashes: Array, address: int) -> None:
        """Remember ids whose record is at `address`; one that is known already moves."""
        if 2 * (self._count + len(hashes)) > len(self._table):
            self._grow(len(hashes))
        self._count += _add(hashes, np.array([address], dtype=np.int64), self._table)

    def forget_before(self, address: int) -> None:
        """What lies before `address` was dropped: it is new if it comes again."""
        self._begins = max(self._begins, address)

    def _grow(self, more: int) -> None:
        """Make room, and leave out what was dropped."""
        kept = self._table[self._table[:, 1] >= max(self._begins, 0)]
        bits = max(_FIRST_BITS, int(4 * (len(kept) + more) - 1).bit_length())
        self._table = np.full((1 << bits, 2), _FREE, dtype=np.int64)
        self._count = _add(kept[:, 0].copy(), kept[:, 1].copy(), self._table)

    def to_arrays(self) -> dict[str, Array]:
        """The state: `entries` (n, 2) int64 of hash and address, and where the log `begins`."""
        kept = self._table[self._table[:, 1] >= max(self._begins, 0)]
        return {"entries": kept, "begins": np.array([self._begins], dtype=np.int64)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "Seen":
        """What `to_arrays` described."""
        seen = cls()
        seen._begins = int(arrays["begins"][0])
        entries = np.ascontiguousarray(arrays["entries"])
        bits = max(_FIRST_BITS, int(4 * max(len(entries), 1) - 1).bit_length())
        seen._table = np.full((1 << bits, 2), _FREE, dtype=np.int64)
        seen._count = _add(entries[:, 0].copy(), entries[:, 1].copy(), seen._table)
        return seen


def hashes_of(ids: Sequence[str]) -> Array:
    """What ids are told apart by, (n,) int64: 64 bits of BLAKE2b, the same in every process and version.

    A table library's hashes are quicker for many ids, but take longer for few than all else that is asked of a call.
    """
    digests = b"".join([blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest() for name in ids])
    # A copy may be written to: compiled functions are made once more for arrays that may not.
    return np.frombuffer(digests, dtype=np.int64).copy()
