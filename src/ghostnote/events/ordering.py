"""Rows put in the order of time: what comes nearly sorted, as events do, is not sorted anew."""

from collections.abc import Sequence

import numpy as np
import polars as pl

_TIME = "event_time"
#: Share of rows with another's time, from which looking at these alone saves nothing.
_MANY = 0.1


def in_order(rows: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """`rows.sort(order, maintain_order=True)`, in less time where columns before `event_time` have one value each.

    Rows that arrive in order are returned as they are. Else runs in order are merged, and columns after the time are
    asked only of rows whose time another has.
    """
    names = [name for name in order if name in rows.columns]
    place = _TIME in names and names.index(_TIME)
    if place is False or rows[_TIME].null_count() or any(not _one(rows[name]) for name in names[:place]):
        return rows.sort(names, maintain_order=True)
    times = rows[_TIME].to_physical().to_numpy()
    if (times[1:] > times[:-1]).all():
        return rows
    found = np.argsort(times, kind="stable")
    ordered = times[found]
    same = np.append(False, ordered[1:] == ordered[:-1])
    if same.sum() > _MANY * len(same):
        return rows.sort(names, maintain_order=True)
    tied = np.flatnonzero(same | np.append(same[1:], False))
    if len(tied):
        asked = rows.select(names[place:])[found[tied]].with_columns(pl.Series("__at", found[tied]))
        found[tied] = asked.sort(names[place:], maintain_order=True)["__at"].to_numpy()
    if (found[1:] > found[:-1]).all():
        return rows
    return rows[found]


def _one(values: pl.Series) -> bool:
    return not values.null_count() and values.min() == values.max()
