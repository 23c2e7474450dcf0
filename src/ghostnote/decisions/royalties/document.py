"""What a settlement says about itself: `royalties.json`, beside its tables."""

import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from ghostnote.decisions.documents import read_json
from ghostnote.decisions.royalties.terms import Terms
from ghostnote.decisions.summary import Count
from ghostnote.errors import GhostnoteError

#: Raised by one whenever a reader of the previous number would misunderstand the file.
FORMAT = 1
ROYALTIES_FILE = "royalties.json"


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """All pools together. `artificial_plays` are held or excluded, `held_plays` are among them; amounts are exact.

    `paid_before` and `unallocated_before` add up to `pool`, and so do `paid_after`, `held` and `unallocated_after`.
    `gained` is what owners gain who gain when artificial plays go, `owners_gaining` how many these are.
    """

    plays: Count
    paying_plays: Count
    artificial_plays: Count
    held_plays: Count
    owners: Count
    tracks: Count
    pools: Count
    pool: Decimal
    paid_before: Decimal
    unallocated_before: Decimal
    paid_after: Decimal
    held: Decimal
    unallocated_after: Decimal
    gained: Decimal
    owners_gaining: Count
    owners_losing: Count


class Penalties(msgspec.Struct, frozen=True, kw_only=True):
    """How many tracks will be over the penalty line, or may be, and what that costs their owners."""

    line: float
    per_track: Decimal
    tracks_will: Count
    tracks_may: Count
    amount: Decimal
    at_most: Decimal


class EligibilityFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Whether small tracks were left out, on what grounds, and how many: with artificial plays and without."""

    applied: bool
    said: str
    tracks_below_before: Count = 0
    tracks_below_after: Count = 0
    plays_below_before: Count = 0
    plays_below_after: Count = 0


class Royalties(msgspec.Struct, frozen=True, kw_only=True):
    """One settled period; `start` and `end` are both included. Amounts are text, with the currency's digits."""

    format: int = FORMAT
    ghostnote: str
    made_at: datetime
    lake: str
    decisions: str
    start: date
    end: date
    currency: str
    terms: Terms
    totals: Totals
    penalties: Penalties
    eligibility: EligibilityFacts
    rejected_rows: Count = 0
    duplicates: Count = 0
    unreadable_files: list[str] = []
    notes: list[str] = []


def read_royalties(folder: str | os.PathLike[str]) -> Royalties:
    """Read `royalties.json`; `GhostnoteError` if it is not there, of another format, or not what it should be."""
    path = Path(folder) / ROYALTIES_FILE
    if not path.is_file():
        raise GhostnoteError(f"{folder} has no {ROYALTIES_FILE}: give the folder that `ghostnote royalties` wrote.")
    return read_json(path, Royalties, number=FORMAT, command="ghostnote royalties")
