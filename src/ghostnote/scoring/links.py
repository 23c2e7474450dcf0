"""How often each account touched each thing that can tie accounts together, counted by sorting whole numbers."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from ghostnote.decisions.ties import KINDS
from ghostnote.models.sorting import sort_rows
from ghostnote.scoring.shelf import Shelf

#: Length of the stretches of time in which links are counted. They begin at midnight (UTC).
BUCKET_HOURS = 6
#: The kind of link that says when an account was opened.
SIGNUP = "signup"
LINKS = {
    "account_id": pl.Categorical,
    "kind": pl.Categorical,
    "key": pl.Categorical,
    "time": pl.Int32,
    "events": pl.UInt32,
}


def links_of(stream: pl.DataFrame, ids: Mapping[str, pl.Series], *, timed: bool) -> pl.DataFrame:
    """The links of a day's events; see `LINKS`. `ids` are the stream's columns as Categorical, account_id among them.

    If `timed`, they are told apart by stretch of hours (`time`, else 0), and say when accounts were opened: only
    lockstep asks for that, and it makes many more rows.
    """
    touched = {kind: keys for kind, keys in ids.items() if kind in KINDS}
    time = pl.zeros(stream.height, dtype=pl.Int32, eager=True)
    if timed:
        time = (stream["event_time"].dt.timestamp("us") // (BUCKET_HOURS * 3_600_000_000)).cast(pl.Int32)
        opened = pl.when(stream["kind"] == "signup").then(time)
        touched[SIGNUP] = pl.select(opened.cast(pl.String).cast(pl.Categorical)).to_series()
    parts = [pl.DataFrame(schema=LINKS)]
    for kind, keys in touched.items():
        there = ids["account_id"].is_not_null() & keys.is_not_null()
        parts.append(_counted(kind, ids["account_id"].filter(there), keys.filter(there), time.filter(there)))
    return pl.concat(parts)


class Links:
    """The links of all days so far: day by day on `shelf` if they are `timed` or kept `apart`, else summed up as they
    come.
    """

    def __init__(self, *, timed: bool, apart: bool = False, shelf: Shelf | None = None) -> None:
        self._kept = timed or apart
        self._shelf = shelf or Shelf()
        self._sums: list[pl.DataFrame] = []

    def add(self, day: date, links: pl.DataFrame) -> None:
        """Take in a day's links."""
        if self._kept:
            self._shelf.add(day, links)
            return
        whole = summed(links)
        # Sums are merged as they grow: each link is looked at a few times, however many days there are.
        while self._sums and self._sums[-1].height <= 2 * whole.height:
            whole = summed(pl.concat([self._sums.pop(), whole]))
        self._sums.append(whole)

    def timed(self, last: date | None = None) -> pl.DataFrame:
        """See `LINKS`: as they came up to `last`."""
        return pl.concat([pl.DataFrame(schema=LINKS), *(links for _, links in self._shelf.days(last))])

    def summed(self, last: date | None = None) -> pl.DataFrame:
        """See `summed`. `last` can be asked for only if days were kept; ValueError if not."""
        if self._kept:
            return summed(self.timed(last))
        if last is not None:
            raise ValueError("days were added up: keep them apart to ask about some of them")
        self._sums = [summed(pl.concat([pl.DataFrame(schema=LINKS).drop("time"), *self._sums]))]
        return self._sums[0]


def summed(links: pl.DataFrame) -> pl.DataFrame:
    """The same by account_id, kind and key alone, without those that say when accounts were opened."""
    parts = [pl.DataFrame(schema=LINKS)]
    for kind in KINDS:
        found = links.select("account_id", "key", "events").filter(links["kind"] == kind)
        accounts, keys = (found[name].cast(pl.Categorical) for name in ("account_id", "key"))
        time = pl.zeros(found.height, dtype=pl.Int32, eager=True)
        parts.append(_counted(kind, accounts, keys, time, found["events"]))
    return pl.concat(parts).drop("time")


def _counted(
    kind: str, accounts: pl.Series, keys: pl.Series, time: pl.Series, events: pl.Series | None = None
) -> pl.DataFrame:
    """Rows of one kind with the same time, account and key as one; each stands for one event, or for its `events`."""
    earliest = time.min() if len(time) else 0
    columns = [column.to_physical().to_numpy() for column in (time - earliest, accounts, keys)]
    if events is not None:
        columns.append(events.to_numpy())
    when, who, what, *numbers = sort_rows(*columns)
    new = np.ones(len(when), dtype=np.bool_)
    new[1:] = (who[1:] != who[:-1]) | (what[1:] != what[:-1]) | (when[1:] != when[:-1])
    starts = np.flatnonzero(new)
    counts = np.add.reduceat(numbers[0], starts) if numbers and len(starts) else np.diff(starts, append=len(new))
    return pl.DataFrame(
        {
            "account_id": pl.Series(who[starts]).cat.to(pl.Categorical),
            "kind": pl.Series([kind], dtype=pl.Categorical).new_from_index(0, len(starts)),
            "key": pl.Series(what[starts]).cat.to(pl.Categorical),
            "time": when[starts] + earliest,
            "events": counts.astype(np.uint32),
        },
        schema=LINKS,
    )
