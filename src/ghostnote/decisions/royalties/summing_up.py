"""A settlement in figures and sentences: what `royalties.json` holds."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl

from ghostnote import __version__
from ghostnote.decisions.royalties.collecting import Collected
from ghostnote.decisions.royalties.document import EligibilityFacts, Penalties, Royalties, Totals
from ghostnote.decisions.royalties.sharing import UNALLOCATED
from ghostnote.decisions.royalties.statements import Settlement
from ghostnote.decisions.royalties.terms import ALL, POOL_KEYS, UNKNOWN, Terms, month_of

#: Pools that a note names.
_NAMED = 6


def sum_up(
    settled: Settlement,
    collected: Collected,
    terms: Terms,
    period: tuple[date, date],
    *,
    lake: str,
    decisions: str,
    made_at: datetime,
) -> Royalties:
    """What to say about a settlement."""
    intake = collected.intake
    return Royalties(
        ghostnote=__version__,
        made_at=made_at,
        lake=lake,
        decisions=decisions,
        start=period[0],
        end=period[1],
        currency=terms.currency,
        terms=terms,
        totals=_totals(settled),
        penalties=_penalties(settled.tracks, terms),
        eligibility=_eligibility(settled.tracks, collected),
        rejected_rows=intake.rejected_rows,
        duplicates=intake.duplicates,
        unreadable_files=intake.unreadable,
        notes=_notes(settled, collected, terms, month_of(period[0])),
    )


def _sum(frame: pl.DataFrame, column: str) -> Decimal:
    """Exact, with the column's digits, of no rows too."""
    dtype = frame.schema[column]
    assert isinstance(dtype, pl.Decimal)
    found = frame[column].sum()
    return Decimal(found or 0).quantize(Decimal(1).scaleb(-dtype.scale))


def _totals(settled: Settlement) -> Totals:
    pools, owners = settled.pools, settled.statements.filter(pl.col("owner_id") != UNALLOCATED)
    gaining = owners.filter(pl.col("difference") > 0)
    return Totals(
        plays=int(pools["plays"].sum()),
        paying_plays=int(pools["paying_plays"].sum()),
        artificial_plays=int(pools["artificial_plays"].sum()),
        held_plays=int(pools["held_plays"].sum()),
        owners=owners.height,
        tracks=settled.tracks.height,
        pools=pools.height,
        pool=_sum(pools, "pool"),
        paid_before=_sum(pools, "payout_before"),
        unallocated_before=_sum(pools, "unallocated_before"),
        paid_after=_sum(pools, "payout_after"),
        held=_sum(pools, "held_payout"),
        unallocated_after=_sum(pools, "unallocated_after"),
        gained=_sum(gaining, "difference"),
        owners_gaining=gaining.height,
        owners_losing=owners.filter(pl.col("difference") < 0).height,
    )


def _penalties(tracks: pl.DataFrame, terms: Terms) -> Penalties:
    return Penalties(
        line=terms.penalty.line,
        per_track=terms.penalty.per_track,
        tracks_will=tracks.filter(pl.col("forecast") == "will").height,
        tracks_may=tracks.filter(pl.col("forecast") == "may").height,
        amount=_sum(tracks, "penalty"),
        at_most=_sum(tracks, "penalty_at_most"),
    )


def _eligibility(tracks: pl.DataFrame, collected: Collected) -> EligibilityFacts:
    before, after = tracks.filter(~pl.col("eligible_before")), tracks.filter(~pl.col("eligible_after"))
    return EligibilityFacts(
        applied=collected.eligible.tracks is not None,
        said=collected.eligible.said,
        tracks_below_before=before.height,
        tracks_below_after=after.height,
        plays_below_before=int(before["paying_plays"].sum()),
        plays_below_after=int(after["paying_plays"].sum()),
    )


def _notes(settled: Settlement, collected: Collected, terms: Terms, month: str) -> list[str]:
    pools, notes = settled.pools, []
    rated = pools.filter(pl.col("source") == "payout_per_play")
    rate = f"worth {terms.currency} {terms.payout_per_play} per royalty-bearing play"
    if rated.height == pools.height:
        notes.append(f"No revenue is given for {month}: every pool is {rate}.")
    elif rated.height:
        notes.append(f"No revenue is given for {_pools(rated)}: {'it is' if rated.height == 1 else 'each is'} {rate}.")
    for when, said in (("before", "with all plays"), ("after", "once artificial plays are gone")):
        left = pools.filter(pl.col(f"unallocated_{when}") > 0)
        if left.height:
            amount = f"{terms.currency} {_sum(left, f'unallocated_{when}'):,}"
            notes.append(f"Nobody is to be paid from {_pools(left)} {said}: {amount} is {UNALLOCATED}.")
    others = sorted({row.month for row in terms.revenue if row.month not in (None, month)} - {None})
    if others:
        notes.append(f"Revenue of other months is given and was not used: {_listed([str(one) for one in others])}.")
    for key, why in zip(
        POOL_KEYS,
        ("neither the play nor its account's sign-up has one", "the lake has no sign-up of its account"),
        strict=True,
    ):
        lost = int(pools.filter(pl.col(key) == UNKNOWN)["plays"].sum())
        if lost:
            notes.append(
                f"The {key} of {lost:,} plays is not known ({why}): they are in pools called {UNKNOWN}. "
                f"Import older sign-ups, or leave {key} out of pool_by."
            )
    lost = int(settled.statements.filter(pl.col("owner_id") == UNKNOWN)["plays"].sum())
    if lost:
        notes.append(
            f"Who is paid for {lost:,} plays is not known: no catalogue has their tracks. It is called {UNKNOWN}."
        )
    if collected.intake.undecided:
        notes.append(f"Nothing was decided about {collected.intake.undecided:,} plays: they count.")
    return notes


def _pools(pools: pl.DataFrame) -> str:
    names = [
        "/".join(name for name in row if name != ALL) or "the one pool" for row in pools.select(POOL_KEYS).iter_rows()
    ]
    return _listed(names)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
