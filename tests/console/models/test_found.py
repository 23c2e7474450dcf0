"""What people found of accounts is as the ledger has it now, however it was read."""

from datetime import timedelta

from tests.console.conftest import NOON, Opened

from ghostnote.console.models.found import Found
from ghostnote.decisions.cases.deciding import Desk
from ghostnote.decisions.ledger import Subject
from ghostnote.decisions.ledger.erasing import forget


def _said(found: Found) -> dict[str, tuple[str, bool]]:
    return {name: (verdict, victim) for name, verdict, victim in found.accounts().iter_rows()}


def _cases(opened: Opened) -> list[tuple[str, list[str]]]:
    """Cases of campaigns that one person may decide, each with the accounts that it is about."""
    assert opened.ledger is not None
    cases = Desk(opened.ledger, by="ines", at=NOON).cases().values()
    return [
        (case.case_id, opened.records.campaign(case.subject.identifier)["accounts"])
        for case in cases
        if case.subject and case.subject.kind == "campaign" and case.reviews_needed == 1
    ]


def test_decisions_are_seen_as_they_are_made_and_taken_back(opened: Opened) -> None:
    assert opened.ledger is not None
    found, desk = Found(opened.ledger), Desk(opened.ledger, by="ines", at=NOON + timedelta(hours=1))
    assert _said(found) == {}
    (honest, listeners), (other, others) = _cases(opened)[:2]
    desk.decide(honest, "legit")
    expected = dict.fromkeys(listeners, ("legit", False))
    assert _said(found) == expected
    desk.decide(other, "victim", but=others[:1])
    both = expected | dict.fromkeys(others, ("legit", True)) | {others[0]: ("legit", False)}
    assert _said(found) == both
    later = Desk(opened.ledger, by="ines", at=NOON + timedelta(hours=2))
    later.undo(other)
    assert _said(found) == expected
    later.decide(other, "fraud")
    assert _said(found) == expected | dict.fromkeys(others, ("fraud", False)) == _said(Found(opened.ledger))


def test_who_is_forgotten_is_forgotten_here_as_well(opened: Opened) -> None:
    assert opened.ledger is not None
    found, desk = Found(opened.ledger), Desk(opened.ledger, by="ines", at=NOON + timedelta(hours=1))
    case, accounts = _cases(opened)[0]
    desk.decide(case, "legit")
    assert set(_said(found)) == set(accounts)
    forget(opened.ledger, Subject("account", accounts[0]), actor="ines", at=NOON + timedelta(hours=2))
    assert set(_said(found)) == set(accounts[1:]) == set(_said(Found(opened.ledger)))


def test_without_a_ledger_nobody_found_anything() -> None:
    assert Found(None).accounts().height == 0
