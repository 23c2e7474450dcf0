"""What follows from what people decide, and how it is taken back."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.decisions.drafts import NOON

from ghostnote.decisions.cases.case import Case
from ghostnote.decisions.cases.deciding import Desk
from ghostnote.decisions.cases.labels import labels
from ghostnote.decisions.folder import DecisionFolder
from ghostnote.decisions.ledger import Draft, Ledger, Subject
from ghostnote.decisions.ledger.entries import UNTOUCHED
from ghostnote.decisions.ledger.erasing import forget
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.decisions.recording import record
from ghostnote.errors import GhostnoteError


@pytest.fixture
def recorded(ledger: Ledger, few_decisions: Path) -> Ledger:
    record(DecisionFolder(few_decisions), ledger, at=NOON)
    return ledger


def desk(ledger: Ledger, by: str, hours: float = 1.0) -> Desk:
    at: datetime = NOON + timedelta(hours=hours)
    return Desk(ledger, by=by, at=at)


def campaign(ledger: Ledger, needed: int = 1) -> Case:
    """A case about a campaign that so many people must agree on."""
    cases = desk(ledger, "ines").cases().values()
    found = [case for case in cases if case.subject and case.subject.kind == "campaign"]
    case = next(case for case in found if case.reviews_needed == 1)
    if needed == 1:
        return case
    body = {"title": case.title, "certainty": case.certainty, "reviews_needed": needed}
    about = {"subject": Subject("case", case.case_id), "parent": case.subject}
    draft = Draft(kind="case", action="opened", key="again", amount=round(case.money * 1e6), body=body, **about)
    ledger.append([draft], actor="ghostnote", at=NOON)
    return desk(ledger, "ines").case(case.case_id)


def standing(ledger: Ledger, case: Case) -> tuple[dict[str, str], dict[str, tuple[str, int]]]:
    """How accounts and plays of a campaign stand."""
    assert case.subject is not None
    accounts = {state.subject: state.action for state in ledger.states("account", parent=case.subject)}
    plays = {
        state.subject.identifier: (state.action, state.amount)
        for account in accounts
        for state in ledger.states("play", parent=account)
    }
    return {account.identifier: action for account, action in accounts.items()}, plays


def test_fraud_suspends_all_members_and_excludes_their_plays(recorded: Ledger) -> None:
    case = campaign(recorded)
    outcome = desk(recorded, "ines").decide(case.case_id, "fraud")
    accounts, plays = standing(recorded, case)
    assert set(accounts.values()) == {"suspend"}
    assert {verdict for verdict, _ in plays.values()} == {"exclude"}
    assert (outcome.case.status, outcome.case.disposition, outcome.accounts) == ("decided", "fraud", len(accounts))


def test_all_but_a_few(recorded: Ledger) -> None:
    case = campaign(recorded)
    spared = sorted(standing(recorded, case)[0])[:2]
    desk(recorded, "ines").decide(case.case_id, "fraud", but=spared)
    accounts, _ = standing(recorded, case)
    assert {account for account, action in accounts.items() if action == "allow"} == set(spared)
    for account in spared:
        theirs = list(recorded.states("play", parent=Subject("account", account)))
        assert theirs
        assert {(state.action, state.amount) for state in theirs} == {("count", 0)}


def test_honest_lets_everything_count_again_and_undoing_brings_everything_back(recorded: Ledger) -> None:
    case = campaign(recorded)
    before = standing(recorded, case)
    outcome = desk(recorded, "ines").decide(case.case_id, "legit")
    accounts, plays = standing(recorded, case)
    assert set(accounts.values()) == {"allow"}
    assert set(plays.values()) == {("count", 0)}
    undone = desk(recorded, "ines", 2).undo(case.case_id)
    assert standing(recorded, case) == before
    assert (undone.plays, undone.kept) == (outcome.plays, 0)
    assert undone.case.status == "reopened"
    assert verify(recorded).sound


def test_a_victim_is_challenged_and_what_somebody_else_played_stays_out(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").decide(case.case_id, "victim")
    accounts, plays = standing(recorded, case)
    assert set(accounts.values()) == {"challenge"}
    assert {verdict for verdict, _ in plays.values()} == {"exclude"}
    assert set(labels(recorded).select("verdict", "kind").iter_rows()) == {("legit", "victim")}


def test_undoing_twice_is_refused_and_changes_nothing(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").decide(case.case_id, "legit")
    desk(recorded, "ines", 2).undo(case.case_id)
    before = standing(recorded, case)
    with pytest.raises(GhostnoteError, match="not decided"):
        desk(recorded, "ines", 3).undo(case.case_id)
    assert standing(recorded, case) == before


def test_what_was_undone_may_be_decided_by_a_run_again(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").decide(case.case_id, "legit")
    assert case.subject is not None
    assert all(state.settled for state in recorded.states("account", parent=case.subject))
    desk(recorded, "ines", 2).undo(case.case_id)
    assert not any(state.settled for state in recorded.states("account", parent=case.subject))


def test_undoing_leaves_what_others_changed_since(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").decide(case.case_id, "legit")
    account = min(standing(recorded, case)[0])
    changed = Draft(kind="account", subject=Subject("account", account), action="limit", key="x", parent=case.subject)
    recorded.append([changed], actor="otto", at=NOON + timedelta(hours=2))
    outcome = desk(recorded, "ines", 3).undo(case.case_id)
    assert outcome.kept == 1
    assert standing(recorded, case)[0][account] == "limit"


def test_two_people_must_agree_where_two_are_needed(recorded: Ledger) -> None:
    case = campaign(recorded, needed=2)
    before = standing(recorded, case)
    assert desk(recorded, "ines").decide(case.case_id, "legit").case.status == "reviewed"
    assert standing(recorded, case) == before
    with pytest.raises(GhostnoteError, match="somebody else gives the next opinion"):
        desk(recorded, "ines", 2).decide(case.case_id, "legit")
    assert desk(recorded, "otto", 2).decide(case.case_id, "fraud").case.status == "disputed"
    assert standing(recorded, case) == before
    assert desk(recorded, "uma", 3).decide(case.case_id, "legit").case.status == "decided"
    assert set(standing(recorded, case)[0].values()) == {"allow"}


def test_an_appeal_is_answered_by_somebody_else(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").decide(case.case_id, "fraud")
    assert desk(recorded, "desk", 2).appeal(case.case_id, "we are a choir").case.status == "appealed"
    assert set(standing(recorded, case)[0].values()) == {"suspend"}
    with pytest.raises(GhostnoteError, match="somebody else answers an appeal"):
        desk(recorded, "ines", 3).decide(case.case_id, "fraud")
    desk(recorded, "otto", 3).decide(case.case_id, "legit")
    assert set(standing(recorded, case)[0].values()) == {"allow"}
    assert set(labels(recorded).filter(source="appeal")["verdict"]) == {"legit"}


def test_a_decision_that_was_cut_short_is_finished_by_deciding_again(
    recorded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = campaign(recorded)
    monkeypatch.setattr(Desk, "_about_plays", lambda *_: 0)
    desk(recorded, "ines").decide(case.case_id, "legit")
    monkeypatch.undo()
    assert {verdict for verdict, _ in standing(recorded, case)[1].values()} != {"count"}
    desk(recorded, "ines", 2).decide(case.case_id, "legit")
    assert {verdict for verdict, _ in standing(recorded, case)[1].values()} == {"count"}
    with pytest.raises(GhostnoteError, match="appeal, reopen or undo it first"):
        desk(recorded, "otto", 3).decide(case.case_id, "fraud")


def test_steps_that_make_no_sense(recorded: Ledger) -> None:
    case = campaign(recorded)
    at_work = desk(recorded, "ines")
    for step, says in (
        (lambda: at_work.case("k-none"), "There is no case k-none"),
        (lambda: at_work.decide(case.case_id, "guilty"), "A case is one of fraud, victim, legit"),
        (lambda: at_work.decide(case.case_id, "fraud", but=["nobody"]), "has no account nobody"),
        (lambda: at_work.appeal(case.case_id, ""), "not decided yet"),
        (lambda: at_work.reopen(case.case_id), "waits already"),
        (lambda: at_work.assign(case.case_id, " "), "Say whom"),
    ):
        with pytest.raises(GhostnoteError, match=says):
            step()


def test_notes_and_assignment_are_kept(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").note(case.case_id, "same subnet as last week")
    taken = desk(recorded, "ines").assign(case.case_id, "otto").case
    assert (taken.status, taken.assignee) == ("assigned", "otto")
    notes = [e.body["text"] for e in recorded.entries(subject=Subject("case", case.case_id)) if e.kind == "note"]
    assert notes == ["same subnet as last week"]


def test_labels_are_known_from_the_decision_on_and_undone_ones_withdrawn(recorded: Ledger) -> None:
    case = campaign(recorded)
    desk(recorded, "ines").decide(case.case_id, "fraud")
    found = labels(recorded)
    assert set(found["subject_id"]) == set(standing(recorded, case)[0])
    assert set(found["known_at"]) == {NOON + timedelta(hours=1)}
    assert (found["event_time"] <= found["known_at"]).all()
    forgotten = found["subject_id"][0]
    forget(recorded, Subject("account", forgotten), actor="ines", at=NOON + timedelta(hours=2))
    assert set(labels(recorded)["subject_id"]) == set(found["subject_id"]) - {forgotten}
    desk(recorded, "ines", 3).undo(case.case_id)
    assert labels(recorded).is_empty()


def test_a_campaign_s_untouched_accounts_are_neither_acted_on_nor_labelled(recorded: Ledger) -> None:
    case = campaign(recorded)
    assert case.subject is not None
    let, *others = sorted(recorded.states("account", parent=case.subject), key=lambda state: state.subject.identifier)
    draft = Draft(
        kind="account",
        subject=let.subject,
        action="allow",
        key="next",
        parent=case.subject,
        reason=f"{UNTOUCHED}suspend",
    )
    recorded.append([draft], actor="ghostnote", at=NOON)
    outcome = desk(recorded, "ines").decide(case.case_id, "fraud")
    assert outcome.accounts == len(others)
    assert {recorded.state(one.subject).action for one in others} == {"suspend"}  # type: ignore[union-attr]
    assert recorded.state(let.subject).action == "allow"  # type: ignore[union-attr]
    assert let.subject.identifier not in labels(recorded)["subject_id"]
