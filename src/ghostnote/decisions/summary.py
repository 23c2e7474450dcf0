"""What a run of scoring says about itself: `summary.json`, and in a simulated world `truth.json`, beside the tables."""

import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from ghostnote.decisions.documents import read_json, write_json
from ghostnote.decisions.policy import Policy
from ghostnote.errors import GhostnoteError

#: Raised by one whenever a reader of the previous number would misunderstand a file.
FORMAT = 1

SUMMARY_FILE = "summary.json"
TRUTH_FILE = "truth.json"

Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class BundleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which bundle scored, and what it was trained on; an unsupervised bundle has seen no labels."""

    path: str
    format: int
    trained_from: date | None = None
    trained_to: date | None = None
    as_of: date | None = None
    labels_fraud: Count = 0
    labels_legit: Count = 0
    supervised: bool
    features: Count


class PolicyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds that turned scores into decisions; `None` means that no score sufficed for that action.

    `play_threshold` is on a play's score; `hold_threshold` and `account_threshold` are on an account's: from the first
    its plays are held, from the second it is acted on. `alerts_per_day` is the alert budget in accounts; the ceilings
    are shares of honest plays and accounts; `source` is a sentence on where the thresholds come from.
    """

    play_threshold: float | None
    hold_threshold: float | None
    account_threshold: float | None
    alerts_per_day: float | None = None
    honest_mark_ceiling: Share | None = None
    honest_account_ceiling: Share | None = None
    source: str = ""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much was read, and how much of it could not be used."""

    events: Count
    plays: Count
    accounts: Count
    rejected_rows: Count = 0
    duplicates: Count = 0
    unreadable_files: Count = 0
    late_events: Count = 0


class Histograms(msgspec.Struct, frozen=True, kw_only=True):
    """How many scores fall into each of equally wide bins from 0 to 1 (the last one includes 1)."""

    account_scores: list[Count]
    play_scores: list[Count]


class RuleHits(msgspec.Struct, frozen=True, kw_only=True):
    """How often one rule fired."""

    name: str
    description: str
    accounts_hit: Count
    plays_hit: Count


class SourceActs(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts were acted on that a rule, the model, tails, lockstep, ties or targets spoke against."""

    name: str
    accounts: Count


class Spared(msgspec.Struct, frozen=True, kw_only=True):
    """One action that untouched accounts are spared: how many of them, and what plays of theirs count and would not."""

    action: str
    accounts: Count
    plays: Count
    payout: float


class HoldOut(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of the period that are left alone whatever is thought of them, and what they are spared."""

    accounts: Count
    spared: list[Spared] = []


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """The pool and what the decisions move in it; `moved_to_honest` is what owners gain who gain."""

    currency: str
    pool: float
    withheld: float
    moved_to_honest: float


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """What decided, as SHA-256 digests: the bundle (all its files), the policy, the declarations of its features."""

    bundle: str = ""
    policy: str = ""
    features: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One run of scoring: its window, its bundle, its thresholds, its counts. `start` and `end` are both included.

    `versions` says exactly what decided, and `settings` is the policy as it was in force. `acted` counts accounts acted
    on by what spoke against them, among `account_days` judged. `hold_out` is null where the policy leaves nobody alone.
    """

    format: int = FORMAT
    ghostnote: str
    made_at: datetime
    lake: str
    start: date
    end: date
    bundle: BundleFacts
    policy: PolicyFacts
    counts: Counts
    histograms: Histograms
    money: Money
    missing_columns: list[str] = []
    notes: list[str] = []
    rules: list[RuleHits] = []
    versions: Versions = Versions()
    settings: Policy | None = None
    acted: list[SourceActs] = []
    account_days: Count = 0
    hold_out: HoldOut | None = None


class CampaignTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What one simulated or planted campaign did and how much of it was stopped.

    `first_day_share_withheld` is the share of its plays withheld on its first day; null if it made none that day.
    `hours_to_first_detection` counts from its first event to the first day flagged or play withheld, in hindsight: with
    all the period known; null if none was.
    """

    campaign_id: str
    kind: str
    accounts: Count
    accounts_caught: Count
    plays: Count
    plays_withheld: Count
    payout: float
    payout_withheld: float
    first_day_share_withheld: Share | None = None
    hours_to_first_detection: float | None = None


class CohortTruth(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of honest listener fared: `rate` of its accounts acted on, with its 95 % Wilson interval."""

    cohort: str
    accounts: Count
    accounts_acted: Count
    rate: Share
    low: Share
    high: Share
    plays: Count
    plays_withheld: Count


class HonestTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What honest listeners and the tracks they played lost to wrong decisions."""

    accounts: Count
    acted: Count
    plays: Count
    withheld: Count
    payout: float
    payout_withheld: float


class AveragePrecision(msgspec.Struct, frozen=True, kw_only=True):
    """The area under precision over recall; null where nothing was fraudulent."""

    accounts: Share | None = None
    plays: Share | None = None


class AtBudget(msgspec.Struct, frozen=True, kw_only=True):
    """Precision and recall among the accounts that the alert budget lets people look at."""

    budget_per_day: float
    precision: Share | None = None
    recall: Share | None = None


class WouldBe(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the untouched accounts that would have met an action.

    `precision` is the share of fraud among those of whom something is known, `fraud` and `honest`, with its 95 % Wilson
    interval; null where nothing is. `action` is one of an account's, or "any" for all that a holder would have noticed.
    """

    action: str
    accounts: Count
    fraud: Count
    honest: Count
    precision: Share | None = None
    low: Share = 0.0
    high: Share = 1.0


class HoldOutTruth(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions about untouched accounts held against what is known: no action of ours had a part in that.

    `recall` is the share of their `fraud` that would have met an action, with its 95 % Wilson interval.
    """

    accounts: Count
    fraud: Count
    would_be: list[WouldBe] = []
    recall: Share | None = None
    low: Share = 0.0
    high: Share = 1.0


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What really happened, known only where the attacks were simulated or planted."""

    format: int = FORMAT
    campaigns: list[CampaignTruth]
    cohorts: list[CohortTruth]
    honest: HonestTruth
    average_precision: AveragePrecision
    at_budget: AtBudget | None = None
    note: str = ""
    hold_out: HoldOutTruth | None = None


def write_document(folder: str | os.PathLike[str], document: Summary | Truth) -> Path:
    """Write `summary.json` or `truth.json` into `folder`, whole or not at all, and return its path."""
    return write_json(Path(folder) / (SUMMARY_FILE if isinstance(document, Summary) else TRUTH_FILE), document)


def read_summary(folder: str | os.PathLike[str]) -> Summary:
    """Read `summary.json`; `GhostnoteError` if it is not there, of another format, or not what it should be."""
    path = Path(folder) / SUMMARY_FILE
    if not path.is_file():
        raise GhostnoteError(f"{folder} has no {SUMMARY_FILE}: give the folder that `ghostnote score` wrote.")
    return read_json(path, Summary, number=FORMAT, command="ghostnote score")


def read_truth(folder: str | os.PathLike[str]) -> Truth | None:
    """Read `truth.json`; `None` if it is not there, as in every lake that is not simulated."""
    path = Path(folder) / TRUTH_FILE
    return read_json(path, Truth, number=FORMAT, command="ghostnote score") if path.is_file() else None
