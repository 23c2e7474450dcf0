"""Whatever is done to a ledger behind its back is found, and told of the right entry."""

from collections.abc import Callable

import pytest
from tests.decisions.drafts import NOON, account, play

from ghostnote.decisions.ledger import SYSTEM, Ledger, Subject
from ghostnote.decisions.ledger.erasing import forget
from ghostnote.decisions.ledger.verifying import MOST_TOLD, verify

Tamper = Callable[..., None]


@pytest.fixture
def written(ledger: Ledger) -> Ledger:
    for number in range(4):
        ledger.append([account(f"a{number}"), play(f"e{number}", of=f"a{number}")], actor=SYSTEM, at=NOON)
    return ledger


def told(ledger: Ledger) -> list[tuple[int, str]]:
    return [(problem.seq, problem.says) for problem in verify(ledger).problems]


def test_a_ledger_as_written_is_sound(written: Ledger) -> None:
    found = verify(written, expected=written.head()[1])
    assert found.sound
    assert found.entries == 8
    assert found.hash == written.head()[1]


def test_an_empty_ledger_is_sound(ledger: Ledger) -> None:
    assert verify(ledger).sound


@pytest.mark.parametrize(
    "change",
    [
        "action = 'allow'",
        "actor = 'ines'",
        "amount = amount + 1",
        "recorded_at = recorded_at + 1",
        "reason = 'other'",
        "day = 3",
        "currency = 'USD'",
        "kind = 'note'",
        "parent = NULL",
    ],
)
def test_an_altered_entry_is_found_and_no_other_blamed(written: Ledger, tamper: Tamper, change: str) -> None:
    tamper(f"UPDATE ledger_entries SET {change} WHERE seq = 3")
    problems = told(written)
    assert (3, "entry 3 is not what was written, or not in its place") in problems
    assert {seq for seq, _ in problems} == {3}


def test_a_missing_entry_is_found(written: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_entries WHERE seq = 4")
    assert any("entry 4 is missing before entry 5" in says for _, says in told(written))


def test_missing_entries_at_the_end_are_found(written: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_entries WHERE seq > 6")
    assert any("entries 7 to 8 are missing at the end" in says for _, says in told(written))


def test_a_cut_end_with_a_head_to_match_is_found_by_a_hash_noted_elsewhere(written: Ledger, tamper: Tamper) -> None:
    noted = written.head()[1]
    kept = next(entry for entry in written.entries() if entry.seq == 6)
    tamper("DELETE FROM ledger_states WHERE seq > 6")
    tamper("DELETE FROM ledger_bodies WHERE seq > 6")
    tamper("DELETE FROM ledger_entries WHERE seq > 6")
    tamper("UPDATE ledger_head SET seq = 6, hash = :hash", hash=kept.hash)
    assert verify(written).sound
    found = verify(written, expected=noted)
    assert [problem.says for problem in found.problems] == [
        "no entry has the hash that was expected: the chain was made anew, or is another ledger's"
    ]


def test_entries_that_changed_places_are_found(written: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE ledger_entries SET seq = 100 WHERE seq = 2")
    tamper("UPDATE ledger_entries SET seq = 2 WHERE seq = 3")
    tamper("UPDATE ledger_entries SET seq = 3 WHERE seq = 100")
    assert {2, 3} <= {seq for seq, _ in told(written)}


def test_altered_words_are_found(written: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE ledger_bodies SET content = :content WHERE seq = 3", content=b'{"reasons":["none"]}')
    assert told(written) == [(3, "what entry 3 says was altered")]


def test_deleted_words_are_found(written: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_bodies WHERE seq = 3")
    assert told(written) == [(3, "what entry 3 says is missing, and no erasure accounts for it")]


def test_words_cut_without_an_erasure_are_found(written: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE ledger_bodies SET salt = NULL WHERE seq = 3")
    assert told(written) == [(3, "what entry 3 says was cut, and no erasure accounts for it")]


def test_a_deleted_name_is_found(written: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_subjects WHERE identifier = 'e1'")
    assert told(written) == [(4, "whom entry 4 is about is missing, and no erasure accounts for it")]


def test_a_swapped_name_is_found(written: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE ledger_subjects SET identifier = 'somebody' WHERE identifier = 'a1'")
    assert told(written) == [(0, "the account somebody took the place of another subject")]


def test_an_altered_state_is_found(written: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE ledger_states SET action = 'count' WHERE seq = 4")
    assert told(written) == [(4, "how things stand after entry 4 is not what it decided")]


def test_a_deleted_state_is_found(written: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_states WHERE seq = 4")
    assert told(written) == [(4, "how things stand after entry 4 is not what it decided")]


def test_a_missing_head_is_found(written: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM ledger_head")
    assert told(written) == [(0, "the ledger's head is missing")]


def test_after_forgetting_the_chain_still_holds_and_tampering_is_still_found(written: Ledger, tamper: Tamper) -> None:
    forget(written, Subject("account", "a1"), actor="ines", at=NOON)
    assert verify(written).sound
    tamper("DELETE FROM ledger_subjects WHERE identifier = 'a2'")
    assert [seq for seq, _ in told(written)] == [6]


def test_many_problems_are_counted_and_some_told(ledger: Ledger, tamper: Tamper) -> None:
    ledger.append([play(f"e{number}") for number in range(50)], actor=SYSTEM, at=NOON)
    tamper("UPDATE ledger_entries SET amount = 1, action = 'hold'")
    found = verify(ledger)
    assert len(found.problems) == MOST_TOLD
    assert found.count >= 50
