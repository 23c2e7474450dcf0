"""The runs that a ledger knows, each with its bundle, and how far its scores were spread from those of this one."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ghostnote.console.health import shift
from ghostnote.decisions.ledger import Ledger
from ghostnote.decisions.recording import runs
from ghostnote.decisions.summary import Summary
from ghostnote.models.manifest import SHORT

_MOST = 30


def earlier(ledger: Ledger | None, summary: Summary) -> list[dict[str, Any]]:
    """Runs of a ledger, the latest first: made_at, start, end, bundle, policy, plays, accounts, account_shift and
    play_shift (population stability index of their scores against those of this run, None without scores), this.
    """
    if ledger is None:
        return []
    told = sorted((body for _, _, body in runs(ledger)), key=lambda body: str(body["made_at"]), reverse=True)
    return [_row(body, summary) for body in told[:_MOST]]


def _row(body: Mapping[str, Any], summary: Summary) -> dict[str, Any]:
    versions, scores = body.get("versions", {}), body.get("histograms", {})
    made_at = datetime.fromisoformat(str(body["made_at"]))
    return {
        "made_at": made_at,
        "start": date.fromisoformat(body["start"]),
        "end": date.fromisoformat(body["end"]),
        "bundle": str(versions.get("bundle", ""))[:SHORT],
        "policy": str(versions.get("policy", ""))[:SHORT],
        "plays": body["counts"]["plays"],
        "accounts": body["counts"]["accounts"],
        "account_shift": _apart(scores.get("account_scores", ()), summary.histograms.account_scores),
        "play_shift": _apart(scores.get("play_scores", ()), summary.histograms.play_scores),
        "this": made_at == summary.made_at,
    }


def _apart(theirs: Sequence[int], ours: Sequence[int]) -> float | None:
    comparable = len(theirs) == len(ours) and any(theirs) and any(ours)
    return shift(ours, theirs) if comparable else None
