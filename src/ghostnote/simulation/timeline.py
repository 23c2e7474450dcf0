"""Laying plays out in time, so that one pair of ears hears one track at a time."""

import numpy as np
import numpy.typing as npt

from ghostnote.simulation.randomness import Ints

#: 4.5 years, longer than any world: keeps one account's times from those of the next in a running maximum.
_APART = 1 << 47


def lay_out(account: Ints, start: Ints, sizes: Ints, lengths: Ints, rest: int) -> npt.NDArray[np.int64]:
    """The end (microseconds) of every play of sittings that must not overlap within an account.

    Sittings come sorted by account, then `start` (wished for, microseconds). `lengths` is the time each of their
    `sizes.sum()` plays takes, the pause before it included. A sitting that would begin before the account's last one
    is over waits for `rest` microseconds after that.
    """
    elapsed = np.cumsum(lengths, dtype=np.int64)
    last = np.cumsum(sizes) - 1
    total = np.diff(elapsed[last], prepend=0)
    begun = start_without_overlap(account, start, total + rest)
    before = elapsed[last] - total
    elapsed += np.repeat(begun - before, sizes)
    return elapsed


def start_without_overlap(account: Ints, start: Ints, spans: Ints) -> npt.NDArray[np.int64]:
    """The earliest starts, none before the one wished for, at which an account's spans follow each other.

    With C the running sum of spans, end[i] - C[i] is the running maximum of start[j] - C[j-1]: one pass, no loop.
    """
    if start.size == 0:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.diff(account, prepend=-1) != 0)
    which = np.cumsum(np.diff(account, prepend=account[0]) != 0)
    before = np.cumsum(spans, dtype=np.int64) - spans
    before -= before[first][which]
    epoch = int(start.min())
    slack = start - epoch - before + which * _APART
    return np.asarray(np.maximum.accumulate(slack) - which * _APART + before + epoch, dtype=np.int64)
