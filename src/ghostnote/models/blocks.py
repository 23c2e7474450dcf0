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
from ghostnote.models.tallies import edges_within, tally_accounts, tally_keys

#: Times that a block takes in and loses accounts; it hardly ever changes after two.
_ROUNDS = 4
#: Share of a key's users that must be in the community for it to be peeled at all.
_LOOSE = 0.25
#: Blocks looked for in one community, per kind of key.
_BLOCKS = 3
#: Parts of the typical member's devotion between which somebody is near; part of the members that make a choice common.
_NEAR, _COMMON = (1 / 4, 1 / 2), 1 / 6
#: Members that a key must have to tie them: three, or of a large block a part: what two have in common ties nobody
#: else. (Of devices and networks there are many to one block; three will do.)
_FEWEST_USERS, _SPREAD = 3, 0.05


@dataclass(frozen=True)
class Block:
    """Accounts in lockstep, and the keys that they have nearly to themselves.

    Accounts, shape (accounts,): `accounts` (codes, sorted), `devotion` (share of what an account does, of the kind
    `main`, that goes to the block's keys of that kind) and `breadth` (how many of these it uses). Keys, shape (keys,),
    of any kind: `kind`, `key` (codes), `members` and `users` (accounts inside, and altogether).

    `first`, `last`: buckets of time; `times`: in how many a member was at it, on average. `density` is FRAUDAR's, of
    the kind `main`. `closed`: of all uses of its keys, the share by members. `near`: accounts, members or not, that are
    a quarter to a half as devoted as the typical member. `agreement`: how much of a member's devotion is what the
    average member does as well, 0 to 1: the sum over keys of the smaller share, for the kind in which they agree best.
    `placed`: share of the members that come from where two others of them come from, and hardly anybody else.
    `choices`: different choices that a sixth of the members made, or as many as the typical member made. `parts`, shape
    (kinds,): powers of ten by which chance is excluded, less what it costs to have searched. Kinds of what accounts do
    repeat each other (a track and its artist): only the best counts, beside those that say where accounts come from.
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
    agreement: float
    placed: float
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
        kinds = range(len(found.edges.kinds))
        self.total = [int(np.count_nonzero(found.kind == kind)) for kind in kinds]
        self.active = int(np.count_nonzero(found.degree.sum(axis=1)))
        self.uses = found.degree.sum(axis=0)
        self.users = found.users
        self._keys = []
        for kind in kinds:
            starts, places = places_by_account(found, kind, np.ones(self.total[kind], dtype=np.bool_))
            self._keys.append((starts, found.key[places]))
        self._per_key = np.zeros(found.keys, dtype=np.int64)
        self._count = np.zeros(found.edges.accounts, dtype=np.int64)
        self._sum = np.zeros(found.edges.accounts)
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
        keys, members = self._used(accounts, kind)
        users = self.users[keys]
        fits = self.tying[keys] & (members >= 2) & (members >= _LOOSE * users)
        starts, of_account = self._keys[kind]
        rows, columns = edges_within(accounts, starts, of_account, keys[fits], self._per_key)
        weight = column_weight(users[fits])
        block = densest(rows, columns, weight[columns], (len(accounts), int(fits.sum())))
        return accounts[block[0]]

    def _settled(self, core: NDArray[np.int64], kind: int) -> Block | None:
        """Takes in and loses accounts until nothing changes.

        The core may be a part of the group only, as large ones are split into communities: at first keys suffice that
        most of the core use, or of whose users it has a good part.
        """
        accounts, keys = core, self._around(core, kind)
        for round_ in range(_ROUNDS + 1):
            whose, devotion, _ = self._devotion(keys)
            settled = whose[devotion >= self.limits.least_devotion]
            if len(settled) < self.limits.fewest:
                return None
            if round_ and np.array_equal(settled, accounts):
                break
            accounts = settled
            keys = self._closed(accounts, kind, self.limits.least_closed)
        return self._measured(accounts, kind)

    def _around(self, core: NDArray[np.int64], kind: int) -> NDArray[np.int64]:
        keys, members = self._used(core, kind)
        many = (members >= _LOOSE * self.users[keys]) | (2 * members >= len(core))
        return keys[self.tying[keys] & many & (members >= _FEWEST_USERS)]

    def _closed(self, accounts: NDArray[np.int64], kind: int, least: float) -> NDArray[np.int64]:
        """Keys of one kind that enough of `accounts` use, and of whose users they are at least the share `least`."""
        keys, members = self._used(accounts, kind)
        spread = 0.0 if self.found.edges.kinds[kind].origin else _SPREAD
        enough = max(_FEWEST_USERS, spread * len(accounts))
        return keys[(members >= enough) & (members >= least * self.users[keys])]

    def _shared(self, accounts: NDArray[np.int64], kind: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Keys that two or more of `accounts` use, as good as alone, and how many do: a long tail has no others."""
        keys, members = self._used(accounts, kind)
        shared = (members >= 2) & (members >= self.limits.least_closed * self.users[keys])
        return keys[shared], members[shared]

    def _used(self, accounts: NDArray[np.int64], kind: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys of one kind that `accounts` use, and how many of them use each."""
        starts, keys = self._keys[kind]
        used, members = tally_keys(accounts, starts, keys, self._per_key)
        return np.asarray(used), np.asarray(members)

    def _devotion(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
        """Who uses `keys`, the share that each gives to them, and how many of them each uses."""
        found = self.found
        whose, devotion, breadth = tally_accounts(keys, found.begin, found.account, found.share, self._sum, self._count)
        return np.asarray(whose), np.asarray(devotion), np.asarray(breadth)

    def _measured(self, accounts: NDArray[np.int64], kind: int) -> Block | None:
        found = self.found
        kinds = range(len(found.edges.kinds))
        keys = np.concatenate([self._closed(accounts, one, self.limits.least_closed) for one in kinds])
        main = keys[found.kind[keys] == kind]
        if not len(main):
            return None
        whose, devotion, breadth = self._devotion(main)
        member = np.isin(whose, accounts, assume_unique=True)
        if np.count_nonzero(member) < len(accounts):
            return None
        self.inside[accounts] = True
        places = _ranges(found.begin[keys], found.begin[keys + 1])
        places = places[self.inside[found.account[places]]]
        self.inside[accounts] = False
        at = np.searchsorted(keys, found.key[places])
        members = np.bincount(at, minlength=len(keys))
        of_main = found.kind[keys] == kind
        weight = column_weight(self.users[keys])
        edges = members[of_main]
        usual = float(np.median(devotion[member]))
        near = (devotion >= _NEAR[0] * usual) & (devotion < _NEAR[1] * usual)
        row = np.searchsorted(accounts, found.account[places])
        place = np.array([about.origin and not about.crowded for about in found.edges.kinds])[found.kind[keys]]
        at_it = places[found.kind[found.key[places]] == kind]
        return Block(
            main=kind,
            accounts=accounts,
            devotion=devotion[member],
            breadth=breadth[member],
            kind=found.kind[keys],
            key=found.code[keys],
            members=members,
            users=self.users[keys],
            first=int(found.first[places].min()),
            last=int(found.last[places].max()),
            times=float(found.times[at_it].sum() / len(accounts)),
            density=float((edges * weight[of_main]).sum() / (len(accounts) + len(main))),
            closed=float(edges.sum() / self.users[main].sum()),
            near=int(np.count_nonzero(near)),
            agreement=self._agreement(len(accounts), row, at, places),
            placed=len(np.unique(row[place[at]])) / len(accounts),
            choices=self._choices(accounts),
            parts=self._parts(accounts),
        )

    def _choices(self, accounts: NDArray[np.int64]) -> int:
        """A long tail has hardly a choice that many made, but each member made many that others of them made too."""
        common, made = 0, np.zeros(len(accounts), dtype=np.int64)
        for kind, about in enumerate(self.found.edges.kinds):
            if about.chosen:
                keys, members = self._shared(accounts, kind)
                common += int(np.count_nonzero(members >= max(3.0, _COMMON * len(accounts))))
                starts, of_account = self._keys[kind]
                rows, _ = edges_within(accounts, starts, of_account, keys, self._per_key)
                made += np.bincount(rows, minlength=len(accounts))
        return max(common, int(np.median(made)))

    def _agreement(
        self, size: int, row: NDArray[np.int64], column: NDArray[np.int64], places: NDArray[np.int64]
    ) -> float:
        """`places` are the entries of members (`row`) for the block's keys (`column`)."""
        found, best = self.found, 0.0
        usual = np.bincount(column, found.share[places]) / size
        of = found.kind[found.key[places]]
        for kind, about in enumerate(found.edges.kinds):
            if about.origin or not (of == kind).any():
                continue
            share = found.share[places] * (of == kind)
            devotion = np.bincount(row, share, size)
            if np.median(devotion) >= self.limits.least_devotion:
                common = np.bincount(row, np.minimum(share, usual[column]), size)
                best = max(best, float(np.median(common) / np.median(devotion)))
        return best

    def _parts(self, accounts: NDArray[np.int64]) -> Floats:
        """Expected are as many meetings as accounts and keys of that many uses have if they meet at random."""
        found = self.found
        parts = np.zeros(len(found.edges.kinds))
        for kind in range(len(parts)):
            keys, members = self._shared(accounts, kind)
            if not len(keys):
                continue
            uses = float(self.users[keys].sum())
            expected = float(found.degree[accounts, kind].sum()) * uses / float(self.uses[kind])
            cost = log10_choices(self.total[kind], len(keys))
            parts[kind] = max(0.0, surprise(float(members.sum()), expected) - cost)
        best = int(np.argmax(parts))
        cost = log10_choices(self.active, len(accounts))
        kept = np.zeros_like(parts)
        kept[best] = max(0.0, parts[best] - cost)
        for kind, about in enumerate(found.edges.kinds):
            if about.origin and kind != best:
                kept[kind] = parts[kind]
        return kept


def _ranges(begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """All whole numbers of the ranges, one after the other."""
    sizes = end - begin
    offsets = np.repeat(begin - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return np.asarray(offsets + np.arange(int(sizes.sum())), dtype=np.int64)
