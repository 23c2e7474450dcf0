"""How often each account touched each thing that can tie accounts together, counted by sorting whole numbers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.ties import KINDS

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


def ids_of(stream: pl.DataFrame, names: Iterable[str] = ("account_id", *KINDS)) -> dict[str, pl.Series]:
    """Those of a stream's columns of ids that it has, as Categorical."""
    return {name: stream[name].cast(pl.Categorical) for name in names if name in stream.columns}


def links_of(stream: pl.DataFrame, ids: Mapping[str, pl.Series], *, timed: bool) -> pl.DataFrame:
    """The links of a day's events; see `LINKS`. `ids` are the stream's columns as Categorical, account_id among them.

    If `timed`, they are told apart by stretch of hours (`time`, else 0), and say when accounts were opened: only
    lockstep asks for that, and it makes many more rows.
    """
    parts = [pl.DataFrame(schema=LINKS)]
    for time, chosen in _stretches(stream, timed=timed):
        touched = {kind: keys for kind, keys in ids.items() if kind in KINDS}
        if timed:
            opened = pl.when(pl.col("kind") == "signup").then(pl.lit(str(time)))
            touched[SIGNUP] = stream.select(opened.cast(pl.Categorical).alias(SIGNUP)).to_series()
        for kind, keys in touched.items():
            there = ids["account_id"].is_not_null() & keys.is_not_null() & chosen
            accounts, found = ids["account_id"].filter(there), keys.filter(there)
            parts.append(_counted(kind, accounts, found, time, np.ones(len(found), dtype=np.uint32)))
    return pl.concat(parts)


class Links:
    """The links of all days so far: summed up as they come or, if `apart`, day by day; if `timed`, as they came too."""

    def __init__(self, *, timed: bool, apart: bool = False) -> None:
        self._timed, self._apart = timed, apart
        self._came: dict[date, pl.DataFrame] = {}
        self._sums: list[pl.DataFrame] = []

    def add(self, day: date, links: pl.DataFrame) -> None:
        """Take in a day's links."""
        if self._timed or self._apart:
            self._came[day] = links
        if self._apart:
            return
        whole = summed(links)
        # Sums are merged as they grow: each link is looked at a few times, however many days there are.
        while self._sums and self._sums[-1].height <= 2 * whole.height:
            whole = summed(pl.concat([self._sums.pop(), whole]))
        self._sums.append(whole)

    def timed(self, last: date | None = None) -> pl.DataFrame:
        """See `LINKS`: as they came up to `last`."""
        chosen = [links for day, links in self._came.items() if last is None or day <= last]
        return pl.concat([pl.DataFrame(schema=LINKS), *chosen])

    def summed(self, last: date | None = None) -> pl.DataFrame:
        """See `summed`. `last` can be asked for only if days were kept apart; ValueError if not."""
        if self._apart:
            return summed(self.timed(last))
        if last is not None:
            raise ValueError("days were added up: keep them apart to ask about some of them")
        self._sums = [summed(pl.concat([pl.DataFrame(schema=LINKS).drop("time"), *self._sums]))]
        return self._sums[0]


def summed(links: pl.DataFrame) -> pl.DataFrame:
    """The same by account_id, kind and key alone, without those that say when accounts were opened."""
    parts = [pl.DataFrame(schema=LINKS)]
    for kind in KINDS:
        found = links.filter(pl.col("kind") == kind)
        accounts, keys = (found[name].cast(pl.Categorical) for name in ("account_id", "key"))
        parts.append(_counted(kind, accounts, keys, 0, found["events"].to_numpy()))
    return pl.concat(parts).drop("time")


def _stretches(stream: pl.DataFrame, *, timed: bool) -> Iterator[tuple[int, pl.Series]]:
    """Which events lie in each stretch."""
    if not timed:
        yield 0, pl.Series([True], dtype=pl.Boolean).new_from_index(0, stream.height)
        return
    buckets = stream["event_time"].dt.timestamp("us") // (BUCKET_HOURS * 3_600_000_000)
    for time in buckets.unique().sort():
        yield time, buckets == time


def _counted(kind: str, accounts: pl.Series, keys: pl.Series, time: int, events: NDArray[np.uint32]) -> pl.DataFrame:
    # A pair is one whole number: sorting these takes a tenth of the time that grouping by two columns does.
    pairs = _codes(accounts) << np.uint64(32) | _codes(keys)
    order = np.argsort(pairs)
    ordered = pairs[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=~ordered[:1]))
    # A pair's last row stands for all of them.
    rows = order[np.append(starts[1:], len(order)) - 1] if len(order) else order
    return pl.DataFrame(
        {
            "account_id": accounts.gather(rows),
            "kind": pl.Series([kind], dtype=pl.Categorical).new_from_index(0, len(rows)),
            "key": keys.gather(rows),
            "time": np.full(len(rows), time, dtype=np.int32),
            "events": np.add.reduceat(events[order], starts) if len(order) else events,
        },
        schema=LINKS,
    )


def _codes(ids: pl.Series) -> NDArray[np.uint64]:
    return ids.to_physical().cast(pl.UInt64).to_numpy()
