"""Opens the database of a ledger, brings its tables up to date, and says in one sentence what it refused and why."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, IntegrityError, NoSuchModuleError

from ghostnote.errors import GhostnoteError

_MIGRATIONS = Path(__file__).with_name("migrations")
_VERSION_TABLE = "ledger_version"
#: Seconds that a writer waits for another one.
_PATIENCE = 30
_WRITES = "ghostnote_writes"
#: Bits of what databases say, and what that means for whoever reads it.
_SAID = (
    ("disk is full", "the disk is full: free some space and run the command again"),
    ("No space left", "the disk is full: free some space and run the command again"),
    ("is locked", "another program has been writing to it for long: run the command again later"),
    ("readonly database", "it may not be written: change its permissions"),
    ("unable to open", "the file cannot be opened: check the folder and its permissions"),
    ("not a database", "the file is something else than a ledger: choose another --ledger"),
    ("malformed", "the file is damaged: restore it from a copy"),
    ("append-only", "entries are never changed or deleted: append another decision"),
)


def address_of(given: str) -> URL:
    """The database that a path or URL names: a path is an SQLite file, `postgresql://...` a PostgreSQL database."""
    if "://" not in given:
        return URL.create("sqlite+pysqlite", database=given)
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise GhostnoteError(f"'{given}' is no address of a ledger: give a file or postgresql://HOST/NAME.") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database:
        return url.set(drivername="sqlite+pysqlite")
    raise GhostnoteError(
        f"A ledger is an SQLite file or a PostgreSQL database, not {url.get_backend_name()}: "
        "give a path or postgresql://HOST/NAME."
    )


def shown(url: URL) -> str:
    """The address as people may see it: without its password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def connect(url: URL, *, create: bool) -> Engine:
    """An engine for the ledger at `url`, its tables there and up to date.

    Raises `GhostnoteError` if there is no ledger and `create` is false, if it is of a newer version, or if the database
    cannot be reached.
    """
    if url.get_backend_name() == "sqlite" and not create and not Path(str(url.database)).is_file():
        raise _missing(url)
    try:
        engine = sa.create_engine(url, **_settings(url))
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise GhostnoteError("PostgreSQL needs one more package: pip install 'ghostnote[postgresql]'.") from error
    if url.get_backend_name() == "sqlite":
        _prepare_sqlite(engine)
    try:
        with speaking(url), writing(engine) as connection:
            _migrate(connection, url, create=create)
    except GhostnoteError:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: on disk when the block ends well, as if never begun when it does not."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees the ledger as it is at its start, whatever is appended meanwhile."""
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**level) as connection, connection.begin():
        yield connection


@contextmanager
def speaking(url: URL) -> Iterator[None]:
    """Turns what the database refuses into one sentence; whatever was in a transaction did not happen."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip().splitlines()
        for bit, meaning in _SAID:
            if any(bit in line for line in said):
                raise GhostnoteError(f"The ledger {shown(url)}: {meaning}. Nothing of it was written.") from error
        if isinstance(error, IntegrityError):
            raise GhostnoteError(f"The ledger {shown(url)} refused an entry: {said[0] if said else error}.") from error
        if isinstance(error, DatabaseError) and url.get_backend_name() == "sqlite":
            raise GhostnoteError(f"The ledger {shown(url)} cannot be used: {said[0] if said else error}.") from error
        raise GhostnoteError(
            f"The database of the ledger {shown(url)} cannot be used ({said[0] if said else 'no answer'}): start it or "
            "mend its address, then run the command again. Nothing is written twice."
        ) from error


def insert(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows, each with a value for every column. Straight to the driver: three times as fast."""
    names = [column.name for column in table.columns]
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"
    if rows:
        connection.exec_driver_sql(statement, [tuple(row[name] for name in names) for row in rows])


def _settings(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": _PATIENCE}}
    return {"connect_args": {"connect_timeout": _PATIENCE // 3}, "pool_pre_ping": True}


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # Transactions are begun below: the driver would begin them late, after what was read may have changed.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: Connection, url: URL, *, create: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    there = sa.inspect(connection).has_table(_VERSION_TABLE)
    if not there and not create:
        raise _missing(url)
    newest = ScriptDirectory.from_config(config).get_current_head()
    number = connection.execute(sa.text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar() if there else None
    if number == newest:
        return
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if number is not None and number not in known:
        raise GhostnoteError(
            f"The ledger {shown(url)} is of version {number}, which this Ghostnote does not know: install a newer one."
        )
    command.upgrade(config, "head")


def _missing(url: URL) -> GhostnoteError:
    return GhostnoteError(f"There is no ledger at {shown(url)}: `ghostnote ledger append` begins one.")
