"""Pairs of accounts that do much the same, without looking at all pairs: a sparse product and MinHash.

Keys of few users are multiplied out (Gustavson, 1978): every pair that shares them is met. A key of many users has too
many pairs; accounts that share *many* of those are likely to share the smallest hash of them (Broder, 1997; weighted
after Chum et al., 2008), and meet there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.compiling import compiled
from ghostnote.models.rarity import Incidence, rarity

Array = np.ndarray[Any, Any]
#: Bands of `_ROWS` hashes each. Two accounts half of whose rare keys are common meet with probability 0.999.
BANDS, _ROWS = 24, 2
#: Within a band, accounts with the same hashes are chained in an order of the band's own, each to so many that follow.
#: Chains in many orders hold a large group together; one chain, a path, would be cut anywhere.
_FOLLOWING = 2


@dataclass(frozen=True)
class Pairs:
    """`left` < `right`, sorted, each pair once; `same` is how much of what the two do is the same, 0 to 1.

    Arrays of shape (pairs,), int64 and float64. Sameness of a kind is the sum over common tying keys of the smaller of
    both shares; `same` is that of the best kind.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    same: NDArray[np.float64]


def alike(found: Incidence, tying: NDArray[np.bool_], *, least: float, budget: int, seed: int) -> Pairs:
    """Pairs of accounts whose sameness over the `tying` keys (bool, shape (keys,)) is at least `least`.

    All of those that owe it to the keys of fewest users, which meet at most `budget` pairs when multiplied out; of the
    others nearly all that share half of their tying keys, and of large groups enough pairs to hold them together.
    """
    users = found.users
    small = tying & (users <= fewest_users(users[tying], budget))
    parts = []
    for kind in range(len(found.edges.kinds)):
        begin, end = np.searchsorted(found.kind, [kind, kind + 1])
        few, many = (chosen[begin:end] for chosen in (small, tying & ~small))
        parts.append(_multiplied(*places_by_account(found, kind, few), *_columns(found), least))
        if many.any():
            starts, places = places_by_account(found, kind, few | many)
            keys, share = (found.key[places] - np.int32(begin)), found.share[places]
            met = _hashed(found, kind, starts, keys, np.random.default_rng([seed, kind]))
            same = _compared(met, starts, keys, share, int(end - begin))
            parts.append((met[same >= least, 0], met[same >= least, 1], same[same >= least]))
    left, right, same = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((-same, right, left))
    left, right, same = left[order], right[order], same[order]
    first = np.ones(len(left), dtype=np.bool_)
    first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    return Pairs(left[first], right[first], same[first])


def fewest_users(users: NDArray[np.int64], budget: int) -> int:
    """The most users that a key may have so that multiplying out all such keys meets at most `budget` pairs."""
    counts = np.bincount(users, minlength=2)
    sizes = np.arange(len(counts), dtype=np.float64)
    met = np.cumsum(counts * sizes * (sizes - 1) / 2)
    return int(np.searchsorted(met, budget, side="right") - 1)


