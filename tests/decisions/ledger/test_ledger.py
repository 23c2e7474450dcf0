"""Appending and reading, on both databases."""

import multiprocessing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.decisions.drafts import DAY, NOON, account, play

from ghostnote.decisions.ledger import SYSTEM, Draft, Ledger, Subject, open_ledger
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.errors import GhostnoteError


def test_entries_come_back_as_they_were_written(ledger: Ledger) -> None:
    written = ledger.append([account("anna"), play("e1")], actor=SYSTEM, at=NOON, cause=b"r" * 16)
    assert (written.new, written.repeated, written.seq) == (2, 0, 2)
    first, second = ledger.entries()
    assert (first.seq, first.kind, first.action, first.actor) == (1, "account", "suspend", SYSTEM)
    assert first.subject == Subject("account", "anna")
    assert first.parent == Subject("campaign", "c-1")
    assert first.body == {"reasons": ["anna streams day and night."]}
    assert (second.day, second.amount, second.currency, second.reason) == (DAY, 4000, "EUR", "target")
    assert second.cause == b"r" * 16
    assert second.recorded_at == NOON
    assert ledger.head() == (2, second.hash)


def test_a_decision_is_written_once(ledger: Ledger) -> None:
    drafts = [account("anna"), play("e1"), play("e2")]
    ledger.append(drafts[:2], actor=SYSTEM, at=NOON)
    again = ledger.append(drafts, actor=SYSTEM, at=NOON + timedelta(hours=1))
    assert (again.new, again.repeated) == (1, 2)
    assert [entry.seq for entry in ledger.entries()] == [1, 2, 3]


def test_another_decision_under_the_same_id_is_refused_and_nothing_written(ledger: Ledger) -> None:
    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    with pytest.raises(GhostnoteError, match="another decision about the account anna"):
        ledger.append([account("boris"), account("anna", "allow")], actor=SYSTEM, at=NOON)
    assert [entry.subject for entry in ledger.entries()] == [Subject("account", "anna")]


def test_two_decisions_under_one_id_at_once_are_refused(ledger: Ledger) -> None:
    with pytest.raises(GhostnoteError, match="another decision"):
        ledger.append([account("anna"), account("anna", "allow")], actor=SYSTEM, at=NOON)
    assert ledger.head() == (0, bytes(32))


def test_the_latest_decision_stands_and_a_persons_is_settled(ledger: Ledger) -> None:
    ledger.append([account("anna"), account("boris")], actor=SYSTEM, at=NOON)
    ledger.append([account("anna", "allow", "case-7")], actor="ines", at=NOON)
    ledger.append([account("boris", "review", "case-8")], actor="ines", at=NOON)
    states = ledger.states_of([Subject("account", name) for name in ("anna", "boris", "nobody")])
    anna, boris = states[Subject("account", "anna")], states[Subject("account", "boris")]
    assert (anna.action, anna.settled, anna.seq) == ("allow", True, 3)
    assert (boris.action, boris.settled) == ("review", False)
    assert ledger.state(Subject("account", "nobody")) is None


def test_states_by_day_and_by_parent(ledger: Ledger) -> None:
    ledger.append([play("e1"), play("e2", of="boris")], actor=SYSTEM, at=NOON)
    assert {state.subject.identifier for state in ledger.states("play", start=DAY, end=DAY)} == {"e1", "e2"}
    assert not list(ledger.states("play", start=DAY + timedelta(days=1)))
    theirs = ledger.states("play", parent=Subject("account", "boris"))
    assert [state.subject.identifier for state in theirs] == ["e2"]
    assert not list(ledger.states("play", parent=Subject("account", "nobody")))


def test_entries_of_one_subject_kind_or_cause(ledger: Ledger) -> None:
    ledger.append([account("anna"), play("e1")], actor=SYSTEM, at=NOON, cause=b"1" * 16)
    ledger.append([account("anna", "allow", "case-7")], actor="ines", at=NOON, cause=b"2" * 16)
    assert [entry.seq for entry in ledger.entries(subject=Subject("account", "anna"))] == [1, 3]
    assert [entry.seq for entry in ledger.entries(subject=Subject("account", "anna"), newest_first=True)] == [3, 1]
    assert [entry.seq for entry in ledger.entries(kind="play")] == [2]
    assert [entry.seq for entry in ledger.entries(cause=b"2" * 16)] == [3]
    assert [entry.seq for entry in ledger.entries(after=2)] == [3]
    assert not list(ledger.entries(subject=Subject("account", "nobody")))


