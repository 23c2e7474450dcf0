"""How much money lies in each pool: its revenue, or a rate per royalty-bearing play where no revenue is known."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import polars as pl

from ghostnote.decisions.royalties.cents import to_cents
from ghostnote.decisions.royalties.terms import ALL, POOL_KEYS, Revenue, Terms, month_of, named
from ghostnote.errors import GhostnoteError

#: One row per pool. `source` is where its money comes from; `revenue` (cents) is null where none is known; `cents` is
#: what is shared out.
POTS = pl.Schema(
    {
        "country": pl.String(),
        "plan": pl.String(),
        "source": pl.Enum(["revenue", "payout_per_play"]),
        "revenue": pl.Int64(),
        "cents": pl.Int64(),
    }
)


def revenue_of(terms: Terms, start: date, end: date) -> tuple[Revenue, ...]:
    """The rows of revenue that a period within one month is settled with.

    Raises `GhostnoteError` if they are those of a whole month and the period is a part of it: nobody said what of them
    belongs to it.
    """
    month = month_of(start)
    rows = tuple(row for row in terms.revenue if row.month in (None, month))
    dated = [row for row in rows if row.month is not None]
    if dated and not is_month(start, end):
        raise GhostnoteError(
            f"Revenue of {named(dated[0])} is that of the whole month, and the period is {start} to {end}: settle "
            f"--month {month}, or give what belongs to the period as revenue without a month."
        )
    return rows


def is_month(start: date, end: date) -> bool:
    """Whether a period is one whole calendar month."""
    after = date.fromordinal(end.toordinal() + 1)
    return start.day == 1 and after.day == 1 and month_of(start) == month_of(end)


def fill(sums: pl.DataFrame, terms: Terms, rows: Iterable[Revenue]) -> pl.DataFrame:
    """The money of every pool that has plays or revenue, see `POTS`, ordered by pool.

    `sums` as in `tally.SUMS`; `rows` are those of the period, one per pool.
    """
    paying = sums.group_by(POOL_KEYS).agg(pl.col("paying").sum())
    counts = {(country, plan): count for country, plan, count in paying.select(*POOL_KEYS, "paying").iter_rows()}
    taken = {(row.country or ALL, row.plan or ALL): row.amount for row in rows}
    found = [(*pool, *_money(taken.get(pool), counts.get(pool, 0), terms)) for pool in sorted({*counts, *taken})]
    return pl.DataFrame(found, schema=POTS, orient="row")


def _money(revenue: Decimal | None, paying: int, terms: Terms) -> tuple[str, int | None, int]:
    if revenue is None:
        return "payout_per_play", None, to_cents(terms.payout_per_play * paying, terms.digits)
    shared = to_cents(revenue * terms.rights_holders_share, terms.digits)
    return "revenue", to_cents(revenue, terms.digits), shared
