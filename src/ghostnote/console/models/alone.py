"""Accounts that the policy leaves alone, held against what is known of them: the one measure without our own doing."""

from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from ghostnote.decisions.hold_out import held_against
from ghostnote.decisions.summary import Summary, Truth
from ghostnote.events.labels import TRUTH_SOURCE, known_by
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read

#: What is known of a subject: as in the contract's labels.
_LABELLED = pl.Schema(
    {
        "subject_type": pl.String(),
        "subject_id": pl.String(),
        "verdict": pl.String(),
        "known_at": pl.Datetime("us", "UTC"),
    }
)


def labelled(lake: Lake) -> pl.DataFrame:
    """subject_type, subject_id, verdict, known_at: the team's labels in a lake, none that a simulator wrote."""
    if "labels" not in lake.tables():
        return _LABELLED.to_frame()
    rows = read(lake, "labels").rows
    return rows.filter(pl.col("source") != TRUTH_SOURCE).select(pl.col(n).cast(t) for n, t in _LABELLED.items())


def left_alone(
    summary: Summary, accounts: pl.DataFrame, labels: pl.DataFrame, found: pl.DataFrame, truth: Truth | None
) -> dict[str, Any]:
    """Who is left alone, and how right decisions about them would have been.

    `accounts` has account_id, action, untouched, would_be; `labels` are those of `labelled`, `found` what people found
    (`Found.accounts`), which goes first. `share` is the policy's (0: nobody), `known` as `hold_out.held_against` says,
    None where nobody is left alone; `simulated`: the truth of a simulated lake took the place of labels.
    """
    policy = summary.settings
    told: dict[str, Any] = {"share": policy.untouched.share if policy else 0.0, "known": None, "simulated": False}
    if truth is not None and truth.hold_out is not None:
        return told | {"known": msgspec.to_builtins(truth.hold_out), "simulated": True}
    theirs = accounts.filter(pl.col("untouched").fill_null(value=False))
    if theirs.is_empty():
        return told
    as_of = summary.bundle.as_of
    if as_of is not None:
        # Who was labelled fraud before training ended is found again, which proves nothing.
        ended = datetime.combine(as_of, datetime.max.time(), tzinfo=summary.made_at.tzinfo)
        taught = known_by(labels, ended).filter(pl.col("verdict") == "fraud")["subject_id"]
        theirs = theirs.filter(~pl.col("account_id").is_in(taught.implode()))
    held = held_against(_judged(theirs, labels, found), simulated=False)
    return told | {"known": None if held is None else msgspec.to_builtins(held)}


def _judged(accounts: pl.DataFrame, labels: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    latest = labels.sort("known_at").unique(["subject_type", "subject_id"], keep="last", maintain_order=True)
    theirs = latest.filter(pl.col("subject_type") == "account")
    named = theirs.select(account_id="subject_id", labelled="verdict")
    joined = accounts.join(named, on="account_id", how="left").join(found, on="account_id", how="left")
    verdict = pl.coalesce("verdict", "labelled")
    return joined.with_columns(
        verdict.alias("verdict"),
        (verdict == "fraud").fill_null(value=False).alias("fraud"),
        pl.col("victim").fill_null(value=False),
    )