def test_a_clock_that_lags_by_seconds_does_not_turn_time_back(ledger: Ledger) -> None:
    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    ledger.append([account("boris")], actor=SYSTEM, at=NOON - timedelta(seconds=30))
    assert [entry.recorded_at for entry in ledger.entries()] == [NOON, NOON]


def test_a_clock_that_lags_by_hours_is_refused(ledger: Ledger) -> None:
    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    with pytest.raises(GhostnoteError, match=r"clock says 2026-03-01 10:00:00.*set the clock"):
        ledger.append([account("boris")], actor=SYSTEM, at=NOON - timedelta(hours=2))
    assert ledger.head()[0] == 1


def test_an_entry_needs_an_actor(ledger: Ledger) -> None:
    with pytest.raises(GhostnoteError, match="Say who decides"):
        ledger.append([account("anna")], actor=" ", at=NOON)


def test_entries_refuse_to_be_changed_by_the_database_itself(ledger: Ledger) -> None:
    import sqlalchemy as sa

    from ghostnote.decisions.ledger.database import speaking, writing

    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    for statement in ("UPDATE ledger_entries SET actor = 'x'", "DELETE FROM ledger_entries"):
        with (
            pytest.raises(GhostnoteError, match="never changed or deleted"),
            speaking(ledger.url),
            writing(ledger.engine) as connection,
        ):
            connection.execute(sa.text(statement))
    assert verify(ledger).sound


@pytest.mark.parametrize(
    ("kind", "action", "reason"),
    [("account", "banish", None), ("play", "suspend", None), ("nonsense", "allow", None), ("note", "said", "x" * 257)],
)
def test_impossible_drafts_are_not_made(kind: str, action: str, reason: str | None) -> None:
    with pytest.raises(ValueError, match=r"is one of|belongs into the body"):
        Draft(kind=kind, subject=Subject(kind, "x"), action=action, key="k", reason=reason)


def _write(address: str, who: int) -> None:
    with open_ledger(address) as ledger:
        for number in range(10):
            ledger.append([account(f"{who}-{number}"), account("shared", "suspend")], actor=SYSTEM, at=NOON)


def test_several_processes_append_to_one_chain(ledger: Ledger, address: str) -> None:
    processes = [multiprocessing.get_context("spawn").Process(target=_write, args=(address, who)) for who in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert verify(ledger).sound
    names = [entry.subject.identifier for entry in ledger.entries() if entry.subject]
    assert sorted(names) == sorted(["shared", *(f"{who}-{number}" for who in range(3) for number in range(10))])


_DRAFTS = st.lists(
    st.builds(
        play,
        st.sampled_from(["e1", "e2", "e3"]),
        of=st.sampled_from(["anna", "boris"]),
        action=st.sampled_from(["count", "hold", "exclude"]),
        key=st.integers(0, 10**6).map(str),
        amount=st.integers(0, 10**12),
    ),
    max_size=12,
    unique_by=lambda draft: draft.key,
)


@given(drafts=_DRAFTS, cuts=st.lists(st.integers(0, 12), max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_drafts_are_cut_into_calls_and_repeated_the_ledger_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, drafts: list[Draft], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("cut") / "ledger.db"
    with open_ledger(str(path), create=True) as ledger:
        for cut in sorted(cuts):
            ledger.append(drafts[:cut], actor=SYSTEM, at=NOON)
        ledger.append(drafts, actor=SYSTEM, at=NOON)
        found = [(entry.subject, entry.action, entry.amount) for entry in ledger.entries()]
        assert found == [(draft.subject, draft.action, draft.amount) for draft in drafts]
        latest = {draft.subject: draft.action for draft in drafts}
        assert {state.subject: state.action for state in ledger.states("play")} == latest
        assert verify(ledger).sound
