"""The chain, what can be erased beside it, and how things stand; entries refuse to be changed or deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SQLITE = """
CREATE TRIGGER ledger_entries_{what}_refused BEFORE {event} ON ledger_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
_POSTGRESQL = (
    """
    CREATE FUNCTION ledger_refuses() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
    """,
    "CREATE TRIGGER ledger_entries_change_refused BEFORE UPDATE OR DELETE ON ledger_entries"
    " FOR EACH ROW EXECUTE FUNCTION ledger_refuses()",
    "CREATE TRIGGER ledger_entries_truncate_refused BEFORE TRUNCATE ON ledger_entries"
    " EXECUTE FUNCTION ledger_refuses()",
)


def upgrade() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.LargeBinary(16), nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("subject", sa.LargeBinary(16), nullable=False),
        sa.Column("parent", sa.LargeBinary(16)),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("day", sa.Integer),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3)),
        sa.Column("reason", sa.String(256)),
        sa.Column("cause", sa.LargeBinary(16)),
        sa.Column("body_digest", sa.LargeBinary(32)),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("ledger_entries_decision_id", "ledger_entries", ["decision_id"], unique=True)
    op.create_index("ledger_entries_subject", "ledger_entries", ["subject", "seq"])
    op.create_index("ledger_entries_cause", "ledger_entries", ["cause"])
    op.create_index("ledger_entries_day", "ledger_entries", ["kind", "day"])
    op.create_table(
        "ledger_bodies",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(16)),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "ledger_subjects",
        sa.Column("reference", sa.LargeBinary(16), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("identifier", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
    )
    op.create_index("ledger_subjects_identifier", "ledger_subjects", ["kind", "identifier"], unique=True)
    op.create_table(
        "ledger_states",
        sa.Column("subject", sa.LargeBinary(16), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(256)),
        sa.Column("day", sa.Integer),
        sa.Column("parent", sa.LargeBinary(16)),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
    )
    op.create_index("ledger_states_kind_day", "ledger_states", ["kind", "day"])
    op.create_index("ledger_states_parent", "ledger_states", ["parent"])
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "recorded_at": 0, "hash": bytes(32)}])
    _refuse_changes()


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("update", "delete"):
            op.execute(_SQLITE.format(what=event, event=event.upper()))
        return
    for statement in _POSTGRESQL:
        op.execute(statement)
