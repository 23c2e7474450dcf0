"""Evidence over days: one odd day convicts nobody, several in a row do.

Each account-day brings a log-likelihood ratio (fraud against honest). They are added up as a CUSUM (Page, 1954) that
never falls below zero: honest days wear suspicion down, suspicious days build it up, and the day on which the sum last
left zero is where the trouble began.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Excursions:
    """Per account-day, in the order given: the running sum, whether it is at or past the bar on this or a later day
    of the same excursion (`confirmed`), and the position of the excursion's first day (-1 where the sum is zero).
    """

    total: Floats
    confirmed: NDArray[np.bool_]
    begin: NDArray[np.int64]


def log_ratio(probability: Floats, prior: float, cap: float) -> Floats:
    """How far `probability` lies above `prior`, in log-odds, held within ±`cap` so that no single day decides."""
    clipped = np.clip(probability, 1e-9, 1 - 1e-9)
    base = np.log(prior / (1 - prior))
    return np.asarray(np.clip(np.log(clipped / (1 - clipped)) - base, -cap, cap), dtype=np.float64)


def accumulate(account: NDArray[np.int64], ratio: Floats, bar: float | Floats) -> Excursions:
    """Add up `ratio` per account; rows must be sorted by account, then day.

    `bar`, one for all rows or one per row, is in log-odds: at `ln(1 / c)` an honest account passes with probability at
    most about `c` for each time that its sum leaves zero, if the ratios are true (Wald, 1945).
    """
    rows = len(account)
    total, begin = np.zeros(rows), np.full(rows, -1, dtype=np.int64)
    running, start = 0.0, -1
    for row in range(rows):
        if row == 0 or account[row] != account[row - 1]:
            running, start = 0.0, -1
        running += float(ratio[row])
        if running <= 0.0:
            running, start = 0.0, -1
        elif start < 0:
            start = row
        total[row], begin[row] = running, start
    confirmed = np.zeros(rows, dtype=np.bool_)
    reached = np.unique(begin[(total >= bar) & (begin >= 0)])
    confirmed[np.isin(begin, reached) & (begin >= 0)] = True
    return Excursions(total, confirmed, begin)
