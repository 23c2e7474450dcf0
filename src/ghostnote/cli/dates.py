"""Dates as people type them on the command line."""

from datetime import UTC, date, datetime, time

from ghostnote.errors import GhostnoteError


def day(text: str | None, option: str) -> date | None:
    """YYYY-MM-DD as a date; `GhostnoteError` naming the option if it is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise GhostnoteError(f"{option} '{text}' is no date: write it as YYYY-MM-DD.") from None


def end_of_day(text: str | None, option: str) -> datetime | None:
    """The last microsecond, in UTC, of a day typed as YYYY-MM-DD."""
    chosen = day(text, option)
    return None if chosen is None else datetime.combine(chosen, time.max, tzinfo=UTC)
