"""Counts over a few of many: compiled, in whole-length arrays that are zero before and after, so that only what is
touched costs anything.
"""

from typing import Any

import numpy as np

from ghostnote.compiling import compiled

Array = np.ndarray[Any, Any]


@compiled
def tally_keys(accounts: Array, starts: Array, keys: Array, count: Array) -> tuple[Array, Array]:
    """The different keys of `accounts`, sorted, and how many of them use each.

    `starts` (accounts + 1,): where each account's entries in `keys` begin, each key once. `count`: int64 zeros, one for
    each key.
    """
    touched = np.empty(1024, dtype=np.int64)
    size = 0
    for account in accounts:
        for place in range(starts[account], starts[account + 1]):
            key = keys[place]
            if count[key] == 0:
                if size == touched.size:
                    touched = np.concatenate((touched, np.empty_like(touched)))
                touched[size] = key
                size += 1
            count[key] += 1
    found = np.sort(touched[:size])
    counts = np.empty(size, dtype=np.int64)
    for at in range(size):
        counts[at] = count[found[at]]
        count[found[at]] = 0
    return found, counts


@compiled
def edges_within(accounts: Array, starts: Array, keys: Array, wanted: Array, column: Array) -> tuple[Array, Array]:
    """The edges between `accounts` and the keys `wanted`: rows and columns (int32) by the places in these two.

    `column`: int64 zeros, one for each key.
    """
    for at in range(wanted.size):
        column[wanted[at]] = at + 1
    size = 0
    for account in accounts:
        for place in range(starts[account], starts[account + 1]):
            size += column[keys[place]] > 0
    rows, columns = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int32)
    size = 0
    for row in range(accounts.size):
        for place in range(starts[accounts[row]], starts[accounts[row] + 1]):
            if column[keys[place]] > 0:
                rows[size] = row
                columns[size] = column[keys[place]] - 1
                size += 1
    for key in wanted:
        column[key] = 0
    return rows, columns


@compiled
def tally_accounts(
    keys: Array, begin: Array, account: Array, share: Array, total: Array, count: Array
) -> tuple[Array, Array, Array]:
    """The different users of `keys`, sorted, the sum of their shares, and how many of the keys each uses.

    `begin` (keys + 1,): where each key's entries in `account` and `share` begin. `total`: float64 zeros, `count`: int64
    zeros, (accounts,).
    """
    touched = np.empty(1024, dtype=np.int64)
    size = 0
    for key in keys:
        for place in range(begin[key], begin[key + 1]):
            whose = account[place]
            if count[whose] == 0:
                if size == touched.size:
                    touched = np.concatenate((touched, np.empty_like(touched)))
                touched[size] = whose
                size += 1
            count[whose] += 1
            total[whose] += share[place]
    found = np.sort(touched[:size])
    shares, counts = np.empty(size), np.empty(size, dtype=np.int64)
    for at in range(size):
        shares[at], counts[at] = total[found[at]], count[found[at]]
        total[found[at]], count[found[at]] = 0.0, 0
    return found, shares, counts
