"""A run's decisions in the ledger: what changed and nothing else, in order, once, and never against people."""

import shutil
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.decisions.drafts import NOON

from ghostnote.decisions.cases.case import told
from ghostnote.decisions.cases.opening import case_id
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import SYSTEM, Draft, Ledger, Subject
from ghostnote.decisions.ledger.entries import UNTOUCHED
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.decisions.recording import fingerprint, micros, record, runs
from ghostnote.decisions.summary import read_summary, write_document
from ghostnote.errors import GhostnoteError


@pytest.fixture
def again(few_decisions: Path, tmp_path: Path) -> Path:
    """The same decisions, made an hour later."""
    copy = Path(shutil.copytree(few_decisions, tmp_path / "again"))
    summary = read_summary(copy)
    write_document(copy, msgspec.structs.replace(summary, made_at=summary.made_at + timedelta(hours=1)))
    return copy


def verdicts(ledger: Ledger) -> dict[str, str]:
    return {state.subject.identifier: state.action for state in ledger.states("play")}


def test_every_play_that_does_not_count_and_every_account_acted_on_is_there(
    ledger: Ledger, few_decisions: Path
) -> None:
    folder = DecisionFolder(few_decisions)
    recorded = record(folder, ledger, at=NOON)
    withheld = folder.read("plays").filter(pl.col("verdict") != "count")
    assert verdicts(ledger) == dict(withheld.select("event_id", "verdict").iter_rows())
    acted = folder.read("accounts").filter((pl.col("action") != "allow") | pl.col("campaign_id").is_not_null())
    standing = {state.subject.identifier: state.action for state in ledger.states("account")}
    assert standing == dict(acted.select("account_id", "action").iter_rows())
    total = sum(state.amount for state in ledger.states("play"))
    assert total == sum(micros(amount) for amount in withheld["withheld_payout"])
    assert recorded.plays == withheld.height > 0
    assert verify(ledger).sound


def test_every_decision_names_its_run_and_the_run_what_decided(ledger: Ledger, few_decisions: Path) -> None:
    folder = DecisionFolder(few_decisions)
    record(folder, ledger, at=NOON)
    opened, completed = ledger.entries(kind="run")
    assert opened.subject == Subject("run", fingerprint(folder))
    assert {"bundle", "policy", "features"} == set(opened.body["versions"])
    assert opened.body["files"]["plays.parquet"]
    assert all(entry.cause == opened.decision_id for entry in ledger.entries(kind="play"))
    assert completed.body["plays"] == folder.read("plays").filter(pl.col("verdict") != "count").height


def test_recording_a_run_again_writes_nothing(ledger: Ledger, few_decisions: Path) -> None:
    record(DecisionFolder(few_decisions), ledger, at=NOON)
    head = ledger.head()
    assert record(DecisionFolder(few_decisions), ledger, at=NOON).already
    assert ledger.head() == head


def test_a_later_run_that_decides_the_same_adds_only_itself(ledger: Ledger, few_decisions: Path, again: Path) -> None:
    record(DecisionFolder(few_decisions), ledger, at=NOON)
    recorded = record(DecisionFolder(again), ledger, at=NOON)
    assert (recorded.plays, recorded.accounts, recorded.cases) == (0, 0, 0)
    assert len(list(runs(ledger))) == 2


def test_a_later_run_undoes_what_it_no_longer_thinks(ledger: Ledger, few_decisions: Path, again: Path) -> None:
    before = record(DecisionFolder(few_decisions), ledger, at=NOON)
    plays = pl.read_parquet(again / "plays.parquet").with_columns(
        verdict=pl.lit("count"), withheld_payout=pl.lit(0.0), reason=pl.lit(None, dtype=pl.String)
    )
    plays.write_parquet(again / "plays.parquet")
    recorded = record(DecisionFolder(again), ledger, at=NOON)
    assert recorded.undone == recorded.plays == before.plays
    assert set(verdicts(ledger).values()) == {"count"}
    assert sum(state.amount for state in ledger.states("play")) == 0


def test_what_people_settled_is_left_as_they_settled_it(ledger: Ledger, few_decisions: Path, again: Path) -> None:
    record(DecisionFolder(few_decisions), ledger, at=NOON)
    play = min(ledger.states("play"), key=lambda state: state.seq)
    account = min((s for s in ledger.states("account") if s.action == "suspend"), key=lambda state: state.seq)
    for state, action in ((play, "count"), (account, "allow")):
        kind = state.subject.kind
        draft = Draft(kind=kind, subject=state.subject, action=action, key="1", parent=state.parent, day=state.day)
        ledger.append([draft], actor="ines", at=NOON)
    recorded = record(DecisionFolder(again), ledger, at=NOON)
    assert (recorded.plays, recorded.accounts, recorded.settled) == (0, 0, 2)
    assert verdicts(ledger)[play.subject.identifier] == "count"