def places_by_account(found: Incidence, kind: int, chosen: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Where each account's pairs with chosen keys of a kind begin, (accounts + 1,), and which they are, by account,
    then key. `chosen`, bool, has one value for each key of the kind.
    """
    first, last = np.searchsorted(found.kind, [kind, kind + 1])
    return _placed(found.account, found.begin[first : last + 1], chosen, found.edges.accounts)


@compiled
def _placed(account: Array, begin: Array, chosen: Array, accounts: int) -> tuple[Array, Array]:
    starts = np.zeros(accounts + 1, dtype=np.int64)
    for key in range(chosen.size):
        if chosen[key]:
            for place in range(begin[key], begin[key + 1]):
                starts[account[place] + 1] += 1
    starts = np.cumsum(starts)
    following = starts[:-1].copy()
    places = np.empty(starts[-1], dtype=np.int64)
    for key in range(chosen.size):
        if chosen[key]:
            for place in range(begin[key], begin[key + 1]):
                places[following[account[place]]] = place
                following[account[place]] += 1
    return starts, places


def _columns(found: Incidence) -> tuple[Array, Array, Array, Array]:
    return found.key, found.begin, found.account, found.share


@compiled
def _multiplied(
    starts: Array, places: Array, key: Array, begin: Array, account: Array, share: Array, least: float
) -> tuple[Array, Array, Array]:
    accounts = starts.size - 1
    common = np.zeros(accounts)
    touched = np.empty(accounts, dtype=np.int64)
    pairs = np.empty((1024, 2), dtype=np.int64)
    same = np.empty(1024)
    count = 0
    for one in range(accounts):
        met = 0
        for i in range(starts[one], starts[one + 1]):
            own = share[places[i]]
            for at in range(places[i] + 1, begin[key[places[i]] + 1]):
                other = account[at]
                if common[other] == 0.0:
                    touched[met] = other
                    met += 1
                common[other] += min(own, share[at])
        for i in range(met):
            other = touched[i]
            if common[other] >= least:
                if count == same.size:
                    pairs = np.concatenate((pairs, np.empty_like(pairs)))
                    same = np.concatenate((same, np.empty_like(same)))
                pairs[count, 0] = one
                pairs[count, 1] = other
                same[count] = common[other]
                count += 1
            common[other] = 0.0
    return pairs[:count, 0].copy(), pairs[:count, 1].copy(), same[:count].copy()


def _hashed(found: Incidence, kind: int, starts: Array, keys: Array, random: np.random.Generator) -> NDArray[np.int64]:
    """Pairs that meet in a band, in order; `keys` are numbered within the kind.

    Hashes are exponential, their rate the key's rarity: rare keys are smallest.
    """
    first, last = np.searchsorted(found.kind, [kind, kind + 1])
    rate = np.maximum(rarity(found.users[first:last], found.edges.accounts), 1e-3).astype(np.float32)
    some = np.flatnonzero(np.diff(starts))
    parts = [np.zeros((0, 2), dtype=np.int64)]
    for _ in range(BANDS):
        mixed = np.zeros(len(some), dtype=np.uint64)
        for _ in range(_ROWS):
            value = random.standard_exponential(last - first, dtype=np.float32) / rate
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + _smallest(starts, keys, value, some).astype(np.uint64)
        order = random.permutation(len(some))
        order = order[np.argsort(mixed[order], kind="stable")]
        for step in range(1, _FOLLOWING + 1):
            same = mixed[order[step:]] == mixed[order[:-step]]
            ends = some[order[:-step][same]], some[order[step:][same]]
            parts.append(np.column_stack([np.minimum(*ends), np.maximum(*ends)]))
    codes = np.concatenate(parts)
    unique = np.sort(codes[:, 0] * found.edges.accounts + codes[:, 1])
    unique = unique[np.diff(unique, prepend=-1) != 0]
    return np.column_stack([unique // found.edges.accounts, unique % found.edges.accounts])


@compiled
def _smallest(starts: Array, keys: Array, value: Array, accounts: Array) -> Array:
    result = np.empty(accounts.size, dtype=np.int64)
    for i in range(accounts.size):
        best = np.float32(np.inf)
        for place in range(starts[accounts[i]], starts[accounts[i] + 1]):
            if value[keys[place]] < best:
                best = value[keys[place]]
                result[i] = keys[place]
    return result


@compiled
def _compared(pairs: Array, starts: Array, keys: Array, share: Array, size: int) -> Array:
    """Of each pair how much is the same; pairs of one account lie together. `keys` are below `size`."""
    result = np.zeros(pairs.shape[0])
    own = np.zeros(size)
    for i in range(pairs.shape[0]):
        one, other = pairs[i]
        if not i or pairs[i - 1, 0] != one:
            for place in range(starts[one], starts[one + 1]):
                own[keys[place]] = share[place]
        for place in range(starts[other], starts[other + 1]):
            result[i] += min(own[keys[place]], share[place])
        if i + 1 == pairs.shape[0] or pairs[i + 1, 0] != one:
            for place in range(starts[one], starts[one + 1]):
                own[keys[place]] = 0.0
    return result
