"""What acts on far more accounts than ever before is held and told of, until a person lets it stand."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.decisions.drafts import NOON
from tests.surging import made

from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Ledger
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.decisions.recording import record
from ghostnote.decisions.tables import ACTED
from ghostnote.errors import GhostnoteError

Run = Callable[..., DecisionFolder]


@pytest.fixture
def run(few_decisions: Path, tmp_path: Path) -> Run:
    """Makes runs, each an hour after the one before."""
    count = itertools.count()

    def make(**given: Any) -> DecisionFolder:
        number = next(count)
        return DecisionFolder(made(few_decisions, tmp_path / f"run{number}", number, **given))

    return make


@pytest.fixture
def quiet(ledger: Ledger, run: Run) -> Ledger:
    """A ledger with three runs that found nothing."""
    for _ in range(3):
        assert not record(run(quiet=True), ledger, at=NOON).trips
    return ledger


def actions(ledger: Ledger) -> dict[str, str]:
    return {state.subject.identifier: state.action for state in ledger.states("account")}


def verdicts(ledger: Ledger) -> dict[str, str]:
    return {state.subject.identifier: state.action for state in ledger.states("play")}


def decided(folder: DecisionFolder) -> dict[str, str]:
    return dict(folder.read("plays").filter(pl.col("verdict") != "count").select("event_id", "verdict").iter_rows())


def test_a_first_attack_ever_is_held_and_not_let_through(quiet: Ledger, run: Run) -> None:
    folder = run()
    recorded = record(folder, quiet, at=NOON)
    acted = folder.read("accounts").filter(pl.col("action").is_in(ACTED))["account_id"]
    assert [trip.source for trip in recorded.trips] == ["model", "never_sleeps"]
    assert recorded.held_accounts == len(acted) >= 20
    assert {actions(quiet)[account] for account in acted} == {"review"}
    # Of those accounts nothing is excluded, and nothing counts that would not have.
    assert set(verdicts(quiet)) == set(decided(folder))
    theirs = folder.read("plays").filter(pl.col("account_id").is_in(acted.implode()))["event_id"]
    assert {verdicts(quiet)[play] for play in theirs if play in verdicts(quiet)} == {"hold"}
    surges = [entry for entry in quiet.entries(kind="alert") if entry.action == "surge"]
    assert surges[0].reason is not None
    assert surges[0].reason.startswith(f"model acted on {len(acted)} accounts; from 3 earlier runs")
    assert verify(quiet).sound


def test_a_person_lets_it_stand(quiet: Ledger, run: Run) -> None:
    folder = run()
    record(folder, quiet, at=NOON)
    half = record(folder, quiet, at=NOON, accept=["model"], by="ines")
    # An account stays held while anything that spoke against it is.
    assert half.accepted == ("model",)
    assert half.held_accounts >= 20
    recorded = record(folder, quiet, at=NOON, accept=["never_sleeps"], by="omar")
    assert recorded.held_accounts == 0
    assert recorded.accepted == ("model", "never_sleeps")
    acted = folder.read("accounts").filter(pl.col("action").is_in(ACTED))
    standing = actions(quiet)
    assert all(standing[account] == action for account, action in acted.select("account_id", "action").iter_rows())
    assert verdicts(quiet) == decided(folder)
    who = [(entry.actor, entry.reason) for entry in quiet.entries(kind="alert") if entry.action == "accepted"]
    assert who == [("ines", "model"), ("omar", "never_sleeps")]
    head = quiet.head()
    assert record(folder, quiet, at=NOON).already
    assert quiet.head() == head
    assert verify(quiet).sound


def test_it_can_be_accepted_at_once(quiet: Ledger, run: Run) -> None:
    folder = run()
    recorded = record(folder, quiet, at=NOON, accept=["model", "never_sleeps"], by="ines")
    assert (recorded.held_accounts, recorded.held_plays) == (0, 0)
    assert verdicts(quiet) == decided(folder)


def test_what_is_held_is_no_history_and_what_is_accepted_is(quiet: Ledger, run: Run) -> None:
    first = run()
    record(first, quiet, at=NOON)
    second = run()
    assert record(second, quiet, at=NOON).trips
    record(second, quiet, at=NOON, accept=["model", "never_sleeps"], by="ines")
    assert not record(run(), quiet, at=NOON).trips


def test_what_stood_already_stays(quiet: Ledger, run: Run) -> None:
    folder = run(spoken=("ties",))
    record(folder, quiet, at=NOON, accept=["ties"], by="ines")
    before = actions(quiet), verdicts(quiet)
    recorded = record(run(spoken=("cut_to_the_second",)), quiet, at=NOON)
    assert [trip.source for trip in recorded.trips] == ["cut_to_the_second"]
    assert (actions(quiet), verdicts(quiet)) == before


def test_a_young_ledger_holds_nothing(ledger: Ledger, run: Run) -> None:
    record(run(quiet=True), ledger, at=NOON)
    assert not record(run(), ledger, at=NOON).trips


def test_what_did_not_trip_cannot_be_accepted(quiet: Ledger, run: Run) -> None:
    head = quiet.head()
    with pytest.raises(GhostnoteError, match=r"'lockstep' does not act on far more .*: only model, never_sleeps"):
        record(run(), quiet, at=NOON, accept=["lockstep"], by="ines")
    with pytest.raises(GhostnoteError, match="Say who accepts"):
        record(run(), quiet, at=NOON, accept=["model"])
    assert quiet.head() == head
