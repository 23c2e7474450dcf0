"""Which days a close is about: days of arrival, so that no play comes too late for its close."""

from dataclasses import dataclass
from datetime import date, timedelta

from ghostnote.errors import GhostnoteError

#: Kinds of close and who takes them: recommendations, charts, payouts.
KINDS = ("daily", "weekly", "monthly")


@dataclass(frozen=True)
class Period:
    """A close's kind and its days, both ends included."""

    kind: str
    start: date
    end: date

    @property
    def name(self) -> str:
        """Names the close in the ledger: its kind and its last day, or its month."""
        return f"{self.kind}:{self.end:%Y-%m}" if self.kind == "monthly" else f"{self.kind}:{self.end.isoformat()}"

    def overlaps(self, other: "Period") -> bool:
        """Whether both are of one kind and share a day."""
        return self.kind == other.kind and self.start <= other.end and other.start <= self.end


def period(kind: str, text: str) -> Period:
    """The days of a close: a day, the week that ends with it, or a calendar month (YYYY-MM, or any day of it).

    >>> period("weekly", "2026-03-12")
    Period(kind='weekly', start=datetime.date(2026, 3, 6), end=datetime.date(2026, 3, 12))
    >>> period("monthly", "2026-02").end
    datetime.date(2026, 2, 28)
    """
    if kind == "monthly" and len(text) == len("2026-03"):
        text = f"{text}-01"
    try:
        day = date.fromisoformat(text)
    except ValueError:
        wanted = "YYYY-MM" if kind == "monthly" else "YYYY-MM-DD"
        raise GhostnoteError(f"--date '{text}' is no date: write it as {wanted}.") from None
    if kind == "daily":
        return Period(kind, day, day)
    if kind == "weekly":
        return Period(kind, day - timedelta(days=6), day)
    first = day.replace(day=1)
    return Period(kind, first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
