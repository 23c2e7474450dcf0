"""How long-running work tells its caller how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called with the step's name and how many of its units are done; `done == total` ends a step."""

    def __call__(self, step: str, done: int, total: int) -> None: ...


def silent(step: str, done: int, total: int) -> None:
    """Report nothing: the default of every library function."""
