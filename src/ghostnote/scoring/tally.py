"""What all plays of a period add up to, counted while they are written out a day at a time."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.standing import AIMED, BY_ACCOUNT, CEILING, HELD
from ghostnote.decisions.tables import PLAYS
from ghostnote.scoring.decide import VERDICTS, Decided

_BINS = 40
_REASONS = {"account": BY_ACCOUNT, "target": AIMED, "held": HELD, "ceiling": CEILING}
_TRACK = pl.Schema({"track_id": pl.Categorical(), "artist_id": pl.Categorical(), "owner_id": pl.Categorical()})
_DAY = pl.Schema({"day": pl.Date(), "plays": pl.Int64(), "paying": pl.Int64()})
Counts = NDArray[np.int64]


class Tally:
    """Plays as the decision table has them, and counts of those that were given out.

    Counts are whole once all days of `tables` were. Money is counted in plays that would be paid, since sums of prices
    depend on their order.
    """

    def __init__(self, decided: Decided, policy: Policy) -> None:
        self._decided, self._policy = decided, policy
        self._days: list[tuple[date, int, int]] = []
        self._named: list[pl.DataFrame] = []
        none = np.zeros(0, dtype=np.int64)
        self._tracks, self._paid_tracks, self._paid_accounts = none, none, none
        #: How many plays have a score in each fortieth of 0 to 1.
        self.scores = histogram(pl.Series(dtype=pl.Float32))

    def tables(self) -> Iterator[pl.DataFrame]:
        """A day's plays after the other, each of the schema `decisions.tables.PLAYS`."""
        withheld = self._decided.withheld.partition_by("day", as_dict=True)
        last = self._decided.days["day"].max()
        assert isinstance(last, date)
        for day, rows in self._decided.plays.days(last):
            paying = rows["ms_played"] >= self._policy.royalty_ms
            self._count(day, rows, paying.to_numpy())
            yield self._table(rows, paying, withheld.get((day,), self._decided.withheld.clear()))

    @property
    def plays(self) -> int:
        """How many there were."""
        return sum(count for _, count, _ in self._days)

    @property
    def paying(self) -> int:
        """How many would be paid."""
        return sum(count for _, _, count in self._days)

    @property
    def days(self) -> pl.DataFrame:
        """day, plays, paying; of days with plays."""
        return pl.DataFrame([day for day in self._days if day[1]], schema=_DAY, orient="row")

    def by_track(self) -> pl.DataFrame:
        """track_id, artist_id, owner_id (text), plays, paying (int64), of tracks with plays."""
        named = pl.concat([_TRACK.to_frame(), *self._named])
        codes = named["track_id"].to_physical().to_numpy()
        counts = pl.Series("plays", self._tracks[codes]), pl.Series("paying", self._paid_tracks[codes])
        return named.cast({pl.Categorical: pl.String}).with_columns(counts)

    def paying_of(self, accounts: pl.Series) -> Counts:
        """How many plays of each of `accounts` (text) would be paid."""
        codes = accounts.cast(pl.Categorical).to_physical().to_numpy()
        counts: Counts = _sized(self._paid_accounts, int(codes.max(initial=0)) + 1)[codes]
        return counts

    def _table(self, rows: pl.DataFrame, paying: pl.Series, withheld: pl.DataFrame) -> pl.DataFrame:
        """One day's plays with what was decided about them."""
        gone, spared = (withheld.drop_nulls(name) for name in ("because", "would_be"))
        why = np.zeros(rows.height, dtype=np.uint32)
        why[gone["place"].to_numpy()] = gone["because"].to_physical().to_numpy() + np.uint32(1)
        would = np.zeros(rows.height, dtype=np.uint32)
        would[spared["place"].to_numpy()] = (spared["would_be"] == "exclude").cast(pl.UInt32).to_numpy() + np.uint32(1)
        verdict = pl.Series("verdict", ["count", *VERDICTS.values()])[why]
        payout = pl.when(paying).then(self._policy.payout_per_play).otherwise(0.0)
        lost = pl.when(verdict == "count").then(0.0).otherwise(payout)
        decided = rows.with_columns(
            verdict,
            pl.Series("reason", [None, *(_REASONS[because] for because in VERDICTS)])[why],
            payout.alias("payout"),
            lost.alias("withheld_payout"),
            pl.Series("would_be", [None, "hold", "exclude"])[would],
        )
        return decided.select(pl.col(column).cast(dtype) for column, dtype in PLAYS.items())

    def _count(self, day: date, rows: pl.DataFrame, paying: NDArray[np.bool_]) -> None:
        tracks, accounts = (rows[name].to_physical().to_numpy() for name in ("track_id", "account_id"))
        known = _sized(self._tracks, int(tracks.max(initial=0)) + 1)
        fresh = rows.select(_TRACK.names())[np.flatnonzero(known[tracks] == 0)]
        self._named.append(fresh.unique("track_id", keep="first", maintain_order=True))
        self._tracks = _added(known, tracks)
        # Of one length with the tracks.
        self._paid_tracks = _added(_sized(self._paid_tracks, len(self._tracks)), tracks[paying])
        self._paid_accounts = _added(self._paid_accounts, accounts[paying])
        self._days.append((day, rows.height, int(paying.sum())))
        self.scores = [a + b for a, b in zip(self.scores, histogram(rows["score"]), strict=True)]


def histogram(scores: pl.Series) -> list[int]:
    """How many of the known `scores` lie in each fortieth of 0 to 1."""
    known = scores.drop_nulls().drop_nans().to_numpy()
    return [int(count) for count in np.histogram(known, bins=_BINS, range=(0.0, 1.0))[0]]


def _added(counts: Counts, codes: NDArray[np.uint32]) -> Counts:
    """`counts` by code, with one more for each of `codes`."""
    found = np.bincount(codes)
    grown = _sized(counts, len(found))
    grown[: len(found)] += found
    return grown


def _sized(counts: Counts, size: int) -> Counts:
    return np.pad(counts, (0, max(0, size - len(counts))))
