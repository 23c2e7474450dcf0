"""Walks tailored to one program: written by `unrolling`, compiled once, kept on disk, and found again.

The general walk serves every program at once, and is there from the first event. A tailored one takes seconds to
compile and is two to three times as fast. So a fold uses one from the start if it is on disk, and else has it compiled
by another process once it has walked events enough to tell that it pays; it never waits for that. Both give the same
bits.
"""

import hashlib
import importlib.util
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np

from ghostnote import compiling
from ghostnote.features import fetching, kernels, unrolling
from ghostnote.features.kernels import Program
from ghostnote.features.records import Record

#: As `kernels.walk`: it reads the same records, of the program the weights alone.
Walk = Callable[[int, int, int], int]
#: Events of one kind of key after which a tailored walk is worth compiling: it takes about as long as they did.
PAYS_AFTER = 5_000_000
#: The fields of a program by the names that the walk has for them; the weights stay a table.
_PARAMETERS = {"tables": "items", "cell_of": "item_cells", "slot_of": "item_slots", "wants_of": "item_wants"}
_HEAD = """\
import math

import numpy as np

from ghostnote.compiling import aside, compiled, within
from ghostnote.features.fetching import ahead, float_grid, int_grid, ints, longs, octets, record_at
from ghostnote.features.kernels import Array, Int

lean, inlined = aside, within
"""
_TAIL = """

@compiled
def walk(kind, events, start):
    p, e = record_at(kind), record_at(events)
    return _walk(
        longs(p, 17),
        longs(p, 23),
        longs(p, 24),
        ints(p, 25),
        ints(p, 26),
        longs(p, 27),
        longs(p, 28),
        longs(e, EVENT_KEYS),
        longs(e, EVENT_ROWS),
        longs(e, EVENT_TIMES),
        longs(e, EVENT_FLAGS),
        longs(e, EVENT_VALUES),
        int_grid(e, EVENT_ITEMS),
        longs(e, EVENT_WATERS),
        float_grid(e, EVENT_OUT),
        octets(e, EVENT_LATE),
        start,
    )
"""


def written(program: Program) -> str:
    """The text of a module whose `walk` is `kernels.walk` for this program alone."""
    names = list(inspect.signature(kernels._walk.py_func).parameters)  # type: ignore[attr-defined]
    names = names[: names.index("heads")]  # The state and the events follow.
    known: dict[str, Any] = {name: getattr(program, _PARAMETERS.get(name, name)) for name in names}
    known |= {"keep": int(program.keep[0]), "horizon": int(program.horizon[0])}
    del known["weights"]
    constants = {name: int(v) for name, v in vars(kernels).items() if name.isupper() and isinstance(v, int)}
    named = "\n".join(f"{name} = {value}" for name, value in constants.items())
    body = unrolling.unrolled(_text(kernels), "_walk", known, constants)
    return f"{_HEAD}\n{named}\n\n\n{body}\n{_TAIL}"


def find(program: Program) -> Walk | None:
    """The tailored walk, if it has been compiled on this machine."""
    path = _path(program)
    return _loaded(path) if path.with_suffix(".done").exists() else None


def tailor(program: Program) -> Walk:
    """Write and compile the tailored walk, unless that is done; takes seconds, for many features minutes.

    Raises OSError if it cannot be kept.
    """
    path = _write(program)
    walk = _loaded(path)
    _try(walk)
    path.with_suffix(".done").touch()
    return walk


def tailor_aside(program: Program) -> None:
    """Have the tailored walk compiled by another process, one at a time; it goes on if this one ends."""
    global _working  # noqa: PLW0603 (processes are the interpreter's, not a fold's)
    if _working is not None and _working.poll() is None:
        return
    try:
        path = _write(program)
        command = [sys.executable, "-m", "ghostnote.features.tailoring", str(path)]
        quiet = subprocess.DEVNULL
        _working = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
    except OSError:
        return  # Nothing can be kept here: the general walk goes on.


_working: subprocess.Popen[bytes] | None = None


def _path(program: Program) -> Path:
    """Where the tailored walk is: told apart by all that decides its machine code."""
    digest = hashlib.sha256(_circumstances())
    for array in program:
        digest.update(repr(array.shape).encode() + array.tobytes())
    return _folder() / f"ghostnote_walk_{digest.hexdigest()[:24]}.py"


@cache
def _circumstances() -> bytes:
    texts = [_text(module) for module in (kernels, unrolling, compiling, fetching)]
    return "\0".join([numba.__version__, sys.version, llvm.get_host_cpu_name(), _HEAD, _TAIL, *texts]).encode()


def _text(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ghostnote" / "walks"


def _write(program: Program) -> Path:
    path = _path(program)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        temporary.write_text(written(program), encoding="utf-8")
        temporary.replace(path)
    return path


@cache
def _loaded(path: Path) -> Walk:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # What Numba keeps on disk names the module.
    spec.loader.exec_module(module)
    walk: Walk = module.walk
    return walk


def _try(walk: Walk) -> None:
    """Call it without an event, so that it is compiled."""
    nothing = Record([np.zeros(0, dtype=np.int64)] * 32)
    walk(nothing.at, nothing.at, 0)


if __name__ == "__main__":
    os.nice(10)
    _path_given = Path(sys.argv[1])
    _try(_loaded(_path_given))
    _path_given.with_suffix(".done").touch()
