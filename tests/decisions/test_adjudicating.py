"""Decisions about single plays and accounts, by people."""

from pathlib import Path

import polars as pl
import pytest
from tests.decisions.drafts import NOON, account, play
from tests.worlds import Judged

from ghostnote.decisions.adjudicating import adjudicate
from ghostnote.decisions.ledger import SYSTEM, Ledger, Subject
from ghostnote.errors import GhostnoteError


def decide(ledger: Ledger, kind: str, identifier: str, action: str, town: Judged | None = None, why: str = "x") -> int:
    lake = None if town is None else town.lake
    return adjudicate(ledger, Subject(kind, identifier), action, reason=why, by="ines", at=NOON, lake=lake)


def test_a_play_counts_again_and_is_withheld_again_for_nothing_less(ledger: Ledger) -> None:
    ledger.append([account("anna"), play("e1")], actor=SYSTEM, at=NOON)
    decide(ledger, "play", "e1", "count")
    state = ledger.state(Subject("play", "e1"))
    assert state is not None
    assert (state.action, state.amount, state.settled) == ("count", 0, True)
    assert state.parent == Subject("account", "anna")
    decide(ledger, "account", "anna", "allow")
    assert [entry.action for entry in ledger.entries(subject=Subject("account", "anna"))] == ["suspend", "allow"]


def test_what_no_run_decided_about_is_found_in_the_lake(ledger: Ledger, town: Judged) -> None:
    row = pl.read_parquet(town.lake.files("plays")[0]).filter(pl.col("ms_played") >= 30_000).row(0, named=True)
    decide(ledger, "play", row["event_id"], "exclude", town)
    state = ledger.state(Subject("play", row["event_id"]))
    assert state is not None
    assert (state.parent, state.day, state.amount) == (
        Subject("account", row["account_id"]),
        row["event_time"].date(),
        4000,
    )
    decide(ledger, "account", row["account_id"], "limit", town)


@pytest.mark.parametrize(
    ("kind", "action", "why", "says"),
    [
        ("play", "count", "x", "knows no play nobody"),
        ("account", "count", "x", "is one of allow, challenge"),
        ("track", "count", "x", "People decide about a play or an account"),
        ("play", "count", " ", "Say why"),
    ],
)
def test_what_cannot_be_decided(ledger: Ledger, kind: str, action: str, why: str, says: str) -> None:
    with pytest.raises(GhostnoteError, match=says):
        decide(ledger, kind, "nobody", action, why=why)
    assert ledger.head()[0] == 0


def test_a_play_that_is_in_no_lake(ledger: Ledger, town: Judged, tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match=r"Neither the ledger nor .* knows a play nobody"):
        decide(ledger, "play", "nobody", "exclude", town)
