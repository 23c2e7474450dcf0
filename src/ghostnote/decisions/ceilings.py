"""Ceilings on how many accounts of a cohort are acted on: beyond them the least certain are put up for review."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import polars as pl

from ghostnote.decisions.tables import ACTED

#: What a service can observe of an account without guessing.
OBSERVED = ("country", "plan", "platform", "age")
#: Days since sign-up, and how accounts of less are called.
AGES = ((7, "under a week"), (30, "under a month"), (365, "under a year"))
_OLDER = "a year or more"
#: What an account's cohort is called where no sign-up says.
UNKNOWN = "(unknown)"
#: z of a 95 % interval.
_Z = 1.959964


class Ceiling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most how many accounts of a cohort are acted on in a period.

    by: what tells cohorts apart: "country" or "platform" (of most events in the period, else at sign-up), "plan"
        at the last sign-up, or "age" since the first one, in four bands.
    share: largest share of a cohort's active accounts that is acted on.
    least_accounts: smallest cohort that the ceiling holds for: in smaller ones two accounts would be too many.
    """

    by: Literal["country", "plan", "platform", "age"]
    share: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]
    least_accounts: Annotated[int, msgspec.Meta(ge=1)] = 100


@dataclass(frozen=True)
class Bounded:
    """`accounts`: account_id and `said`, why it is put up for review; `notes`: a sentence per cohort at its ceiling."""

    accounts: pl.DataFrame
    notes: tuple[str, ...] = ()


_DEMOTED = pl.Schema({"account_id": pl.String(), "said": pl.String()})


def allowed(accounts: int, share: float) -> int:
    """Most accounts that may be acted on: one more and their share is surely (95 %) above `share`.

    That is where the lower end of Wilson's interval of the share passes the ceiling.
    """
    return math.floor(accounts * share + _Z * math.sqrt(accounts * share * (1.0 - share)))


def bounded(accounts: pl.DataFrame, ceilings: Sequence[Ceiling]) -> Bounded:
    """Which accounts acted on are put up for review instead.

    `accounts` has account_id, action, certain (caught by a certain rule), evidence (log-odds) and a column of text for
    each `by`. Those with least evidence go first, who was caught by a certain rule last. Ceilings are held to one after
    the other: whom one of them spares counts for none after it.
    """
    acted = accounts.filter(pl.col("action").is_in(ACTED))
    demoted, notes = [_DEMOTED.to_frame()], []
    for ceiling in ceilings:
        sizes = dict(accounts.group_by(ceiling.by).len().iter_rows())
        for (cohort,), part in sorted(acted.partition_by(ceiling.by, as_dict=True).items(), key=str):
            size = sizes[cohort]
            most = allowed(size, ceiling.share)
            if size < ceiling.least_accounts or part.height <= most:
                continue
            ordered = part.sort("certain", "evidence", "account_id", descending=[True, True, False])
            spared = ordered.slice(most)["account_id"]
            demoted.append(pl.DataFrame({"account_id": spared, "said": [_said(ceiling)] * len(spared)}))
            notes.append(
                f"{len(spared):,} of {part.height:,} accounts to act on, of {ceiling.by} {cohort}, are put up for "
                f"review instead: at most {most:,} of its {size:,} accounts may be acted on ({ceiling.share:.2%}, give "
                "or take chance)."
            )
            acted = acted.filter(~pl.col("account_id").is_in(spared.implode()))
    return Bounded(pl.concat(demoted), tuple(notes))


def age_band(days: pl.Expr) -> pl.Expr:
    """The cohort by age of accounts that signed up so many days ago; null days are unknown."""
    band = pl.lit(_OLDER)
    for below, name in reversed(AGES):
        band = pl.when(days < below).then(pl.lit(name)).otherwise(band)
    return pl.when(days.is_null()).then(pl.lit(UNKNOWN)).otherwise(band)


def _said(ceiling: Ceiling) -> str:
    return (
        f"Put up for review, not acted on: at most {ceiling.share:.2%} of the accounts of one {ceiling.by} are acted "
        "on, and others are more certain."
    )
