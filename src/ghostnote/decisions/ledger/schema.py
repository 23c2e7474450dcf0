"""The ledger's tables, for SQLite and PostgreSQL alike; `migrations/` creates them."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

#: The chain. Times are microseconds since 1970 (UTC), days are days since 1970, amounts millionths of a currency unit.
entries = Table(
    "ledger_entries",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("decision_id", LargeBinary(16), nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", LargeBinary(16), nullable=False),
    Column("parent", LargeBinary(16)),
    Column("actor", String(128), nullable=False),
    Column("day", Integer),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3)),
    Column("reason", String(256)),
    Column("cause", LargeBinary(16)),
    Column("body_digest", LargeBinary(32)),
    Column("hash", LargeBinary(32), nullable=False),
)
#: What entries say in words, which can be erased; `salt` is null where that happened.
bodies = Table(
    "ledger_bodies",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary(16)),
    Column("content", LargeBinary, nullable=False),
)
#: Whom references stand for, as long as nobody asked to be forgotten.
subjects = Table(
    "ledger_subjects",
    metadata,
    Column("reference", LargeBinary(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("identifier", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)
#: How things stand with every subject: follows from the chain, kept so that nobody has to read all of it.
states = Table(
    "ledger_states",
    metadata,
    Column("subject", LargeBinary(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("action", String(32), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", String(256)),
    Column("day", Integer),
    Column("parent", LargeBinary(16)),
    Column("seq", BigInteger, nullable=False),
    Column("settled", Boolean, nullable=False),
)
#: One row: the last entry. Whoever appends holds it.
head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
