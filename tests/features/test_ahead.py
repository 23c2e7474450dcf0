"""One is made ahead, in order, and errors come where they belong."""

import threading
from collections.abc import Iterator

import pytest

from ghostnote.features.ahead import ahead


def test_all_come_in_order_from_another_thread() -> None:
    def steps() -> Iterator[tuple[int, int]]:
        for number in range(5):
            yield number, threading.get_ident()

    found = list(ahead(steps()))
    assert [number for number, _ in found] == list(range(5))
    assert {thread for _, thread in found}.isdisjoint({threading.get_ident()})


def test_the_next_is_made_while_one_is_looked_at_and_none_beyond_it() -> None:
    begun = [threading.Event() for _ in range(5)]

    def steps() -> Iterator[int]:
        for number, event in enumerate(begun):
            event.set()
            yield number

    made = ahead(steps())
    for number in range(4):
        assert next(made) == number
        assert begun[number + 1].wait(60)
        assert not any(event.is_set() for event in begun[number + 2 :])


def test_an_error_is_raised_after_what_came_before_it() -> None:
    def steps() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    made = ahead(steps())
    assert next(made) == 1
    with pytest.raises(ValueError, match="broken"):
        next(made)


def test_who_stops_early_leaves_no_thread_behind() -> None:
    made = ahead(iter(range(100)))
    assert next(made) == 0
    made.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
