"""Which days are closed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.closes.calendar import KINDS, period
from ghostnote.errors import GhostnoteError


@given(kind=st.sampled_from(KINDS), day=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_period_has_the_day_it_is_asked_for(kind: str, day: date) -> None:
    found = period(kind, day.isoformat())
    assert found.start <= day <= found.end
    assert {"daily": 1, "weekly": 7}.get(kind, (found.end - found.start).days + 1) == (found.end - found.start).days + 1
    assert found.overlaps(found)


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_months_follow_each_other_without_a_gap(day: date) -> None:
    month = period("monthly", day.isoformat())
    following = period("monthly", (month.end + timedelta(days=1)).isoformat())
    assert following.start.day == 1
    assert not month.overlaps(following)


def test_kinds_do_not_overlap_each_other() -> None:
    assert not period("daily", "2026-03-10").overlaps(period("weekly", "2026-03-12"))
    assert period("weekly", "2026-03-10").overlaps(period("weekly", "2026-03-16"))


@pytest.mark.parametrize(("kind", "text"), [("daily", "yesterday"), ("weekly", "2026-02-30"), ("monthly", "2026-13")])
def test_what_is_no_date(kind: str, text: str) -> None:
    with pytest.raises(GhostnoteError, match="is no date: write it as"):
        period(kind, text)
