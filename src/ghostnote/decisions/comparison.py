"""Two policies held against the same days: what each decides, and for whom that differs. `comparison.json`."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from ghostnote.decisions.summary import CohortTruth, Count, HonestTruth, Share

FORMAT = 1
COMPARISON_FILE = "comparison.json"

Amount = Annotated[float, msgspec.Meta(ge=0.0)]


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """One cohort that a service can observe: how many of its accounts are acted on, with a 95 % Wilson interval.

    `honest` of its accounts are honest as far as anybody knows, and `wrong` of those are acted on; null where nothing
    is known.
    """

    by: str
    cohort: str
    accounts: Count
    acted: Count
    low: Share
    high: Share
    honest: Count | None = None
    wrong: Count | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one policy decides. Money is in `currency`; `withheld` campaigns have a play that does not count.

    `cohorts` and `honest` say how honest listeners fare; empty and null where nothing is known.
    """

    name: str
    plays_held: Count
    plays_excluded: Count
    actions: dict[str, Count]
    reviews_per_day: Amount
    campaigns: Count
    campaigns_withheld: Count
    currency: str
    pool: Amount
    withheld: Amount
    moved: Amount
    observed: list[Observed]
    honest: HonestTruth | None = None
    cohorts: list[CohortTruth] = []
    notes: list[str] = []


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An account that the two policies treat differently; `payouts` are withheld under each."""

    account_id: str
    actions: tuple[str, str]
    payouts: tuple[Amount, Amount]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The first policy against the second. `only_first` accounts are acted on by the first alone.

    `changes` has those accounts for whom most money changes; `changed` counts all that are treated differently.
    `simulated` says whether the truth is known; if not, who counts as honest is whom nobody labelled.
    """

    format: int = FORMAT
    ghostnote: str
    made_at: datetime
    lake: str
    start: date
    end: date
    plays: Count
    accounts: Count
    first: Outcome
    second: Outcome
    changed: Count
    only_first: Count
    only_second: Count
    changes: list[Change]
    simulated: bool
    unreadable_files: Count = 0