def test_an_older_run_is_not_put_over_a_newer_one(ledger: Ledger, few_decisions: Path, again: Path) -> None:
    record(DecisionFolder(again), ledger, at=NOON)
    with pytest.raises(GhostnoteError, match=r"the ledger has decisions about the same days .* score` again"):
        record(DecisionFolder(few_decisions), ledger, at=NOON)


class _CutShortError(Exception):
    pass


def test_a_run_that_was_cut_short_is_finished(
    ledger: Ledger, few_decisions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ghostnote.decisions.recording.BATCH", 30)

    def stop(step: str, done: int, total: int) -> None:
        if done >= 60:
            raise _CutShortError

    with pytest.raises(_CutShortError):
        record(DecisionFolder(few_decisions), ledger, at=NOON, progress=stop)
    assert [complete for _, complete, _ in runs(ledger)] == [False]
    record(DecisionFolder(few_decisions), ledger, at=NOON)
    assert [complete for _, complete, _ in runs(ledger)] == [True]
    withheld = pl.read_parquet(few_decisions / "plays.parquet").filter(pl.col("verdict") != "count")
    assert sorted(verdicts(ledger)) == sorted(withheld["event_id"])
    assert len(list(ledger.entries(kind="play"))) == withheld.height


def test_nothing_found_is_a_run_as_well(ledger: Ledger, quiet_decisions: Path) -> None:
    recorded = record(DecisionFolder(quiet_decisions), ledger, at=NOON)
    assert recorded.plays == 0
    assert [entry.actor for entry in ledger.entries(kind="run")] == [SYSTEM, SYSTEM]


def sparing(folder: Path, to: Path, account: str, would_be: str) -> DecisionFolder:
    """The same decisions, made hours later, with one account of them left alone."""
    copy = Path(shutil.copytree(folder, to))
    theirs = pl.col("account_id") == account
    let = [pl.when(theirs).then(pl.lit(would_be)).alias("would_be"), pl.when(theirs).then(pl.lit(value=True))]
    accounts = pl.read_parquet(copy / "accounts.parquet").with_columns(let[0], let[1].alias("untouched"))
    allowed = pl.when(theirs).then(pl.lit("allow")).otherwise("action").alias("action")
    accounts.with_columns(allowed).write_parquet(copy / "accounts.parquet")
    plays = pl.read_parquet(copy / "plays.parquet")
    plays.with_columns(
        pl.when(theirs & (pl.col("verdict") != "count")).then("verdict").alias("would_be"),
        pl.when(theirs).then(pl.lit("count")).otherwise("verdict").alias("verdict"),
        pl.when(theirs).then(0.0).otherwise("withheld_payout").alias("withheld_payout"),
    ).write_parquet(copy / "plays.parquet")
    summary = read_summary(copy)
    write_document(copy, msgspec.structs.replace(summary, made_at=summary.made_at + timedelta(hours=len(to.name))))
    return DecisionFolder(copy)


def test_an_untouched_account_is_allowed_and_what_it_is_spared_is_written(
    ledger: Ledger, few_decisions: Path, tmp_path: Path
) -> None:
    folder = DecisionFolder(few_decisions)
    plays = folder.read("plays").filter(pl.col("verdict") != "count")
    suspended = folder.read("accounts").filter(action="suspend")["account_id"]
    account = plays.filter(pl.col("account_id").is_in(suspended.implode()))["account_id"][0]
    record(folder, ledger, at=NOON)
    record(sparing(few_decisions, tmp_path / "a", account, "suspend"), ledger, at=NOON + timedelta(hours=1))
    state = ledger.state(Subject("account", account))
    assert state is not None
    assert (state.action, state.reason, state.settled) == ("allow", f"{UNTOUCHED}suspend", False)
    # What was withheld before is paid, and the same again says nothing new; another action does.
    theirs = ledger.states("play", parent=Subject("account", account))
    assert {(play.action, play.amount) for play in theirs} == {("count", 0)}
    same = record(sparing(few_decisions, tmp_path / "bb", account, "suspend"), ledger, at=NOON + timedelta(hours=2))
    assert same.accounts == same.plays == 0
    other = record(sparing(few_decisions, tmp_path / "ccc", account, "review"), ledger, at=NOON + timedelta(hours=3))
    assert other.accounts == 1
    state = ledger.state(Subject("account", account))
    assert state is not None
    assert state.reason == f"{UNTOUCHED}review"
    # No case is opened about it: nobody is to look because of what a model thinks.
    assert case_id(Subject("account", account)) not in told(ledger.entries(kind="case"))
