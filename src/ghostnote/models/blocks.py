"""Blocks of accounts and keys: peeled out of a community, settled, and measured."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ghostnote.models.chance import log10_choices, surprise
from ghostnote.models.edges import Floats, Ints
from ghostnote.models.pairs import places_by_account
from ghostnote.models.peeling import column_weight, densest
from ghostnote.models.rarity import Incidence

#: Times that a block takes in and loses accounts; it hardly ever changes after two.
_ROUNDS = 4
#: Share of a key's users that must be in the community for it to be peeled at all.
_LOOSE = 0.25
#: Blocks looked for in one community, per kind of key.
_BLOCKS = 3
#: Part of the typical member's devotion from which somebody else is near, and of the members who make a choice common.
_NEAR, _COMMON = 1 / 4, 1 / 6


@dataclass(frozen=True)
class Block:
    """Accounts in lockstep, and the keys that they have nearly to themselves.

    Accounts, shape (accounts,): `accounts` (codes, sorted), `devotion` (share of what an account does, of the kind
    `main`, that goes to the block's keys of that kind) and `breadth` (how many of these it uses). Keys, shape (keys,),
    of any kind: `kind`, `key` (codes), `members` and `users` (accounts inside, and altogether).

    `first`, `last`: buckets of time; `times`: in how many a member was at it, on average. `density` is FRAUDAR's, of
    the kind `main`. `closed`: of all uses of its keys, the share by members. `near`: other accounts that are a quarter
    as devoted as the typical member. `choices`: different choices that a sixth of the members made, or as many as the
    typical member made. `parts`, shape (kinds,): powers of ten by which chance is excluded, less what it costs to have
    searched. Kinds of what accounts do repeat each other (a track and its artist): only the best counts, beside those
    that say where accounts come from.
    """

    main: int
    accounts: NDArray[np.int64]
    devotion: Floats
    breadth: NDArray[np.int64]
    kind: NDArray[np.int8]
    key: Ints
    members: NDArray[np.int64]
    users: NDArray[np.int64]
    first: int
    last: int
    times: float
    density: float
    closed: float
    near: int
    choices: int
    parts: Floats

    @property
    def surprise(self) -> float:
        return float(self.parts.sum())


@dataclass(frozen=True)
class Limits:
    """What makes a block: accounts at least, the share of a key's users that must be inside, a member's devotion."""

    fewest: int = 4
    least_closed: float = 0.5
    least_devotion: float = 0.25


class Search:
    """Looks for blocks in communities. `tying` (bool, shape (keys,)): the keys that may tie accounts together."""

    def __init__(self, found: Incidence, tying: NDArray[np.bool_], limits: Limits) -> None:
        self.found, self.tying, self.limits = found, tying, limits
        self.starts, self.places = places_by_account(found, np.ones(found.keys, dtype=np.bool_))
        self.inside = np.zeros(found.edges.accounts, dtype=np.bool_)

    def blocks(self, community: NDArray[np.int64]) -> Iterator[Block]:
        """For each kind of key the densest blocks; those of different kinds may overlap."""
        for kind, about in enumerate(self.found.edges.kinds):
            if about.crowded:
                continue
            left = community
            for _ in range(_BLOCKS):
                if len(left) < self.limits.fewest:
                    break
                core = self._densest(left, kind)
                if len(core) < self.limits.fewest:
                    break
                block = self._settled(core, kind)
                if block is not None:
                    yield block
                left = np.setdiff1d(left, core)

    def _densest(self, accounts: NDArray[np.int64], kind: int) -> NDArray[np.int64]:
        places = self._of(accounts)
        keys = self.found.key[places]
        places, keys = places[self.found.kind[keys] == kind], keys[self.found.kind[keys] == kind]
        unique, column, members = np.unique(keys, return_inverse=True, return_counts=True)
        fits = self.tying[unique] & (members >= 2) & (members >= _LOOSE * self.found.users[unique])
        kept = fits[column]
        rows = np.searchsorted(accounts, self.found.account[places[kept]])
        column = (np.cumsum(fits) - 1)[column[kept]]
        weight = column_weight(self.found.users[unique[fits]])
        block = densest(
            rows.astype(np.int32), column.astype(np.int32), weight[column], (len(accounts), int(fits.sum()))
        )
        return accounts[block[0]]

    def _settled(self, core: NDArray[np.int64], kind: int) -> Block | None:
        """Takes in and loses accounts until nothing changes."""
        accounts = core
        for _ in range(_ROUNDS):
            keys = self._closed(accounts, kind)
            devotion, breadth = self._devotion(keys)
            enough = (devotion >= self.limits.least_devotion) & (breadth >= 1)
            settled = np.flatnonzero(enough)
            if len(settled) < self.limits.fewest:
                return None
            if np.array_equal(settled, accounts):
                break
            accounts = settled
        return self._measured(accounts, kind)

    def _closed(self, accounts: NDArray[np.int64], kind: int | None = None) -> NDArray[np.int64]:
        """Keys (of one kind, or of all) that at least two of `accounts` use, and hardly anybody else."""
        keys, members = np.unique(self.found.key[self._of(accounts)], return_counts=True)
        fits = (members >= 2) & (members >= self.limits.least_closed * self.found.users[keys])
        if kind is not None:
            fits &= self.found.kind[keys] == kind
        return keys[fits].astype(np.int64)

    def _devotion(self, keys: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
        """Of every account the share that goes to `keys`, and how many of them it uses."""
        places = _ranges(self.found.begin[keys], self.found.begin[keys + 1])
        whose, size = self.found.account[places], self.found.edges.accounts
        devotion = np.bincount(whose, self.found.share[places], size).astype(np.float64)
        return devotion, np.bincount(whose, minlength=size).astype(np.int64)

    def _measured(self, accounts: NDArray[np.int64], kind: int) -> Block | None:
        found = self.found
        keys = self._closed(accounts)
        main = keys[found.kind[keys] == kind]
        if not len(main):
            return None
        devotion, breadth = self._devotion(main)
        self.inside[accounts] = True
        places = _ranges(found.begin[keys], found.begin[keys + 1])
        places = places[self.inside[found.account[places]]]
        self.inside[accounts] = False
        at = np.searchsorted(keys, found.key[places])
        members = np.bincount(at, minlength=len(keys))
        of_main = found.kind[keys] == kind
        weight = column_weight(found.users[keys])
        edges = members[of_main]
        usual = float(np.median(devotion[accounts]))
        near = devotion >= _NEAR * usual
        near[accounts] = False
        chosen = np.array([about.chosen for about in found.edges.kinds], dtype=np.bool_)[found.kind[keys]]
        made = np.bincount(np.searchsorted(accounts, found.account[places[chosen[at]]]), minlength=len(accounts))
        common = chosen & (members >= max(3.0, _COMMON * len(accounts)))
        at_it = places[found.kind[found.key[places]] == kind]
        return Block(
            main=kind,
            accounts=accounts,
            devotion=devotion[accounts],
            breadth=breadth[accounts],
            kind=found.kind[keys],
            key=found.code[keys],
            members=members,
            users=found.users[keys],
            first=int(found.first[places].min()),
            last=int(found.last[places].max()),
            times=float(found.times[at_it].sum() / len(accounts)),
            density=float((edges * weight[of_main]).sum() / (len(accounts) + len(main))),
            closed=float(edges.sum() / found.users[main].sum()),
            near=int(np.count_nonzero(near)),
            choices=max(int(np.count_nonzero(common)), int(np.median(made))),
            parts=self._parts(accounts, keys, members),
        )

    def _parts(self, accounts: NDArray[np.int64], keys: NDArray[np.int64], members: NDArray[np.int64]) -> Floats:
        """Expected are as many meetings as accounts and keys of that many uses have if they meet at random."""
        found = self.found
        parts = np.zeros(len(found.edges.kinds))
        for kind in np.unique(found.kind[keys]):
            chosen = found.kind[keys] == kind
            degree = found.degree[:, kind]
            uses = found.users[keys[chosen]]
            expected = float(degree[accounts].sum()) * float(uses.sum()) / float(degree.sum())
            total = int(np.count_nonzero(found.kind == kind))
            cost = log10_choices(total, int(chosen.sum()))
            parts[kind] = max(0.0, surprise(float(members[chosen].sum()), expected) - cost)
        best = int(np.argmax(parts))
        cost = log10_choices(int(np.count_nonzero(found.degree.sum(axis=1))), len(accounts))
        kept = np.zeros_like(parts)
        kept[best] = max(0.0, parts[best] - cost)
        for kind, about in enumerate(found.edges.kinds):
            if about.origin and kind != best:
                kept[kind] = parts[kind]
        return kept

    def _of(self, accounts: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.places[_ranges(self.starts[accounts], self.starts[accounts + 1])]


def _ranges(begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """All whole numbers of the ranges, one after the other."""
    sizes = end - begin
    offsets = np.repeat(begin - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return np.asarray(offsets + np.arange(int(sizes.sum())), dtype=np.int64)
