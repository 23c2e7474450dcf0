"""Decisions for others, each of whom follows the log: a webhook, the ledger."""
