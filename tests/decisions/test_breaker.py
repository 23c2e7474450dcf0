"""What acts on far more accounts than it ever did trips; what goes on as it did never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.decisions.breaker import Acts, Breaker, tripped, upper

LIMITS = Breaker()
_DAYS = st.integers(1, 10**7)
_COUNT = st.integers(0, 10**6)


def runs(*counts: int, days: int = 10_000) -> list[Acts]:
    return [Acts({"rule": count}, days) for count in counts]


def test_a_leap_trips_and_says_by_how_much() -> None:
    [trip] = tripped(Acts({"rule": 400, "model": 12}, 10_000), runs(10, 12, 9), LIMITS)
    assert (trip.source, trip.accounts, trip.runs) == ("rule", 400, 3)
    assert 3 * 12 < trip.bound < 400
    assert trip.said.startswith("rule acted on 400 accounts; from 3 earlier runs (at most 1.20 in 1,000 account-days)")


def test_a_first_attack_ever_trips() -> None:
    assert [trip.source for trip in tripped(Acts({"rule": 60}, 10_000), runs(0, 0, 0), LIMITS)] == ["rule"]


def test_twice_as_many_accounts_in_a_service_twice_as_large_do_not_trip() -> None:
    assert not tripped(Acts({"rule": 1000}, 100_000), runs(100, 100, 100), LIMITS)


def test_too_little_history_trips_nothing() -> None:
    assert not tripped(Acts({"rule": 4000}, 10_000), runs(1, 1), LIMITS)
    unknown = [Acts({}, 10_000, frozenset({"rule"}))] * 5
    assert not tripped(Acts({"rule": 4000}, 10_000), unknown, LIMITS)
    assert not tripped(Acts({"rule": 4000}, 10_000), [Acts({}, 0)] * 5, LIMITS)


def test_only_the_latest_runs_are_remembered() -> None:
    long_ago = runs(5000, *[5] * 30)
    assert tripped(Acts({"rule": 400}, 10_000), long_ago, LIMITS)
    assert not tripped(Acts({"rule": 400}, 10_000), long_ago, Breaker(recent_runs=31))


def test_a_bound_is_that_of_an_exact_interval() -> None:
    # Ulm (1990): nothing in a row of trials may be a mean of 3.69, ten may be one of 18.39.
    assert (upper(0), upper(10)) == (pytest.approx(3.689, abs=1e-3), pytest.approx(18.39, abs=1e-2))


@given(_COUNT, _DAYS, st.integers(3, 40), st.floats(1.0, 10.0), st.integers(1, 50))
def test_constant_history_never_trips(count: int, days: int, earlier: int, factor: float, least: int) -> None:
    limits = Breaker(factor=factor, least_accounts=least)
    assert not tripped(Acts({"rule": count}, days), [Acts({"rule": count}, days)] * earlier, limits)


@given(_COUNT, _COUNT, st.lists(_COUNT, min_size=3, max_size=8), _DAYS)
def test_more_accounts_trip_no_less(count: int, more: int, earlier: list[int], days: int) -> None:
    history = runs(*earlier, days=days)
    if tripped(Acts({"rule": count}, days), history, LIMITS):
        assert tripped(Acts({"rule": count + more}, days), history, LIMITS)


@given(_COUNT, st.lists(_COUNT, min_size=3, max_size=8), _COUNT, _DAYS)
def test_a_wilder_past_trips_no_more(count: int, earlier: list[int], wild: int, days: int) -> None:
    now = Acts({"rule": count}, days)
    if tripped(now, runs(*earlier, wild, days=days), LIMITS):
        assert tripped(now, runs(*earlier, days=days), LIMITS)
