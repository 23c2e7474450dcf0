"""How Ghostnote's functions are compiled: by Numba, cached on disk, without holding Python's lock."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])
# `_nrt` is an option that Numba keeps for its own library, and its types leave out.
njit: Any = numba.njit


def compiled(function: F) -> F:
    """Compile a function that may make arrays."""
    return _cached(function)


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether a compiled function need not be compiled again in this process: it was used, or its machine code is on
    disk and no older than its source.
    """
    dispatcher: Any = function
    if dispatcher.signatures:
        return True
    source = Path(dispatcher.py_func.__code__.co_filename)
    try:
        found = [
            path.stat().st_mtime for path in Path(dispatcher.stats.cache_path).glob(f"*.{function.__name__}-*.nbi")
        ]
        return bool(found) and max(found) >= source.stat().st_mtime
    except (OSError, AttributeError, TypeError):
        return False


def lean(function: F) -> F:
    """Compile a function that makes no array: it goes without Numba's reference counting, which would cost most."""
    return _cached(function, error_model="numpy", _nrt=False)


def inlined(function: F) -> F:
    """Compile a lean function into its callers."""
    return _cached(function, error_model="numpy", _nrt=False, forceinline=True)


def aside(function: F) -> F:
    """As `lean`, for a function that only cached ones call: it is kept with them."""
    return cast(F, njit(nogil=True, error_model="numpy", _nrt=False)(function))


def within(function: F) -> F:
    """As `inlined`, for a function that only cached ones call: it is kept with them."""
    return cast(F, njit(nogil=True, error_model="numpy", _nrt=False, forceinline=True)(function))


def placed(function: F) -> F:
    """As `within`, for a function that makes an array of what lies at an address, which nobody owns or counts."""
    return cast(F, njit(nogil=True, error_model="numpy", forceinline=True)(function))


def _cached(function: F, **options: Any) -> F:
    try:
        return cast(F, njit(cache=True, nogil=True, **options)(function))
    except RuntimeError:  # Neither beside the code nor at home may anything be written: compile in every process.
        return cast(F, njit(nogil=True, **options)(function))
