"""A lake and a folder of decisions in, a settlement on disk out: what `ghostnote royalties` does."""

from datetime import date, datetime
from pathlib import Path

import polars as pl

from ghostnote.decisions.royalties.collecting import Collected, collect
from ghostnote.decisions.royalties.document import Royalties
from ghostnote.decisions.royalties.periods import settled_days
from ghostnote.decisions.royalties.pots import fill, revenue_of
from ghostnote.decisions.royalties.statements import Settlement, settle
from ghostnote.decisions.royalties.summing_up import sum_up
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.royalties.verdicts import Verdicts
from ghostnote.decisions.royalties.writing import refuse_other, write_settlement
from ghostnote.decisions.summary import Summary, read_summary
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake
from ghostnote.progress import Progress, silent


def settle_lake(
    lake: Lake,
    decisions: Path,
    out: Path,
    terms: Terms,
    *,
    made_at: datetime,
    month: str | None = None,
    start: date | None = None,
    end: date | None = None,
    streams: Path | None = None,
    progress: Progress = silent,
) -> tuple[Settlement, Royalties]:
    """Settle a month, or a part of one (both ends included; default: what was decided about), and write it to `out`.

    Verdicts come from the folder that `ghostnote score` wrote, and must be there for each play of the period. Raises
    `GhostnoteError` if they are not, if no play arrived, for dates, revenue or files that cannot be, and for an `out`
    that holds something else.
    """
    refuse_other(out)
    about = read_summary(decisions)
    period = settled_days(month, start, end, (about.start, about.end))
    rows = revenue_of(terms, *period)
    _refuse_other_days(lake, period, about, decisions)
    verdicts = decided(decisions)
    collected = collect(lake, verdicts, *period, terms, streams=streams, decided_from=about.start, progress=progress)
    _refuse_undecided(collected, lake, period, about, decisions)
    if (about.start, about.end) == period and len(verdicts) != collected.intake.plays:
        raise GhostnoteError(
            f"The decisions in {decisions} are about {len(verdicts):,} plays and {lake.path} has "
            f"{collected.intake.plays:,} from {period[0]} to {period[1]}: score this lake again."
        )
    progress("Sharing out", 0, 2)
    settled = settle(
        collected.sums,
        fill(collected.sums, terms, rows),
        collected.owners,
        collected.listeners,
        collected.eligible,
        terms,
    )
    progress("Sharing out", 1, 2)
    said = sum_up(settled, collected, terms, period, lake=str(lake.path), decisions=str(decisions), made_at=made_at)
    write_settlement(settled, said, out)
    progress("Sharing out", 2, 2)
    return settled, said


def decided(decisions: Path) -> Verdicts:
    """The verdicts in a folder that `ghostnote score` wrote; `GhostnoteError` if it has none that can be read."""
    path = decisions / "plays.parquet"
    try:
        return Verdicts(pl.scan_parquet(path).select("event_id", "verdict"))
    except (OSError, pl.exceptions.PolarsError) as error:
        why = str(error).strip().splitlines()[0].rstrip(".")
        raise GhostnoteError(f"{path} cannot be read ({why}): run `ghostnote score` again.") from error


def _refuse_other_days(lake: Lake, period: tuple[date, date], about: Summary, decisions: Path) -> None:
    """Days without plays or that were not judged, found before anything is read."""
    if "plays" not in lake.tables():
        raise GhostnoteError(f"{lake.path} has no plays: there is nothing to settle.")
    there = lake.days("plays")
    days = [day for day in there if period[0] <= day <= period[1]]
    if there and not days and None not in {day for day, _ in lake.partitions("plays")}:
        raise GhostnoteError(
            f"{lake.path} has no plays from {period[0]} to {period[1]}: its days are {there[0]} to {there[-1]}."
        )
    if days and not (about.start <= days[0] and days[-1] <= about.end):
        raise GhostnoteError(
            f"The decisions in {decisions} are about {about.start} to {about.end}, and plays arrived {days[0]} to "
            f"{days[-1]}: settle only what was decided with --from and --to, or score all of it."
        )


def _refuse_undecided(
    collected: Collected, lake: Lake, period: tuple[date, date], about: Summary, decisions: Path
) -> None:
    intake = collected.intake
    if intake.undecided:
        raise GhostnoteError(
            f"The decisions in {decisions} know nothing of {intake.undecided:,} of the {intake.plays:,} plays of "
            f"{lake.path} from {period[0]} to {period[1]}: they were made from {about.lake}; score this lake again."
        )
