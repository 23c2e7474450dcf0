"""Dates as people type them on the command line."""

from datetime import UTC, date, datetime, time

from ghostnote.errors import GhostnoteError


def day(text: str | None, option: str) -> date | None:
    """YYYY-MM-DD as a date; `GhostnoteError` naming the option if it is none."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    # Python reads more than this one way of writing a day, among them week numbers.
    if found is None or found.isoformat() != text:
        raise GhostnoteError(f"{option} '{text}' is no date: write it as YYYY-MM-DD.")
    return found


def end_of_day(text: str | None, option: str) -> datetime | None:
    """The last microsecond, in UTC, of a day typed as YYYY-MM-DD."""
    chosen = day(text, option)
    return None if chosen is None else datetime.combine(chosen, time.max, tzinfo=UTC)
