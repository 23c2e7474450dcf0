"""Addresses, missing and foreign databases, full disks, and a server that is down."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.decisions.drafts import NOON, account, play

from ghostnote.decisions.ledger import SYSTEM, Ledger, open_ledger
from ghostnote.decisions.ledger.database import address_of, shown
from ghostnote.decisions.ledger.verifying import verify
from ghostnote.errors import GhostnoteError


@pytest.mark.parametrize("given", ["mysql://host/name", "nonsense://x"])
def test_other_databases_are_refused(given: str) -> None:
    with pytest.raises(GhostnoteError, match="SQLite file or a PostgreSQL database"):
        address_of(given)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in shown(address_of("postgresql://ines:secret@host/name"))


def test_no_ledger_yet(address: str) -> None:
    with pytest.raises(GhostnoteError, match=r"There is no ledger at .*ghostnote ledger append"):
        open_ledger(address)


def test_opening_twice_keeps_what_is_there(ledger: Ledger, address: str) -> None:
    ledger.append([account("anna")], actor=SYSTEM, at=NOON)
    with open_ledger(address, create=True) as again:
        assert again.head() == ledger.head()


def test_a_ledger_of_a_newer_version_is_refused(ledger: Ledger, address: str) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE ledger_version SET version_num = '9999'"))
    with pytest.raises(GhostnoteError, match=r"version 9999.*install a newer one"):
        open_ledger(address)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but long enough to look like a header of one " * 30)
    with pytest.raises(GhostnoteError, match="something else than a ledger"):
        open_ledger(str(tmp_path / "notes.txt"), create=True)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="cannot be opened"):
        open_ledger(str(tmp_path / "none" / "ledger.db"), create=True)


def test_a_server_that_is_down(tmp_path: Path) -> None:
    with pytest.raises(GhostnoteError, match="start it or mend its address"):
        open_ledger(f"postgresql:///ledger?host={tmp_path}")


def test_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with open_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        ledger.append([account("anna")], actor=SYSTEM, at=NOON)
        before = ledger.head()
        with ledger.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        many = [play(f"e{number}") for number in range(2000)]
        with pytest.raises(GhostnoteError, match=r"the disk is full.*Nothing of it was written"):
            ledger.append(many, actor=SYSTEM, at=NOON)
        assert ledger.head() == before
    with open_ledger(str(tmp_path / "ledger.db")) as ledger:
        assert verify(ledger).sound
        assert ledger.append(many, actor=SYSTEM, at=NOON).new == 2000


def test_a_ledger_that_somebody_else_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(str(path), create=True).engine.dispose()
    monkeypatch.setattr("ghostnote.decisions.ledger.database._PATIENCE", 0.1)
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    with pytest.raises(GhostnoteError, match="another program has been writing"):
        open_ledger(str(path))
    held.execute("ROLLBACK")
    held.close()
    open_ledger(str(path)).engine.dispose()
