"""What lies in the pools, and which days are settled with it."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from ghostnote.decisions.royalties.periods import month_days, settled_days
from ghostnote.decisions.royalties.pots import fill, revenue_of
from ghostnote.decisions.royalties.tally import SUMS
from ghostnote.decisions.royalties.terms import Revenue, Terms
from ghostnote.errors import GhostnoteError

_SUMS = pl.DataFrame(
    [
        ("DE", "free", "t", 9, 3, 0, 0, 0, 0),
        ("DE", "free", "u", 9, 4, 0, 4, 0, 4),
        ("SE", "duo", "t", 1, 0, 0, 0, 0, 0),
    ],
    schema=SUMS,
    orient="row",
)
_MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def test_a_pool_has_its_revenue_or_else_a_rate_per_paying_play() -> None:
    terms = Terms(
        revenue=(Revenue(amount=Decimal("10.01"), country="NO", plan="free"),),
        rights_holders_share=Decimal("0.7"),
        payout_per_play=Decimal("0.0125"),
    )
    assert fill(_SUMS, terms, terms.revenue).rows() == [
        ("DE", "free", "payout_per_play", None, 9),  # 8.75 cents
        ("NO", "free", "revenue", 1001, 701),  # 700.7 cents
        ("SE", "duo", "payout_per_play", None, 0),
    ]


def test_revenue_of_one_pool_for_all_needs_no_names() -> None:
    terms = Terms(pool_by=(), revenue=(Revenue(amount=Decimal(5)),))
    sums = _SUMS.with_columns(country=pl.lit("(all)"), plan=pl.lit("(all)"))
    assert fill(sums, terms, terms.revenue).rows() == [("(all)", "(all)", "revenue", 500, 500)]


def test_revenue_is_that_of_the_month_and_not_for_a_part_of_it() -> None:
    march, april, any_month = (
        Revenue(amount=Decimal(number), month=month, country="DE", plan=plan)
        for number, month, plan in ((1, "2026-03", "free"), (2, "2026-04", "free"), (3, None, "duo"))
    )
    terms = Terms(revenue=(march, april, any_month))
    assert revenue_of(terms, *_MARCH) == (march, any_month)
    with pytest.raises(GhostnoteError, match="Revenue of DE/free in 2026-03 is that of the whole month"):
        revenue_of(terms, date(2026, 3, 1), date(2026, 3, 30))
    assert revenue_of(terms, date(2026, 5, 2), date(2026, 5, 3)) == (any_month,)


def test_a_month_is_settled_or_a_part_of_one() -> None:
    judged = (date(2026, 3, 10), date(2026, 3, 15))
    assert settled_days(None, None, None, judged) == judged
    assert settled_days("2026-03", None, None, judged) == _MARCH
    assert settled_days(None, date(2026, 3, 12), None, judged) == (date(2026, 3, 12), judged[1])
    assert month_days("2024-02")[1] == date(2024, 2, 29)
    assert month_days("2026-12") == (date(2026, 12, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("month", "start", "end", "said"),
    [
        ("2026-13", None, None, "--month '2026-13' is no month: write it as YYYY-MM"),
        ("March", None, None, "is no month"),
        ("2026-03", date(2026, 3, 1), None, "not both"),
        (None, date(2026, 3, 14), date(2026, 3, 12), "lies after its last"),
        (None, date(2026, 2, 27), date(2026, 3, 12), "lies in more than one month"),
    ],
)
def test_days_that_cannot_be_are_refused(month: str | None, start: date | None, end: date | None, said: str) -> None:
    with pytest.raises(GhostnoteError, match=said):
        settled_days(month, start, end, _MARCH)
