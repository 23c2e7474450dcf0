"""Plays of a period added up, day by day: what counts, what is held and what is excluded, by track and country."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read_days
from ghostnote.events.repeats import SeenIds
from ghostnote.progress import Progress, silent

#: Plays by track and country (null where nobody knows it). `streams` are royalty-bearing ones; `plays` are all.
COUNTS = pl.Schema(
    {
        "track_id": pl.String(),
        "country": pl.String(),
        "plays": pl.Int64(),
        "held": pl.Int64(),
        "excluded": pl.Int64(),
        "streams": pl.Int64(),
        "streams_held": pl.Int64(),
        "streams_excluded": pl.Int64(),
    }
)
#: Plays that do not count, one row each.
WITHHELD = pl.Schema(
    {
        "event_id": pl.String(),
        "event_time": pl.Datetime("us", "UTC"),
        "account_id": pl.String(),
        "track_id": pl.String(),
        "verdict": pl.String(),
    }
)
_NEEDED = ("event_id", "event_time", "account_id", "track_id", "ms_played", "country")


@dataclass
class Counted:
    """`counts` as in `COUNTS`, `withheld` as in `WITHHELD`, and what could not be read."""

    counts: pl.DataFrame
    withheld: pl.DataFrame
    rejected_rows: int = 0
    duplicates: int = 0
    unreadable: list[str] = field(default_factory=list)


def count(
    lake: Lake,
    verdicts: pl.DataFrame,
    start: date,
    end: date,
    royalty_ms: int,
    progress: Progress = silent,
    seen: SeenIds | None = None,
) -> Counted:
    """Add up the plays that arrived from `start` to `end`; those that `verdicts` does not know count, and those
    in `seen` are repeats.

    Memory: a day's plays, the sums, and the plays withheld. Raises `GhostnoteError` if no play arrived.
    """
    found = Counted(COUNTS.to_frame(), WITHHELD.to_frame())
    sums, withheld, plays = [found.counts], [found.withheld], 0
    for part in _days(lake, start, end, found, seen, progress):
        marked = part.join(verdicts.select("event_id", "verdict"), on="event_id", how="left").with_columns(
            pl.col("verdict").fill_null("count"), (pl.col("ms_played") >= royalty_ms).alias("stream")
        )
        sums.append(_summed(marked))
        withheld.append(
            marked.filter(pl.col("verdict") != "count").select(
                pl.col(name).cast(dtype) for name, dtype in WITHHELD.items()
            )
        )
        plays += part.height
    if not plays:
        raise GhostnoteError(
            f"No play of {lake.path} from {start} to {end} can be read: `ghostnote validate` says why."
        )
    numbers = [name for name, dtype in COUNTS.items() if dtype == pl.Int64]
    totals = pl.concat(sums).group_by("track_id", "country").agg(pl.col(numbers).sum())
    found.counts = totals.sort("streams", "track_id", "country", descending=[True, False, False])
    found.withheld = pl.concat(withheld).sort("event_time", "event_id")
    return found


def _days(
    lake: Lake, start: date, end: date, found: Counted, seen: SeenIds | None, progress: Progress
) -> Iterator[pl.DataFrame]:
    for _, reading in read_days(lake, "plays", start, end, progress, seen=seen):
        found.rejected_rows += reading.rejected.height
        found.duplicates += reading.duplicates
        found.unreadable += [f"{path}: {why}" for path, why in reading.unreadable]
        rows = reading.rows.select(name for name in _NEEDED if name in reading.rows.columns)
        yield rows if "country" in rows.columns else rows.with_columns(country=pl.lit(None, dtype=pl.String))


def _summed(marked: pl.DataFrame) -> pl.DataFrame:
    held, excluded, stream = pl.col("verdict") == "hold", pl.col("verdict") == "exclude", pl.col("stream")
    summed = marked.group_by("track_id", "country").agg(
        plays=pl.len(),
        held=held.sum(),
        excluded=excluded.sum(),
        streams=stream.sum(),
        streams_held=(stream & held).sum(),
        streams_excluded=(stream & excluded).sum(),
    )
    return summed.select(pl.col(name).cast(dtype) for name, dtype in COUNTS.items())
