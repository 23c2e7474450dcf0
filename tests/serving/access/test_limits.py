"""Limits: what passes, what waits and how long, and bodies that are too long."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.serving.access.limits import Limits, Rate, TooLongError, bounded, check_length


def test_a_burst_passes_then_one_waits_for_as_long_as_it_says() -> None:
    limits = Limits(Rate(10.0, 3.0), Rate())
    assert [limits.request("a", 5.0) for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(0.1)]
    assert limits.request("a", 5.05) == pytest.approx(0.05)
    assert limits.request("a", 5.1) == 0.0
    assert limits.request("a", 5.1) > 0.0


def test_keys_do_not_take_from_each_other_nor_events_from_requests() -> None:
    limits = Limits(Rate(1.0, 1.0), Rate(1.0, 1.0))
    assert limits.request("a", 0.0) == 0.0
    assert limits.request("b", 0.0) == 0.0
    assert limits.events("a", 1, 0.0) == 0.0
    assert limits.request("a", 0.0) == pytest.approx(1.0)
    assert limits.events("a", 1, 0.0) == pytest.approx(1.0)


def test_no_rate_is_no_limit() -> None:
    limits = Limits(Rate(), Rate())
    assert all(limits.request("a", 0.0) == 0.0 and limits.events("a", 10**9, 0.0) == 0.0 for _ in range(1000))


def test_a_batch_larger_than_the_burst_passes_when_the_bucket_is_full_and_leaves_a_debt() -> None:
    limits = Limits(Rate(), Rate(100.0, 50.0))
    assert limits.events("a", 250, 0.0) == 0.0
    assert limits.events("a", 1, 0.0) == pytest.approx(2.01)
    assert limits.events("a", 1, 2.0) == pytest.approx(0.01)
    assert limits.events("a", 1, 2.01) == 0.0


def test_an_idle_key_saves_up_no_more_than_its_burst() -> None:
    limits = Limits(Rate(10.0, 3.0), Rate())
    limits.request("a", 0.0)
    assert [limits.request("a", 1e6) == 0.0 for _ in range(4)] == [True, True, True, False]


def test_a_clock_that_stands_still_or_goes_back_gives_nothing_for_free() -> None:
    limits = Limits(Rate(10.0, 1.0), Rate())
    assert limits.request("a", 100.0) == 0.0
    assert limits.request("a", 50.0) > 0.0
    assert limits.request("a", 100.0) > 0.0


@given(
    st.floats(0.5, 1000.0),
    st.floats(1.0, 100.0),
    st.lists(st.tuples(st.floats(0.0, 10.0), st.integers(1, 40)), min_size=1, max_size=60),
)
def test_whatever_is_asked_the_rate_holds_and_waiting_as_told_helps(
    per_second: float, burst: float, asked: Sequence[tuple[float, int]]
) -> None:
    limits, now, passed = Limits(Rate(), Rate(per_second, burst)), 0.0, 0.0
    for pause, count in asked:
        now += pause
        wait = limits.events("a", count, now)
        if wait > 0.0:
            now += wait * (1 + 1e-9)
            assert limits.events("a", count, now) == 0.0
        # All before this batch, and as much of it as a full bucket holds, fit the rate: only one batch is ever in debt.
        assert passed + min(count, burst) <= (burst + per_second * now) * (1 + 1e-6)
        passed += count


def test_a_declared_length_is_refused_before_anything_is_read() -> None:
    for fine in (None, "0", "100", "nonsense", "-5", "\u0661\u0660\u0660\u0660"):
        check_length(fine, 100)
    for long in ("101", "9" * 5000):
        with pytest.raises(TooLongError, match="more than 100 bytes"):
            check_length(long, 100)


def test_a_body_is_read_whole_or_refused_as_soon_as_it_is_too_long() -> None:
    served = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal served
        for _ in range(1000):
            served += 1
            yield b"x" * 10

    assert asyncio.run(bounded(chunks(), 10_000)) == b"x" * 10_000
    served = 0
    with pytest.raises(TooLongError):
        asyncio.run(bounded(chunks(), 95))
    assert served == 10


class _Known(msgspec.Struct):
    known: int = 0


@pytest.mark.parametrize("opening", [b"[", b'{"x":'], ids=["lists", "objects"])
@pytest.mark.parametrize("kind", [_Known, object], ids=["typed", "untyped"])
def test_a_megabyte_of_nested_json_is_refused_without_a_crash(opening: bytes, kind: type) -> None:
    """What `limits` says of the decoder, in unknown fields too: the module rests on it."""
    decoder = msgspec.json.Decoder(kind if kind is _Known else dict)
    for deep in (10_000, 1_000_000 // len(opening)):
        with pytest.raises(RecursionError):
            decoder.decode(b'{"unknown":' + opening * deep)
    assert decoder.decode(b'{"unknown":[[[{"x":[1]}]]],"known":1}')
