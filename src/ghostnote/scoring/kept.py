"""Account-days' features kept on disk until somebody asks why an account was acted on: memory holds none of them."""

import tempfile
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ghostnote.errors import GhostnoteError


class Kept:
    """Rows of float32 in the order in which they came; the file goes at the end of the `with` block."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="ghostnote-")  # noqa: SIM115 (closed at the end of the block)
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
            raise GhostnoteError(
                f"Could not keep features in {tempfile.gettempdir()}: {error.strerror or error}. Free some space "
                "there, or set TMPDIR to a place that has some."
            ) from error
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
