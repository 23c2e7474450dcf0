"""Decisions to write in tests."""

from datetime import UTC, date, datetime

from ghostnote.decisions.ledger import Draft, Subject

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 2, 28)


def account(identifier: str, action: str = "suspend", key: str = "run-1") -> Draft:
    return Draft(
        kind="account",
        subject=Subject("account", identifier),
        action=action,
        key=key,
        parent=Subject("campaign", "c-1"),
        body={"reasons": [f"{identifier} streams day and night."]},
    )


def play(identifier: str, of: str = "anna", action: str = "exclude", key: str = "run-1", amount: int = 4000) -> Draft:
    return Draft(
        kind="play",
        subject=Subject("play", identifier),
        action=action,
        key=key,
        parent=Subject("account", of),
        day=DAY,
        amount=amount,
        currency="EUR",
        reason="target",
    )
