"""Compiled functions are kept on disk where that is possible."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from ghostnote import compiling
from ghostnote.compiling import is_compiled
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


def test_what_is_on_disk_and_no_older_than_its_source_need_not_be_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "doubling.py"
    source.write_text("from ghostnote.compiling import compiled\n@compiled\ndef double(n): return 2 * n\n")
    first, again = (runpy.run_path(str(source))["double"] for _ in range(2))
    assert not is_compiled(first)
    assert first(2) == 4
    assert is_compiled(first)
    assert is_compiled(again)
    os.utime(source, (2e9, 2e9))
    assert not is_compiled(again)
