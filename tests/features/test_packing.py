"""Arrays come back as they were, however large they are, and any damage is found."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostnote.features.packing import is_packed, read_about, read_arrays, write_arrays

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "zeros": np.zeros((700_000, 3), dtype=np.int64),
    "noise": RANDOM.integers(0, 256, 1_500_000).astype(np.uint8),
    "empty": np.zeros((0, 2), dtype=np.int32),
    "few": np.array([1.5, np.nan], dtype=np.float32),
    "yes": np.array([True, False]),
    "strided": np.arange(20)[::2],
}


def written(path: Path) -> bytes:
    with path.open("wb") as file:
        write_arrays(file, {"of": "a test"}, ARRAYS)
    return path.read_bytes()


def test_they_come_back_with_memory_of_their_own(tmp_path: Path) -> None:
    size = len(written(tmp_path / "packed"))
    with (tmp_path / "packed").open("rb") as file:
        assert is_packed(file)
        about = read_about(file)
        found = read_arrays(file, about["arrays"])
    assert about["about"] == {"of": "a test"}
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()
        base = found[name].base
        assert (found[name] if base is None else base).flags.owndata
        assert found[name].flags.writeable
        if base is not None:  # What is not there yet is zero.
            assert not base[len(array) :].any()
    assert size < 1_700_000  # Noise as it is, zeros as hardly anything.


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("packed") / "packed"
    return path, written(path)


@given(data=st.data())
def test_any_byte_that_is_not_as_it_was_is_found(good: tuple[Path, bytes], data: st.DataObject) -> None:
    path, content = good
    place = data.draw(st.integers(0, len(content) - 1) | st.integers(len(content) - 2000, len(content) - 1))
    spoilt = bytearray(content)
    spoilt[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(spoilt))
    with path.open("rb") as file:
        if is_packed(file):
            with pytest.raises(ValueError, match="damaged"):
                read_arrays(file, read_about(file)["arrays"])


def test_what_is_cut_is_none(tmp_path: Path) -> None:
    content = written(tmp_path / "packed")
    for size in (0, 3, 27, len(content) // 2, len(content) - 1):
        (tmp_path / "packed").write_bytes(content[:size])
        with (tmp_path / "packed").open("rb") as file:
            assert not is_packed(file)


def test_objects_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(b"")
    with (tmp_path / "packed").open("rb") as file, pytest.raises(ValueError, match="only numbers"):
        read_arrays(file, [{"name": "a", "type": "|O", "shape": [1], "parts": []}])
