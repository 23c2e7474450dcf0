"""A call's events as arrays, column by column: from a frame, or of one event as it came."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.features.codes import TextCodes
from ghostnote.features.kernels import Array


class Columns:
    """A frame's columns as arrays, each made once; absent ones are unknown for all events."""

    def __init__(self, frame: pl.DataFrame, read: frozenset[str] | None = None) -> None:
        """`read` are the columns that may be asked for; None: the frame has them all."""
        self.frame, self._read = frame, read
        self.height = frame.height
        self._present = set(frame.columns)
        self._numbers: dict[str, Array] = {}
        self._known: dict[str, Array | None] = {}
        self._whole: pl.DataFrame | None = None

    @property
    def completed(self) -> pl.DataFrame:
        """All columns that are read, absent ones as nulls."""
        if self._whole is None:
            self._whole = self.frame if self._read is None else completed(self.frame, self._read)
        return self._whole

    def series(self, name: str) -> pl.Series:
        """One column; nulls if it is absent."""
        if name in self._present:
            return self.frame.get_column(name)
        return self.completed[name]

    def codes(self, name: str, known: TextCodes) -> Array:
        """A column's codes in a dictionary, (n,) int32."""
        return known.encode(self.series(name))

    def whole(self, name: str) -> bool:
        """Whether a column holds whole numbers."""
        return name in self._present and self.frame.get_column(name).dtype.is_integer()

    def known(self, name: str) -> Array | None:
        """For which events a column is known, (n,) bool; None: for all."""
        if name not in self._known:
            series = self.series(name)
            self._known[name] = series.is_not_null().to_numpy() if series.null_count() else None
        return self._known[name]

    def numbers(self, name: str) -> Array:
        """A column of whole numbers or times (us), (n,) int64; 0 where it is unknown."""
        if name not in self._numbers:
            series = self.series(name)
            dtype = series.dtype
            if isinstance(dtype, pl.Datetime):  # Handed over as it is: an expression would cost more than the walk.
                if dtype.time_unit != "us":
                    series = series.cast(pl.Datetime("us"))
                self._numbers[name] = series.to_numpy().view(np.int64)
            else:
                series = series if isinstance(dtype, pl.Int64) else series.cast(pl.Int64)
                self._numbers[name] = (series.fill_null(0) if series.null_count() else series).to_numpy()
        return self._numbers[name]


class Row:
    """One event's columns, as `Columns` has those of many: what a live service has before it makes a frame."""

    height = 1

    def __init__(self, event: Mapping[str, object], read: frozenset[str]) -> None:
        self.event, self._read = event, read
        self._numbers: dict[str, Array] = {}

    @property
    def completed(self) -> pl.DataFrame:
        """All columns that are read, in a frame."""
        return pl.DataFrame([self.series(name) for name in sorted(self._read)])

    def series(self, name: str) -> pl.Series:
        """One column."""
        value = self.event.get(name)
        if name == "event_time":
            return pl.Series(name, [self.numbers(name)[0]]).cast(_TYPES[name])
        dtype = _TYPES.get(name, pl.String())
        try:
            return pl.Series(name, [value], dtype=dtype)
        except TypeError:
            raise GhostnoteError(f"An event's {name} is {value!r}: it must be of Polars' type {dtype}.") from None

    def codes(self, name: str, known: TextCodes) -> Array:
        """A column's code in a dictionary, (1,) int32."""
        value = self.event.get(name)
        if value is not None and not isinstance(value, str):
            raise GhostnoteError(f"An event's {name} is {value!r}: ids are texts.")
        return known.encode_one(value)

    def whole(self, name: str) -> bool:
        """Whether a column holds whole numbers."""
        value = self.event.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 62):
            raise GhostnoteError(f"An event's {name} is {value!r}: a whole number of at most 62 bits is needed.")
        return True

    def known(self, name: str) -> Array | None:
        """Whether a column is known, (1,) bool; None: it is."""
        return None if self.event.get(name) is not None else _NO

    def numbers(self, name: str) -> Array:
        """A whole number, or a time in us, (1,) int64; 0 if it is unknown."""
        if name not in self._numbers:
            value = self.event.get(name)
            if isinstance(value, datetime):
                value = ((value if value.tzinfo else value.replace(tzinfo=UTC)) - _EPOCH) // _US
            elif value is not None:
                self.whole(name)
            self._numbers[name] = np.array([value or 0], dtype=np.int64)
        return self._numbers[name]


_NO = np.zeros(1, dtype=np.bool_)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


def absent(frame: pl.DataFrame, columns: frozenset[str]) -> frozenset[str]:
    """Those of the columns that the frame does not have, or of which it has only the name."""
    present = {name for name in frame.columns if name in columns}
    return columns - {name for name in present if not isinstance(frame.get_column(name).dtype, pl.Null)}


#: The types that expressions may rely on even if the stream does not have the column.
_TYPES: dict[str, pl.DataType] = {
    "ms_played": pl.Int64(),
    "duration_ms": pl.Int64(),
    "success": pl.Boolean(),
    "shuffle": pl.Boolean(),
    "offline": pl.Boolean(),
    "event_time": pl.Datetime("us", "UTC"),
    "released_at": pl.Datetime("us", "UTC"),
    "known_bad": pl.Boolean(),
}


def completed(frame: pl.DataFrame, columns: frozenset[str]) -> pl.DataFrame:
    """The columns that are read, absent ones as nulls of the right type."""
    lacking = absent(frame, columns)
    present = frame[sorted(columns - lacking)]
    if not lacking:
        return present
    return present.with_columns(pl.lit(None, _TYPES.get(n, pl.String())).alias(n) for n in sorted(lacking))
