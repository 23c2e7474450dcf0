"""Independent parts of one pass on several processors: compiled code runs without Python's lock."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")
#: With fewer rows, handing work to a thread costs more than it saves; a live service's calls stay on its own thread.
_FEWEST_ROWS = 1 << 13


def together(work: Callable[[_Part], _Result], parts: Sequence[_Part], rows: int) -> list[_Result]:
    """`work` done on every part, results in order; at once if there are rows enough. Parts must not share state."""
    if rows < _FEWEST_ROWS or len(parts) < 2 or (cores := len(os.sched_getaffinity(0))) < 2:
        return [work(part) for part in parts]
    return list(_threads(cores).map(work, parts))


@cache
def _threads(number: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number, thread_name_prefix="fold")
