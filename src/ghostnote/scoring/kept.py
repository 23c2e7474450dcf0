"""Account-days' features kept on disk until somebody asks why an account was acted on: memory holds none of them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError
from ghostnote.events.lake import why_not


class Kept:
    """Rows of float32 in the order in which they came; the file goes at the end of the `with` block."""

    def __init__(self, out: Path) -> None:
        """Keep rows on the disk that `out` will be on, until the end of the `with` block."""
        self._out = out
        # Not where temporary files usually go: that is memory on some machines.
        folder = next((parent for parent in out.absolute().parents if parent.is_dir()), None)
        try:
            self._file = tempfile.TemporaryFile(prefix=".ghostnote-", dir=folder)  # noqa: SIM115
        except OSError as error:
            raise GhostnoteError(f"Could not write {out}: {why_not(out, error)}.") from error
        self._width = 0
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._rows

    def append(self, values: NDArray[np.float32]) -> None:
        """Keep (rows, features) more. Raises `GhostnoteError` if there is no room for them."""
        self._width = values.shape[1]
        try:
            self._file.seek(0, 2)
            self._file.write(np.ascontiguousarray(values, dtype=np.float32).data)
            self._file.flush()
        except OSError as error:
            raise GhostnoteError(f"Could not write {self._out}: {why_not(self._out, error)}.") from error
        self._rows += len(values)

    def take(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The rows asked for, (len(rows), features), in that order. Raises IndexError for a row that is not there."""
        result = np.empty((len(rows), self._width), dtype=np.float32)
        size = 4 * self._width
        for place in np.argsort(np.asarray(rows, dtype=np.int64), kind="stable"):
            row = rows[place]
            if not 0 <= row < self._rows:
                raise IndexError(f"there are {self._rows} rows, none with number {row}")
            self._file.seek(row * size)
            result[place] = np.frombuffer(self._file.read(size), dtype=np.float32)
        return result
