"""Which days are settled: one calendar month, or a part of one."""

import re
from datetime import date, timedelta

from ghostnote.decisions.royalties.terms import month_of
from ghostnote.errors import GhostnoteError

_MONTH = re.compile(r"(\d{4})-(\d{2})")


def month_days(text: str) -> tuple[date, date]:
    """The first and last day of a month; `GhostnoteError` if it is not written as YYYY-MM.

    >>> month_days("2026-02")
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    match = _MONTH.fullmatch(text)
    if match is None or not (1 <= int(match[2]) <= 12 and 1 <= int(match[1]) < 9999):
        raise GhostnoteError(f"--month '{text}' is no month: write it as YYYY-MM.")
    first = date(int(match[1]), int(match[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def settled_days(
    month: str | None, start: date | None, end: date | None, decided: tuple[date, date]
) -> tuple[date, date]:
    """The days that are settled: `month`, or `start` to `end`; what is not said is as it was `decided`.

    Raises `GhostnoteError` if both are given, the days are in no order, or lie in more than one month: each month has
    revenue, eligibility and penalties of its own.
    """
    if month is not None and (start or end):
        raise GhostnoteError("Give --month, or --from and --to, not both.")
    if month is not None:
        return month_days(month)
    first, last = start or decided[0], end or decided[1]
    if first > last:
        raise GhostnoteError(
            f"The period's first day {first} lies after its last, {last}: give --from and --to in order."
        )
    if month_of(first) != month_of(last):
        raise GhostnoteError(
            f"{first} to {last} lies in more than one month: settle each month by itself, the first with "
            f"--month {month_of(first)}."
        )
    return first, last
