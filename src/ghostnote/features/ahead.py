"""The next of a sequence is made while the one before is looked at: two processors instead of one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_T = TypeVar("_T")


class _End:
    """What comes after the last."""


_END: Final = _End()


def ahead(steps: Iterator[_T]) -> Iterator[_T]:
    """The same in the same order, the next one made in a thread of its own while this one is looked at.

    One is made ahead, not more. An error of `steps` is raised where its next one would have come. Whoever stops early
    waits for the one that is being made; `steps` goes no further.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        following = thread.submit(next, steps, _END)
        while not isinstance(step := following.result(), _End):
            following = thread.submit(next, steps, _END)
            yield step
            del step  # Or memory would hold it beside the next two.
