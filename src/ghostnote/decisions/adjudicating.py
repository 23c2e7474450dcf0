"""One person's decision about one play or account, outside of any case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from ghostnote.decisions.ledger import Draft, Ledger, State, Subject
from ghostnote.decisions.ledger.entries import LONGEST_REASON, STANDING
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.recording import micros, runs
from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import Lake

#: What may be decided about one by one.
KINDS = ("play", "account")


def adjudicate(
    ledger: Ledger, subject: Subject, action: str, *, reason: str, by: str, at: datetime, lake: Lake | None = None
) -> int:
    """Write a person's decision to the ledger, which runs leave alone from then on; returns the entry's number.

    What the ledger does not know yet is looked up in `lake`. A play that is withheld is priced as in the latest run.
    Raises `GhostnoteError` for a subject that neither knows, and for actions that there are not.
    """
    if subject.kind not in KINDS:
        raise GhostnoteError(f"People decide about a {' or an '.join(KINDS)}, not about a {subject.kind}.")
    allowed = STANDING[subject.kind] or ()
    if action not in allowed:
        raise GhostnoteError(f"A decision about a {subject.kind} is one of {', '.join(allowed)}, not '{action}'.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise GhostnoteError(f"Say why in a sentence of at most {LONGEST_REASON} characters, naming nobody.")
    known = ledger.state(subject)
    facts = _of_state(known) if known else _in_lake(subject, lake, lambda: _price(ledger))
    facts["amount"] = 0 if action in ("count", "allow") else facts["amount"]
    key = f"{by} {at.isoformat()}"
    draft = Draft(kind=subject.kind, subject=subject, action=action, key=key, reason=reason.strip(), **facts)
    return ledger.append([draft], actor=by, at=at).seq


def _of_state(state: State) -> dict[str, Any]:
    return {"parent": state.parent, "day": state.day, "amount": state.amount}


def _in_lake(subject: Subject, lake: Lake | None, price: Any) -> dict[str, Any]:
    if lake is None:
        raise GhostnoteError(
            f"The ledger knows no {subject.kind} {subject.identifier}: check the id, or give the --lake it is in."
        )
    column = "event_id" if subject.kind == "play" else "account_id"
    for table in ("plays",) if subject.kind == "play" else ("signups", "plays"):
        row = _row(lake, table, column, subject.identifier)
        if row is None:
            continue
        if subject.kind == "account":
            return {"amount": 0}
        paid, royalty_ms = price()
        parent = Subject("account", row["account_id"])
        amount = micros(paid) if row["ms_played"] >= royalty_ms else 0
        return {"parent": parent, "day": row["event_time"].date(), "amount": amount}
    raise GhostnoteError(
        f"Neither the ledger nor {lake.path} knows a {subject.kind} {subject.identifier}: check the id."
    )


def _row(lake: Lake, table: str, column: str, identifier: str) -> Mapping[str, Any] | None:
    for path in lake.files(table):
        try:
            found = (
                pl.scan_parquet(path, hive_partitioning=False)
                .filter(pl.col(column).cast(pl.String) == identifier)
                .head(1)
                .collect()
            )
        except (OSError, pl.exceptions.PolarsError):
            continue
        if found.height:
            return found.row(0, named=True)
    return None


def _price(ledger: Ledger) -> tuple[float, int]:
    """What a play is paid and from how many milliseconds on, in the latest run."""
    policy = Policy()
    paid, royalty_ms = policy.payout_per_play, policy.royalty_ms
    for _, _, body in runs(ledger):
        settings = body.get("settings") or {}
        paid = settings.get("payout_per_play", paid)
        royalty_ms = settings.get("royalty_ms", royalty_ms)
    return paid, royalty_ms
