"""Work shared among threads, whose results come in the order of the work: the same for any number of threads."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def usual_threads() -> int:
    """As many threads as this process may use processors."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(do: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """`do(item)` for each item, `threads` at a time; no more results wait than that, so memory stays bounded.

    >>> list(in_order(lambda number: number * number, range(5), threads=3))
    [0, 1, 4, 9, 16]
    """
    if threads <= 1:
        yield from map(do, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(do, item))
            if len(waiting) >= threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
