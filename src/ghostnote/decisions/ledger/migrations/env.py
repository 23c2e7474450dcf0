"""Run by Alembic: applies the steps in `versions/` over the connection that `database.py` hands in."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=False,
    version_table="ledger_version",
)
with context.begin_transaction():
    context.run_migrations()
