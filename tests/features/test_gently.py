"""Large files are written a part at a time, with pauses as long as the disk took."""

import os
from pathlib import Path

import pytest

from ghostnote.features.gently import Gently


def test_each_megabyte_is_on_the_disk_before_the_next_after_a_pause_as_long_as_that_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([10.0, 10.5, 20.0, 20.25, 30.0, 31.0])
    done: list[tuple[str, float]] = []
    sync = os.fdatasync

    def synced(file: int) -> None:
        sync(file)
        done.append(("synced", os.fstat(file).st_size))

    monkeypatch.setattr(os, "fdatasync", synced)
    content = os.urandom((5 << 19) + 3)
    with (tmp_path / "large").open("wb") as file:
        gently = Gently(file, lambda: next(times), lambda seconds: done.append(("paused", seconds)))
        assert gently.write(content) == len(content)
        assert gently.tell() == len(content)
        assert gently.write(content[:500_000]) == 500_000
        assert gently.write(memoryview(content)[: 1 << 19]) == 1 << 19
    assert (tmp_path / "large").read_bytes() == content + content[:500_000] + content[: 1 << 19]
    megabyte, last = 1 << 20, len(content) + 500_000 + (1 << 19)
    assert done == [
        ("synced", megabyte),
        ("paused", 0.5),
        ("synced", 2 * megabyte),
        ("paused", 0.25),
        ("synced", last),
        ("paused", 1.0),
    ]
