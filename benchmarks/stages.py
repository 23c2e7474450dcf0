"""Wall and processor time by stage, of functions that are watched while a program runs; nothing is counted twice."""

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any


class Stages:
    """What is spent in a watched function belongs to its stage, less what another watched one spends inside it."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self._open: list[list[float]] = []

    def watch(self, place: object, name: str, stage: str) -> None:
        """Count every call of `place.name` to `stage`; of an iterator each step, of whoever makes it nothing."""
        function = getattr(place, name)
        self.spent.setdefault(stage, [0.0, 0.0])

        @functools.wraps(function)
        def watched(*arguments: Any, **named: Any) -> Any:
            result = self._timed(stage, lambda: function(*arguments, **named))
            return self._steps(stage, result) if isinstance(result, Iterator) else result

        setattr(place, name, watched)

    def rest(self, stage: str, wall: float, processor: float) -> None:
        """What is left of the whole belongs to `stage`."""
        parts = [sum(column) for column in zip(*self.spent.values(), strict=True)]
        self.spent[stage] = [wall - parts[0], processor - parts[1]]

    def _steps(self, stage: str, steps: Iterator[Any]) -> Iterator[Any]:
        end = object()
        while (step := self._timed(stage, lambda: next(steps, end))) is not end:
            yield step

    def _timed(self, stage: str, function: Callable[[], Any]) -> Any:
        inner = [0.0, 0.0]
        self._open.append(inner)
        begin = time.perf_counter(), time.process_time()
        try:
            return function()
        finally:
            whole = time.perf_counter() - begin[0], time.process_time() - begin[1]
            self._open.pop()
            for column in (0, 1):
                self.spent[stage][column] += whole[column] - inner[column]
                if self._open:
                    self._open[-1][column] += whole[column]
