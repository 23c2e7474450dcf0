"""A call's events as arrays, column by column: from a frame, or of few events as they came."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import polars as pl

from ghostnote.errors import GhostnoteError
from ghostnote.features.codes import TextCodes, known_in
from ghostnote.features.kernels import Array


class Columns:
    """A frame's columns as arrays, each made once; absent ones are unknown for all events."""

    def __init__(self, frame: pl.DataFrame, read: frozenset[str] | None = None) -> None:
        """`read` are the columns that may be asked for; None: the frame has them all."""
        self.frame, self._read = frame, read
        self.height = frame.height
        self._present = {name for name, dtype in zip(frame.columns, frame.dtypes, strict=True) if dtype != pl.Null}
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
        return nothing(name, self.height)

    def codes(self, name: str, known: TextCodes) -> Array:
        """A column's codes in a dictionary, (n,) int32."""
        return known.encode(self.series(name)) if self.there(name) else np.full(self.height, -1, dtype=np.int32)

    def there(self, name: str) -> bool:
        """Whether there is a column: one that is absent, or has no type, is unknown for all."""
        return name in self._present

    def whole(self, name: str) -> bool:
        """Whether a column holds whole numbers."""
        return name in self._present and self.frame.get_column(name).dtype.is_integer()

    def known(self, name: str) -> Array | None:
        """For which events a column is known, (n,) bool; None: for all."""
        if name not in self._known and not self.there(name):
            self._known[name] = _no(self.height)
        if name not in self._known:
            series = self.series(name)
            self._known[name] = known_in(series.rechunk().to_arrow()) if series.null_count() else None
        return self._known[name]

    def numbers(self, name: str) -> Array:
        """A column of whole numbers or times (us), (n,) int64; 0 where it is unknown."""
        if name not in self._numbers and not self.there(name):
            self._numbers[name] = np.zeros(self.height, dtype=np.int64)
        if name not in self._numbers:
            series = self.series(name)
            dtype = series.dtype
            if isinstance(dtype, pl.Datetime):  # Handed over as it is: an expression would cost more than the walk.
                if dtype.time_unit != "us":
                    series = series.cast(pl.Datetime("us"))
                self._numbers[name] = series.to_numpy().view(np.int64)
            else:
                series = series if isinstance(dtype, pl.Int64) else series.cast(pl.Int64)
                self._numbers[name] = filled(series, 0)
        return self._numbers[name]


def nothing(name: str, rows: int) -> pl.Series:
    """An absent column: nulls of the type that expressions may rely on."""
    return pl.Series(name, [], dtype=_TYPES.get(name, pl.String())).extend_constant(None, rows)


def filled(numbers: pl.Series, unknown: int) -> Array:
    """A column of whole numbers as an array of its type, (n,), with `unknown` where it is; without a query engine."""
    if not numbers.null_count():
        return numbers.to_numpy()
    arrow: Any = numbers.rechunk().to_arrow()
    values = arrow.fill_null(unknown).to_numpy(zero_copy_only=False)
    return cast(Array, values)


