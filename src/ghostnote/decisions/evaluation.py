"""What an evaluation found: `evaluation.json`, which the page is drawn from."""

import os
from datetime import date, datetime
from pathlib import Path

import msgspec

from ghostnote.decisions.documents import read_json
from ghostnote.decisions.summary import Count, Share, Truth
from ghostnote.errors import GhostnoteError

#: Raised by one whenever a reader of the previous number would misunderstand the file.
FORMAT = 1
EVALUATION_FILE = "evaluation.json"


class AtAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """Precision and recall if the share `alerts` of all rows is looked at, the highest scores first."""

    alerts: Share
    precision: Share
    recall: Share


class AtPrevalence(msgspec.Struct, frozen=True, kw_only=True):
    """The same ranking, if the share `prevalence` of the accounts were fraud; `at` is at one budget of alerts."""

    prevalence: Share
    average_precision: Share
    at: AtAlerts


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the precision-recall curve."""

    recall: Share
    precision: Share


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """How well a score ranks `rows`, `fraud` of which are fraud; empty where none is."""

    rows: Count
    fraud: Count
    average_precision: Share | None = None
    at: list[AtAlerts] = []
    curve: list[Point] = []


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of about one probability: the mean of what was predicted, and what was observed with its 95 % interval."""

    rows: Count
    predicted: Share
    observed: Share
    low: Share
    high: Share


class Calibrated(msgspec.Struct, frozen=True, kw_only=True):
    """The expected calibration error (mean gap, weighted by rows) and its bins."""

    error: float
    bins: list[Bin]


class Daily(msgspec.Struct, frozen=True, kw_only=True):
    """What one campaign would have met had each day been decided at its end, with nothing of later days known.

    `withheld_share` is of all its plays; `first_day_share` of those of its first 24 hours, null if it began before the
    first day judged. `hours` and `plays_before` count until the end of the day on which the first of its plays was
    withheld, or its first account acted on; null if none was.
    """

    campaign_id: str
    kind: str
    plays: Count
    withheld_share: Share | None = None
    first_day_share: Share | None = None
    hours: float | None = None
    plays_before: int | None = None


class DailyHonest(msgspec.Struct, frozen=True, kw_only=True):
    """What honest listeners would have met, day by day: accounts ever acted on, plays withheld when their day ended."""

    accounts: Count
    acted: Count
    plays: Count
    withheld: Count


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """The judged days decided one by one, as a service would."""

    campaigns: list[Daily]
    honest: DailyHonest


class KindOfSignups(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of fake account ranks among honest sign-ups, weighed as if it were 1 % of them.

    `recall` is at 1 % of sign-ups; `challenged` of them lie above the policy's ceiling of honest sign-ups.
    """

    kind: str
    signups: Count
    average_precision: Share
    recall: Share
    challenged: Count


class SignupsJudged(msgspec.Struct, frozen=True, kw_only=True):
    """How the model of sign-ups ranks accounts that signed up in the judged days, as of their sign-up.

    `honest_challenged` of the `honest` lie above the policy's ceiling, a share with its 95 % Wilson interval.
    """

    ranking: Ranking
    kinds: list[KindOfSignups]
    honest: Count
    honest_challenged: Count
    low: Share
    high: Share


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One way to judge the same days: everything, or something left out of training or of deciding.

    `tracks` ranks tracks by their audience's surprise; those are fraud of whose plays at least half are artificial.
    `signups` is null without a model of sign-ups, or where nobody signed up.
    """

    name: str
    description: str
    truth: Truth
    accounts: Ranking
    plays: Ranking
    tracks: Ranking | None = None
    signups: SignupsJudged | None = None


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How well a defence does on days that it was not trained on.

    `simulated` says that the truth is whole; else the team's own labels stand for it. `kinds_left_out` were trained
    without any account of one kind of campaign (`name`), `left_out` decided without one detector or step. `sequence`
    ranks accounts by the sequence detector's highest day; null if the bundle has none.
    """

    format: int = FORMAT
    ghostnote: str
    made_at: datetime
    lake: str
    simulated: bool
    trained_from: date
    trained_to: date
    judged_from: date
    judged_to: date
    ceiling: Share
    currency: str
    whole: Variant
    sequence: Ranking | None = None
    replayed: Replayed | None = None
    account_calibration: Calibrated | None = None
    play_calibration: Calibrated | None = None
    prevalence: list[AtPrevalence] = []
    kinds_left_out: list[Variant] = []
    left_out: list[Variant] = []
    unreadable_files: Count = 0
    notes: list[str] = []


def read_evaluation(folder: str | os.PathLike[str]) -> Evaluation:
    """Read `evaluation.json`, given itself or its folder.

    `GhostnoteError` if it is not there, of another format, or not what it should be.
    """
    path = Path(folder) if Path(folder).is_file() else Path(folder) / EVALUATION_FILE
    if not path.is_file():
        raise GhostnoteError(f"{folder} has no {EVALUATION_FILE}: give the folder that `ghostnote evaluate` wrote.")
    return read_json(path, Evaluation, number=FORMAT, command="ghostnote evaluate")
