"""Forgetting: names and words go, decisions and money stay."""

from tests.decisions.drafts import NOON, account, play

from ghostnote.decisions.ledger import SYSTEM, Draft, Ledger, Subject
from ghostnote.decisions.ledger.erasing import forget
from ghostnote.decisions.ledger.verifying import verify

ANNA = Subject("account", "anna")


def test_nothing_in_the_database_names_a_forgotten_account(ledger: Ledger) -> None:
    import sqlalchemy as sa

    from ghostnote.decisions.ledger.schema import metadata

    ledger.append([account("anna"), play("e1"), account("boris")], actor=SYSTEM, at=NOON)
    found = forget(ledger, ANNA, actor="ines", at=NOON, reason="asked to be forgotten")
    assert (found.bodies, found.seq) == (1, 4)
    with ledger.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                assert not any("anna" in str(value) for value in row)
    assert [entry.subject for entry in ledger.entries(kind="account")] == [None, Subject("account", "boris")]


def test_what_was_decided_and_what_it_cost_stays(ledger: Ledger) -> None:
    ledger.append([account("anna"), play("e1")], actor=SYSTEM, at=NOON)
    forget(ledger, ANNA, actor="ines", at=NOON)
    entries = list(ledger.entries())
    assert [(entry.action, entry.amount) for entry in entries] == [("suspend", 0), ("exclude", 4000), ("forget", 0)]
    assert entries[0].body == {"erased": True}
    assert entries[1].parent is None
    assert [state.action for state in ledger.states("play")] == ["exclude"]
    assert ledger.state(ANNA) is None


def test_whoever_comes_back_is_somebody_new(ledger: Ledger) -> None:
    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    before = next(ledger.entries()).reference
    forget(ledger, ANNA, actor="ines", at=NOON)
    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    *_, last = ledger.entries()
    assert last.subject == ANNA
    assert last.reference != before


def test_forgetting_somebody_unknown_writes_nothing(ledger: Ledger) -> None:
    assert forget(ledger, ANNA, actor="ines", at=NOON).seq is None
    assert ledger.head()[0] == 0


def test_words_about_somebody_else_that_mention_the_name_go_as_well(ledger: Ledger) -> None:
    case = Subject("case", "k-1")
    notes = [
        Draft(kind="note", subject=case, action="said", key=str(number), body={"text": text})
        for number, text in enumerate(["like anna's", "nothing in common"])
    ]
    ledger.append([account("anna"), *notes], actor="ines", at=NOON)
    forget(ledger, ANNA, actor="ines", at=NOON)
    assert [entry.body for entry in ledger.entries(kind="note")] == [{"erased": True}, {"text": "nothing in common"}]


def test_a_case_about_a_forgotten_account_loses_its_name_which_follows_from_the_accounts(ledger: Ledger) -> None:
    opened = Draft(kind="case", subject=Subject("case", "k-1"), action="opened", key="1", parent=ANNA)
    ledger.append([opened], actor=SYSTEM, at=NOON)
    forget(ledger, ANNA, actor="ines", at=NOON)
    assert [entry.subject for entry in ledger.entries(kind="case")] == [None]
    assert verify(ledger).sound
