"""Decisions held against the truth: counted by hand in a service of five accounts."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from ghostnote.backtest import UNKNOWN, backtest
from ghostnote.decisions import summary as facts
from ghostnote.decisions.tables import ACCOUNTS, PLAYS, TRACKS
from ghostnote.events.lake import Lake, LakeWriter

START = datetime(2026, 1, 1, tzinfo=UTC)
LATE = START + timedelta(days=400)
SUMMARY = facts.Summary(
    ghostnote="0",
    made_at=START,
    lake="lake",
    start=date(2026, 1, 1),
    end=date(2026, 1, 2),
    bundle=facts.BundleFacts(path="bundle", format=1, supervised=True, features=3),
    policy=facts.PolicyFacts(play_threshold=0.5, hold_threshold=0.5, account_threshold=0.9, alerts_per_day=1.0),
    counts=facts.Counts(events=0, plays=0, accounts=0),
    histograms=facts.Histograms(account_scores=[], play_scores=[]),
    money=facts.Money(currency="EUR", pool=0.0, withheld=0.0, moved_to_honest=0.0),
)

#: account: (score, action, first flagged after hours)
DECIDED = {
    "bot1": (0.99, "suspend", 30),
    "bot2": (0.2, "allow", None),
    "victim": (0.4, "challenge", 36),
    "mia": (0.5, "suspend", 5),
    "leo": (0.1, "review", None),
    "new": (0.0, "allow", None),
}
#: play: (account, hours, verdict, true campaign)
PLAYED = {
    "p1": ("bot1", 6, "count", "farm"),
    "p2": ("bot1", 30, "exclude", "farm"),
    "p3": ("bot1", 31, "hold", "farm"),
    "p4": ("bot2", 31, "count", "farm"),
    "p0": ("victim", 33, "count", "hijack"),
    "p5": ("victim", 36, "exclude", "hijack"),
    "p6": ("victim", 37, "count", None),
    "p7": ("mia", 5, "exclude", None),
    "p8": ("leo", 5, "count", None),
    "p9": ("new", 5, "count", None),
}


def label(
    subject: str, verdict: str, kind: str, campaign: str | None, subject_type: str = "account"
) -> dict[str, object]:
    about = {"subject_type": subject_type, "subject_id": subject, "verdict": verdict, "kind": kind}
    return {**about, "campaign_id": campaign, "source": "simulation", "event_time": START, "known_at": LATE}


TRUTH = [
    label("bot1", "fraud", "farming", "farm"),
    label("bot2", "fraud", "farming", "farm"),
    label("victim", "legit", "hijacked_listener", "hijack"),
    label("mia", "legit", "casual", None),
    label("leo", "legit", "casual", None),
    *(label(play, "fraud", f"{campaign}ing", campaign, "play") for play, (*_, campaign) in PLAYED.items() if campaign),
]


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    folder = tmp_path / "decisions"
    folder.mkdir()
    accounts = [
        {
            "account_id": account,
            "score": score,
            "action": action,
            "first_flagged": None if hours is None else START + timedelta(hours=hours),
        }
        for account, (score, action, hours) in DECIDED.items()
    ]
    plays = [
        {
            "event_id": play,
            "event_time": START + timedelta(hours=hours),
            "account_id": account,
            "track_id": "t",
            "score": 0.0 if verdict == "count" else 1.0,
            "verdict": verdict,
            "payout": 0.004,
            "withheld_payout": 0.0 if verdict == "count" else 0.004,
        }
        for play, (account, hours, verdict, _) in PLAYED.items()
    ]
    pl.DataFrame(accounts, schema=ACCOUNTS).write_parquet(folder / "accounts.parquet")
    pl.DataFrame(plays, schema=PLAYS).write_parquet(folder / "plays.parquet")
    TRACKS.to_frame().write_parquet(folder / "tracks.parquet")
    return folder


def lake(path: Path, *labels: dict[str, object]) -> Lake:
    writer = LakeWriter(path / "lake")
    writer.write("tracks", pl.DataFrame({"track_id": ["t"], "artist_id": ["a"]}))
    if labels:
        writer.write_by_arrival("labels", pl.DataFrame(list(labels), infer_schema_length=None))
    return Lake(path / "lake")


def held(path: Path, decisions: Path, *more: dict[str, object], as_of: datetime | None = None) -> facts.Truth:
    found = backtest(lake(path, *TRUTH, *more), decisions, SUMMARY, as_of=as_of)
    assert found is not None
    return found


def test_campaigns_are_counted(tmp_path: Path, decisions: Path) -> None:
    farm, hijack = held(tmp_path, decisions).campaigns
    assert (farm.campaign_id, farm.kind, farm.accounts, farm.accounts_caught) == ("farm", "farming", 2, 1)
    assert (farm.plays, farm.plays_withheld) == (4, 2)
    assert farm.payout == pytest.approx(0.016)
    assert farm.payout_withheld == pytest.approx(0.008)
    # Its first play was at six o'clock, its first account flagged a day later; the day's own plays all counted.
    assert farm.hours_to_first_detection == 24
    assert farm.first_day_share_withheld == 0
    # A hijack's accounts are its victims: caught with the first of its plays that is withheld; theirs are not its own.
    assert (hijack.accounts, hijack.accounts_caught, hijack.plays, hijack.plays_withheld) == (1, 1, 2, 1)
    assert hijack.hours_to_first_detection == 3


def test_honest_people_are_counted_by_cohort(tmp_path: Path, decisions: Path) -> None:
    truth = held(tmp_path, decisions)
    cohorts = {cohort.cohort: cohort for cohort in truth.cohorts}
    assert cohorts.keys() == {"casual", "hijacked_listener", UNKNOWN}
    casual = cohorts["casual"]
    # A review is not a verdict: of mia and leo one was acted on.
    assert (casual.accounts, casual.accounts_acted, casual.rate) == (2, 1, 0.5)
    assert (casual.plays, casual.plays_withheld) == (2, 1)
    assert casual.low < casual.rate < casual.high
    assert (cohorts["hijacked_listener"].plays, cohorts["hijacked_listener"].plays_withheld) == (1, 0)
    honest = truth.honest
    assert (honest.accounts, honest.acted, honest.plays, honest.withheld) == (4, 1, 4, 1)
    assert honest.payout_withheld == pytest.approx(0.004)


def test_rankings_are_measured(tmp_path: Path, decisions: Path) -> None:
    truth = held(tmp_path, decisions)
    # By score: bot1, mia, victim, bot2, ...: precision 1 at the first, 2 of 4 at the second.
    assert truth.average_precision.accounts == pytest.approx((1 + 0.5) / 2)
    # Two accounts can be looked at in two days: bot1 and mia.
    assert truth.at_budget == facts.AtBudget(budget_per_day=1.0, precision=0.5, recall=0.5)


def test_what_was_labelled_before_is_left_out(tmp_path: Path, decisions: Path) -> None:
    early = {**label("bot1", "fraud", "farming", None), "source": "review", "known_at": START}
    truth = held(tmp_path, decisions, early, as_of=START)
    (farm, _) = truth.campaigns
    assert (farm.accounts, farm.accounts_caught, farm.plays) == (1, 0, 1)
    assert farm.hours_to_first_detection is None
    assert truth.note.startswith("1 account")


def test_an_accusation_that_was_taken_back_leaves_nobody_out(tmp_path: Path, decisions: Path) -> None:
    early = {**label("mia", "fraud", "x", None), "source": "review", "known_at": START}
    appeal = {**early, "verdict": "legit", "source": "appeal", "known_at": START + timedelta(hours=1)}
    truth = held(tmp_path, decisions, early, appeal, as_of=START + timedelta(days=1))
    assert truth.honest.accounts == 4
    assert truth.note == ""


def test_a_campaign_without_plays_has_no_hours(tmp_path: Path, decisions: Path) -> None:
    quiet = label("leo", "fraud", "factory", "quiet")
    found = {one.campaign_id: one for one in held(tmp_path, decisions, quiet).campaigns}["quiet"]
    assert (found.accounts, found.accounts_caught, found.plays, found.plays_withheld) == (1, 1, 0, 0)
    assert found.first_day_share_withheld is None
    assert found.hours_to_first_detection is None


def test_the_truth_is_kept_beside_the_decisions(tmp_path: Path, decisions: Path) -> None:
    assert held(tmp_path, decisions) == facts.read_truth(decisions)


@pytest.mark.parametrize("labels", [[], [{**TRUTH[0], "source": "review"}]], ids=["no labels", "no truth"])
def test_without_truth_there_is_no_backtest(tmp_path: Path, decisions: Path, labels: list[dict[str, object]]) -> None:
    assert backtest(lake(tmp_path, *labels), decisions, SUMMARY, as_of=None) is None
    assert facts.read_truth(decisions) is None
