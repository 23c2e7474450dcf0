"""A walk tailored to one program gives the general walk's bits, and is found again."""

import ctypes
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.features.test_splits import EVERYTHING
from tests.features.worlds import same_bits, stream

from ghostnote.features import tailoring
from ghostnote.features.declaration import count, distinct, gap_max, share
from ghostnote.features.fold import Fold
from ghostnote.features.predicates import EVENT, SHORT

FEW = (
    count("account", "1h", "x", where=EVENT),
    share(SHORT, "account", "24h", "x"),
    distinct("track", "account", "24h", "x"),
    gap_max("account", "24h", "x"),
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


#: What compiled code reads arrays of a record with: their type, and how many dimensions they have.
_READ = {
    "longs": (ctypes.c_int64, 1),
    "ints": (ctypes.c_int32, 1),
    "octets": (ctypes.c_uint8, 1),
    "int_grid": (ctypes.c_int32, 2),
    "float_grid": (ctypes.c_float, 2),
}


def _record_at(address: int) -> Any:
    return np.ctypeslib.as_array((ctypes.c_int64 * 128).from_address(address))


def _read(element: Any, dimensions: int, record: Any, field: int) -> Any:
    address, rows, columns = record[3 * field : 3 * field + 3].tolist()
    size = rows * (columns if dimensions == 2 else 1)
    flat = np.ctypeslib.as_array((element * size).from_address(address)) if size else np.zeros(0, dtype=element)
    return flat.reshape(rows, columns) if dimensions == 2 else flat


def interpreted(text: str) -> Callable[..., int]:
    """The walk of a written module as plain Python: as slow as it is, nothing need be compiled for a whole catalogue.

    An index that counts from an array's end would be refused here, and walked past it when compiled.
    """
    names: dict[str, Any] = {"math": math, "np": np, "Array": Any, "Int": Any, "ahead": lambda array, place: None}
    names |= {"record_at": _record_at} | {name: partial(_read, *what) for name, what in _READ.items()}
    names |= dict.fromkeys(("lean", "inlined", "compiled"), lambda function: function)
    exec(text[text.index("CLOCK = ") :], names)
    walk: Callable[..., int] = names["walk"]
    return walk


@pytest.mark.parametrize(("seed", "late"), [(1, 0.0), (2, 0.4)])
def test_the_whole_catalogue_unrolled_gives_the_same_bits(seed: int, late: float) -> None:
    events = stream(seed, 150, late=late, days=30)
    general, tailored = Fold(EVERYTHING), Fold(EVERYTHING)
    for state in tailored._states:
        state._tailored = interpreted(tailoring.written(state.plan.program))
    assert same_bits(tailored.update(events), general.update(events))
    assert tailored.late == general.late


def test_a_walk_compiled_aside_is_taken_up_and_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    events = stream(3, 300, late=0.2)
    expected = Fold(FEW).update(events)
    monkeypatch.setattr(tailoring, "PAYS_AFTER", 100)
    fold = Fold(FEW)
    (state,) = fold._states
    parts = [fold.update(events[:150])]
    assert state._tailored is None
    assert tailoring._working is not None
    assert tailoring._working.wait(300) == 0
    parts.append(fold.update(events[150:220]))
    assert state._tailored is not None
    parts.append(fold.update(events[220:]))
    assert same_bits(np.concatenate(parts), expected)
    again = Fold(FEW)
    assert same_bits(again.update(events), expected)
    assert again._states[0]._tailored is not None


def test_where_nothing_can_be_kept_the_general_walk_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tailoring, "PAYS_AFTER", 10)
    events = stream(4, 60)
    fold = Fold(FEW)
    assert same_bits(np.concatenate([fold.update(events[:30]), fold.update(events[30:])]), Fold(FEW).update(events))
    assert fold._states[0]._tailored is None
