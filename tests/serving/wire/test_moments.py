"""Times read at once are what Python's own reading of each gives."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.serving.wire.moments import moments

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONES = st.none() | st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def micros(text: str) -> int:
    time = datetime.fromisoformat(text)
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


@given(st.lists(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 31), timezones=_ZONES), min_size=1))  # noqa: DTZ001
def test_times_are_those_that_python_reads(times: list[datetime]) -> None:
    texts = [time.isoformat() for time in times]
    found = moments(texts)
    assert found is not None
    assert found.tolist() == list(map(micros, texts))


def test_utc_may_be_said_by_a_letter_and_what_is_finer_than_microseconds_is_cut() -> None:
    found = moments(["2026-03-12T09:30:00Z", "2026-03-12T09:30:00.5Z", "2026-03-12T09:30:00.1234569999"])
    assert found is not None
    assert (found - found[0]).tolist() == [0, 500_000, 123_456]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "1969-12-31T00:00:00Z",
        "2026-03-12T24:00:00Z",
        "2026-03-12T09:60:00Z",
        "2026-03-12T09:30:60Z",
        "2026-03-12 09:30:00Z",
        "2026-03-12T09:30:00.Z",
        "2026-03-12T09:30:00z",
        "2026-03-12T09:30:00+0530",
        "2026-03-12T09:30:00+24:00",
        "2026-03-12T09:30:00Z ",
        "2026-03-12T09.30.00Z",
        "2o26-03-12T09:30:00Z",
        "2026/03/12T09:30:00Z",
        "２026-03-12T09:30:00Z",
    ],
)
def test_anything_else_is_left_to_those_who_say_what_is_wrong(text: str) -> None:
    assert moments(["2026-03-12T09:30:00Z", text]) is None
