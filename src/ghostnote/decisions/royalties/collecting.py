"""A lake and its verdicts in, sums out: each day of arrival is read once, and forgotten when it is added up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from ghostnote.decisions.royalties.homes import SIGNUPS, Homes
from ghostnote.decisions.royalties.sharing import paid_to
from ghostnote.decisions.royalties.streams import Eligible, StreamCount, first_month_day, read_streams, with_period
from ghostnote.decisions.royalties.tally import Tally, judged
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.royalties.verdicts import Verdicts
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.events.reading import Reading, read, read_days
from ghostnote.events.repeats import SeenIds
from ghostnote.progress import Progress, silent


@dataclass
class Intake:
    """What was read of a lake, and what of it could not be used. `undecided` plays of the period have no verdict."""

    plays: int = 0
    undecided: int = 0
    rejected_rows: int = 0
    duplicates: int = 0
    unreadable: list[str] = field(default_factory=list)

    def note(self, reading: Reading) -> None:
        """Count what was wrong with a reading."""
        self.rejected_rows += reading.rejected.height
        self.duplicates += reading.duplicates
        self.unreadable += [f"{path}: {why}" for path, why in reading.unreadable]


@dataclass(frozen=True)
class Collected:
    """All that a settlement follows from, see `statements.settle`."""

    sums: pl.DataFrame
    listeners: pl.DataFrame
    owners: pl.DataFrame
    eligible: Eligible
    intake: Intake


def collect(
    lake: Lake,
    verdicts: Verdicts,
    start: date,
    end: date,
    terms: Terms,
    *,
    streams: Path | None = None,
    decided_from: date | None = None,
    seen: SeenIds | None = None,
    progress: Progress = silent,
) -> Collected:
    """Add up the plays that arrived from `start` to `end` (both included), by pool and track.

    `streams` is a file with each track's streams over the months that make it eligible; without one they are counted in
    the lake, if it reaches back far enough, and else eligibility is not applied. `decided_from` is the first day of
    arrival that the verdicts are about, if each play since then has one: then a play that arrived before the period as
    well is a repeat, which was settled with its first arrival and counts nowhere; `seen` knows such plays otherwise.
    Plays without a verdict count, and
    are told in `intake.undecided`. Memory: a day's plays, the sums, and up to 25 bytes per play. Raises
    `GhostnoteError` if no play arrived in the period.
    """
    intake, wanted = Intake(), terms.eligibility.wanted
    given = read_streams(streams, terms.eligibility) if streams is not None and wanted else None
    since = first_month_day(end, terms.eligibility.months)
    reaches = wanted and given is None and _reaches(lake, since)
    homes = Homes(_signups(lake, intake) if terms.pool_by else SIGNUPS.to_frame())
    tally, counted = Tally(terms, homes), StreamCount(terms.eligibility)
    first = min(start, since if reaches else start, decided_from or start)
    for day, found in _plays(lake, first, end, intake, seen if first == start else None, progress):
        if day < start:
            if reaches and day >= since:
                counted.add(judged(found, verdicts, terms))
            continue
        marked = judged(found, verdicts, terms)
        if decided_from:
            marked = _once(lake, marked, first, intake)
        intake.plays += marked.height
        intake.undecided += int(marked["undecided"].sum())
        tally.add(marked)
        if wanted:
            counted.add(marked)
    if not intake.plays:
        raise GhostnoteError(
            f"No play of {lake.path} from {start} to {end} can be read: `ghostnote validate` says why."
        )
    eligible = _eligible(terms, counted, given, reaches, since, end, lake)
    catalogue = read(lake, "tracks")
    intake.note(catalogue)
    return Collected(tally.sums(), tally.listeners(), paid_to(catalogue.rows), eligible, intake)


def _plays(
    lake: Lake, start: date, end: date, intake: Intake, seen: SeenIds | None, progress: Progress
) -> Iterator[tuple[date, pl.DataFrame]]:
    columns = ("event_id", "event_time", "account_id", "track_id", "ms_played", "country")
    for day, reading in read_days(lake, "plays", start, end, progress, seen=seen):
        intake.note(reading)
        yield day, reading.rows.select(name for name in columns if name in reading.rows.columns)


def _signups(lake: Lake, intake: Intake) -> pl.DataFrame:
    parts = [SIGNUPS.to_frame()]
    for _, reading in read_days(lake, "signups"):
        intake.note(reading)
        parts.append(reading.rows.select(SIGNUPS.names()))
    return pl.concat(parts)


def _once(lake: Lake, plays: pl.DataFrame, first: date, intake: Intake) -> pl.DataFrame:
    """Without plays that arrived before the `first` day read: what was decided about them then is not known here."""
    doubtful = plays.filter("undecided")["event_id"]
    # Once a play is known to lack a verdict the lake is another, and there is nothing to look up.
    if doubtful.is_empty() or intake.undecided:
        return plays
    known = _arrived_before(lake, doubtful, first)
    intake.duplicates += known.len()
    return plays.filter(~pl.col("event_id").is_in(known.implode()))


def _arrived_before(lake: Lake, ids: pl.Series, first: date) -> pl.Series:
    found = [ids.clear()]
    for day, path in lake.partitions("plays", None, first - timedelta(days=1)):
        if day is None:
            continue
        try:
            earlier = pl.scan_parquet(path, hive_partitioning=False).select(pl.col("event_id").cast(pl.String))
            found.append(earlier.filter(pl.col("event_id").is_in(ids.implode())).collect()["event_id"])
        except (OSError, pl.exceptions.PolarsError):
            continue  # What cannot be read was counted nowhere.
    return pl.concat(found).unique()


def _reaches(lake: Lake, since: date) -> bool:
    days = lake.days("plays")
    return bool(days) and days[0] <= since


def _eligible(
    terms: Terms,
    counted: StreamCount,
    given: pl.DataFrame | None,
    reaches: bool,
    since: date,
    end: date,
    lake: Lake,
) -> Eligible:
    asked = terms.eligibility
    if not asked.wanted:
        return Eligible(None, "Every track is paid, however seldom it was streamed: the terms say so.")
    rule = f"{asked.streams:,} streams" + (f" by {asked.listeners:,} listeners" if asked.listeners else "")
    if given is not None:
        streams, short = with_period(given, counted.streams())
        said = f"A track is paid from {rule} in {asked.months} months on, by the counts that were given."
        if short:
            said += (
                f" Of {short:,} tracks these know fewer streams than the period alone has, or none: those of the "
                "period stand for them."
            )
        return Eligible.of(streams, asked, said)
    if reaches:
        said = f"A track is paid from {rule} from {since} to {end} on, counted in the lake."
        return Eligible.of(counted.streams(), asked, said)
    days = lake.days("plays")
    begins = f"begins on {days[0]}" if days else "does not say on which days its plays arrived"
    return Eligible(
        None,
        f"That a track needs {rule} in {asked.months} months was not applied: the lake {begins} and would have to "
        f"reach back to {since}. Give each track's streams with --streams, or set eligibility.streams to 0.",
    )
