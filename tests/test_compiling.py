"""Compiled functions are kept on disk where that is possible."""

from typing import Any

import pytest

from ghostnote import compiling
from ghostnote.features import kernels


def test_the_walk_comes_from_the_cache_or_goes_there() -> None:
    assert type(kernels.walk._cache).__name__ == "FunctionCache"


def test_where_nothing_can_be_written_functions_are_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    real = compiling.njit

    def read_only(**options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available for file '<none>'")
        return real(**options)

    monkeypatch.setattr(compiling, "njit", read_only)
    assert compiling.compiled(lambda x: x + 1)(1) == 2
    assert compiling.lean(lambda x: x + 1)(1) == 2