class Rows:
    """Few events' columns as sequences, as `Columns` has those of a frame: what a live service has before it makes one.

    A column that is not there is unknown for all. Raises GhostnoteError if a time is none, or a column of whole numbers
    holds anything else.
    """

    def __init__(self, values: Mapping[str, Sequence[object] | Array], height: int, read: frozenset[str]) -> None:
        self.height, self._values, self._read = height, values, read
        self._none: list[object] = [None] * height
        self._numbers: dict[str, Array] = {}
        self._known: dict[str, Array | None] = {}
        self._numbers["event_time"] = self._times()
        for name in _WHOLE & read:
            self._take_numbers(name)

    @staticmethod
    def of(frame: pl.DataFrame, read: frozenset[str]) -> "Rows | None":
        """A frame's columns; None if one is of a type that events of a live service do not have."""
        values: dict[str, Sequence[object] | Array] = {}
        for name in frame.columns:
            if name not in read:
                continue
            series = frame.get_column(name)
            found = _plain(name, series)
            if found is None:
                return None
            if not isinstance(series.dtype, pl.Null):
                values[name] = found
        return Rows(values, frame.height, read)

    @property
    def absent(self) -> frozenset[str]:
        """Those columns that are read and not there."""
        return self._read.difference(self._values)

    @property
    def completed(self) -> pl.DataFrame:
        """All columns that are read, in a frame."""
        return pl.DataFrame([self.series(name) for name in sorted(self._read)])

    def value(self, name: str) -> object:
        """The first event's value."""
        values = self._values.get(name)
        return None if values is None else values[0]

    def values(self, name: str) -> Any:
        """A column as it came."""
        return self._values.get(name, self._none)

    def series(self, name: str) -> pl.Series:
        """One column."""
        if name == "event_time":
            return pl.Series(name, self._numbers[name]).cast(_TYPES[name])
        return self.make(name, self._values.get(name, self._none))

    @staticmethod
    def make(name: str, values: Sequence[object] | Array) -> pl.Series:
        """A series of some values of a column."""
        dtype = _TYPES.get(name, pl.String())
        try:
            return pl.Series(name, values, dtype=dtype)
        except TypeError:
            wrong = next(value for value in values if value is not None and not _fits(value, dtype))
            raise GhostnoteError(f"An event's {name} is {wrong!r}: it must be of Polars' type {dtype}.") from None

    def whole(self, name: str) -> bool:
        """Whether a column holds whole numbers."""
        return name in self._numbers

    def known(self, name: str) -> Array | None:
        """For which events a column is known, (n,) bool; None: for all."""
        if name not in self._known:
            known = _known(self._values.get(name, self._none))
            self._known[name] = None if known.all() else known
        return self._known[name]

    def numbers(self, name: str) -> Array:
        """A column of whole numbers or times (us), (n,) int64; 0 where it is unknown."""
        if name not in self._numbers:
            self._take_numbers(name)
        return self._numbers[name]

    def _times(self) -> Array:
        times: Any = self._values.get("event_time", self._none)
        if isinstance(times, np.ndarray) and times.dtype == np.int64:
            return times
        try:
            return np.array([time - _EPOCH for time in times], dtype="timedelta64[us]").view(np.int64)
        except TypeError:  # One names no zone, or is no time.
            return np.array([_us(time) for time in times], dtype=np.int64)

    def _take_numbers(self, name: str) -> None:
        values = self._values.get(name)
        if values is None:
            self._numbers[name], self._known[name] = np.zeros(self.height, dtype=np.int64), _no(self.height)
            return
        if isinstance(values, np.ndarray):
            self._numbers[name], self._known[name] = values, None
            return
        kinds = set(map(type, values))
        if not kinds <= _INT_OR_NONE:
            wrong = next(value for value in values if value is not None and type(value) is not int)
            raise GhostnoteError(f"An event's {name} is {wrong!r}: a whole number of at most 63 bits is needed.")
        known = None
        if type(None) in kinds:
            known = _known(values)
            values = [value or 0 for value in values]
        try:
            self._numbers[name], self._known[name] = np.array(values, dtype=np.int64), known
        except OverflowError:
            wrong = next(v for v in values if isinstance(v, int) and not -(1 << 63) <= v < 1 << 63)
            raise GhostnoteError(
                f"An event's {name} is {wrong!r}: a whole number of at most 63 bits is needed."
            ) from None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US, _SECOND_US = 86_400_000_000, 1_000_000
_INT_OR_NONE = {int, type(None)}


def _us(time: object) -> int:
    """A time in us since 1970; UTC if it names no zone."""
    if not isinstance(time, datetime):
        raise GhostnoteError("An event has no event_time: leave it out, features need to know when it happened.")
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH
    return since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds


def _known(values: Sequence[object] | Array) -> Array:
    """Which values are not None, (n,) bool; NumPy itself takes five times as long for a list of yes and no."""
    return np.frombuffer(bytes([value is not None for value in values]), dtype=np.bool_)


def _no(rows: int) -> Array:
    return np.zeros(rows, dtype=np.bool_)


def _plain(name: str, series: pl.Series) -> Sequence[object] | Array | None:
    """A column as plain values, or as numbers if all are known; None if it is of another type than expected."""
    dtype = series.dtype
    expected = _TYPES.get(name, pl.String())
    if isinstance(dtype, pl.Null):
        return [None] * len(series)
    if isinstance(expected, pl.Datetime):
        plain = name == "event_time" and isinstance(dtype, pl.Datetime) and dtype.time_unit == "us"
        return series.to_numpy().view(np.int64) if plain else None
    if isinstance(expected, pl.Int64):
        return series.to_list() if dtype.is_integer() else None
    if isinstance(expected, pl.Boolean):
        return series.to_list() if isinstance(dtype, pl.Boolean) else None
    return series.to_list() if isinstance(dtype, pl.String | pl.Enum) else None


def _fits(value: object, dtype: pl.DataType) -> bool:
    """Whether a value is of a type."""
    try:
        pl.Series([value], dtype=dtype)
    except TypeError:
        return False
    return True


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


#: The columns of whole numbers that features read.
_WHOLE = frozenset(name for name, dtype in _TYPES.items() if dtype.is_integer())


def completed(frame: pl.DataFrame, columns: frozenset[str]) -> pl.DataFrame:
    """The columns that are read, absent ones as nulls of the right type."""
    lacking = absent(frame, columns)
    present = frame[sorted(columns - lacking)]
    if not lacking:
        return present
    return present.with_columns(pl.lit(None, _TYPES.get(n, pl.String())).alias(n) for n in sorted(lacking))
