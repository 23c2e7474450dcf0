"""Which tracks are paid at all: those that were streamed often enough in the months before."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from ghostnote.decisions.royalties.tally import Growing, Listeners
from ghostnote.decisions.royalties.terms import Eligibility
from ghostnote.errors import GhostnoteError

#: Royalty-bearing plays of a track over the months that count, with and without those excluded; and the different
#: accounts behind them (null where they were not counted).
STREAMS = pl.Schema(
    {
        "track_id": pl.String(),
        "streams_before": pl.Int64(),
        "streams_after": pl.Int64(),
        "listeners_before": pl.Int64(),
        "listeners_after": pl.Int64(),
    }
)
_COUNTS = pl.Schema({"track_id": pl.String(), "streams_before": pl.Int64(), "streams_after": pl.Int64()})


@dataclass(frozen=True)
class Eligible:
    """Which tracks are paid. `tracks` has `STREAMS`, `before` and `after`: whether it is paid, with artificial plays
    and without; a track that is not there is not paid. None, if it was not looked at: then every track is.

    `said` is a sentence on what it rests on, or on why it was not applied.
    """

    tracks: pl.DataFrame | None
    said: str

    @classmethod
    def of(cls, streams: pl.DataFrame, terms: Eligibility, said: str) -> "Eligible":
        """From `STREAMS`, a row per track."""

        def enough(when: str) -> pl.Expr:
            known = pl.col(f"listeners_{when}") >= terms.listeners if terms.listeners else pl.lit(value=True)
            return ((pl.col(f"streams_{when}") >= terms.streams) & known).fill_null(value=False).alias(when)

        return cls(streams.with_columns(enough("before"), enough("after")), said)


class StreamCount:
    """Streams and, if they are asked for, listeners of each track, day by day."""

    def __init__(self, terms: Eligibility) -> None:
        self._counts = Growing(_COUNTS, ["track_id"])
        self._listeners = (Listeners(), Listeners()) if terms.listeners else None

    def add(self, plays: pl.DataFrame) -> None:
        """Add plays as `tally.judged` returns them."""
        paying = plays.filter("paying")
        left = pl.col("verdict") != "exclude"
        self._counts.add(
            paying.group_by("track_id").agg(
                pl.len().cast(pl.Int64).alias("streams_before"), left.sum().cast(pl.Int64).alias("streams_after")
            )
        )
        if self._listeners:
            self._listeners[0].add(paying)
            self._listeners[1].add(paying.filter(left))

    def streams(self) -> pl.DataFrame:
        """All that was added, see `STREAMS`."""
        found = self._counts.merged()
        for name, listeners in zip(("listeners_before", "listeners_after"), self._listeners or (), strict=False):
            counts = listeners.counts().rename({"listeners": name})
            found = found.join(counts, on="track_id", how="left").with_columns(pl.col(name).fill_null(0))
        missing = [pl.lit(None, dtype=pl.Int64).alias(name) for name in STREAMS if name not in found.columns]
        return found.with_columns(missing).select(STREAMS.names()).sort("track_id")


def read_streams(path: Path, terms: Eligibility) -> pl.DataFrame:
    """A file (CSV or Parquet) with each track's streams over the months that count: track_id, streams, and listeners if
    the terms ask for them.

    Raises `GhostnoteError` if it is no such file, a count is missing or negative, or a track comes twice.
    """
    wanted = {"track_id": pl.String(), "streams": pl.Int64()} | ({"listeners": pl.Int64()} if terms.listeners else {})
    try:
        raw = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
        absent = [name for name in wanted if name not in raw.columns]
        if absent:
            raise GhostnoteError(f"{path} has no column {absent[0]}: it needs {', '.join(wanted)}.")
        rows = raw.select(pl.col(name).cast(dtype) for name, dtype in wanted.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        raise GhostnoteError(f"{path} cannot be read as streams per track: {why}.") from error
    if sum(rows.null_count().row(0)) or any((rows[name] < 0).any() for name in wanted if name != "track_id"):
        raise GhostnoteError(f"{path} has a row without a track or with a count that is missing or negative.")
    if twice := rows.filter(pl.col("track_id").is_duplicated())["track_id"].to_list():
        raise GhostnoteError(f"{path} has the track {twice[0]} more than once: give each track's sum.")
    return rows


def with_period(given: pl.DataFrame, period: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """`STREAMS` from a file's counts and what the period alone shows, and how many tracks the file knows too few of.

    `given` as `read_streams` returns it, all plays included; `period` is what `StreamCount` found in the period. What
    was excluded in the period is taken off. Where the file has fewer streams than the period, or none, the period's
    count stands. How many listeners would be left without what was excluded, a file cannot say: they are the same in
    both cases.
    """
    both = period.join(given, on="track_id", how="full", coalesce=True).sort("track_id")
    excluded = (pl.col("streams_before") - pl.col("streams_after")).fill_null(0)
    seen = pl.col("streams_before").fill_null(0)
    short = both.filter(pl.col("streams").fill_null(0) < seen).height
    total = pl.max_horizontal(pl.col("streams").fill_null(0), seen)
    listeners = pl.max_horizontal("listeners_before", *(["listeners"] if "listeners" in given.columns else []))
    streams = both.select(
        "track_id",
        total.alias("streams_before"),
        (total - excluded).alias("streams_after"),
        listeners.alias("listeners_before"),
        listeners.alias("listeners_after"),
    )
    return streams, short


def first_month_day(end: date, months: int) -> date:
    """The first day of the `months` calendar months that end with the month of `end`.

    >>> first_month_day(date(2026, 3, 31), 12)
    datetime.date(2025, 4, 1)
    """
    place = end.year * 12 + end.month - months
    return date(place // 12, place % 12 + 1, 1)
