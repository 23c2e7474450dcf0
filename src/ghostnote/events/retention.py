"""Days of events that are older than a team may keep them."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake

#: Tables whose days are deleted; sign-ups stay, for an account is kept as long as it is one.
TABLES = ("logins", "plays", "actions")


@dataclass(frozen=True)
class Expired:
    """Days of one table that are older than allowed: how many, the first and the last."""

    table: str
    days: int
    first: date
    last: date


def expired(lake: Lake, keep_days: int, today: date) -> list[Expired]:
    """What is older than `keep_days` days; nothing is deleted."""
    found = []
    for table in TABLES:
        old = [day for day in lake.days(table) if day < today - timedelta(days=keep_days)]
        if old:
            found.append(Expired(table, len(old), old[0], old[-1]))
    return found


def expire(lake: Lake, keep_days: int, today: date) -> list[Expired]:
    """Delete what is older than `keep_days` days, day by day, oldest first; returns what was deleted.

    A run that was cut short is finished by another one. Raises `GhostnoteError` if all plays would go: a lake without
    any is none.
    """
    found = expired(lake, keep_days, today)
    if any(part.table == "plays" and part.last == lake.days("plays")[-1] for part in found):
        raise GhostnoteError(
            f"All plays of {lake.path} are older than {keep_days} days: delete the lake itself if that is meant."
        )
    for part in found:
        for day in lake.days(part.table):
            if part.first <= day <= part.last:
                shutil.rmtree(lake.path / part.table / f"dt={day.isoformat()}")
    return found
