"""Lossless casts: a value of another type becomes the contract's type, or null where something would be lost."""

from datetime import date, datetime

import polars as pl

from ghostnote.events.schema import TIME, Column

#: Whole numbers above this are no longer exact once a tool has turned them into floats.
_EXACT_FLOAT = 2**53
#: The four units in which programs write a time as a whole number, in microseconds per unit.
#: For any time from 2000 to 2100 the units' ranges lie far apart, so the number itself says which it is.
_EPOCH_UNITS = (1_000_000.0, 1_000.0, 1.0, 0.001)
_EPOCH = date(1970, 1, 1)
_PER_SECOND = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_NUMBER = r"^[+-]?\d+(\.0*)?$"
_TIME_OF_DAY = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?"


def cast(column: Column, dtype: pl.DataType, start: datetime, end: datetime) -> pl.Expr:
    """`column` in the contract's type: null where the value of type `dtype` cannot be turned without loss.

    `start` and `end` (aware) bound the times that whole numbers may stand for.
    """
    raw = pl.col(column.name)
    if dtype == column.dtype:
        return raw
    if column.dtype == TIME:
        return _time(raw, dtype, start, end)
    if column.dtype == pl.Boolean:
        return _yes_no(raw, dtype)
    return _text(raw, dtype) if column.dtype == pl.String else _whole(raw, dtype)


def as_text(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Any value as text a person can read, for reasons and quarantine."""
    if isinstance(dtype, pl.Binary):
        return raw.bin.encode("hex")
    if dtype.is_nested() or isinstance(dtype, pl.Duration | pl.Object):
        return pl.when(raw.is_not_null()).then(pl.lit(f"of type {dtype}"))
    if dtype.is_temporal():
        return pl.coalesce(in_calendar(raw, dtype).cast(pl.String), raw.to_physical().cast(pl.String))
    return raw.cast(pl.String, strict=False)


def in_calendar(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Dates and times, null outside the years 1 to 9999: the library cannot name those, and stops the program."""
    if isinstance(dtype, pl.Date):
        first, last = date.min - _EPOCH, date.max - _EPOCH
        return pl.when(raw.to_physical().is_between(first.days, last.days)).then(raw)
    if isinstance(dtype, pl.Datetime):
        per_day = 86_400 * _PER_SECOND[dtype.time_unit]
        first, last = date.min - _EPOCH, date.max - _EPOCH
        return pl.when(raw.to_physical().is_between(first.days * per_day, last.days * per_day)).then(raw)
    return raw


def _nothing(dtype: pl.DataType) -> pl.Expr:
    return pl.lit(None, dtype=dtype)


def _text(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Categorical | pl.Enum | pl.Null) or dtype.is_integer():
        return raw.cast(pl.String)
    if isinstance(dtype, pl.Binary):
        return raw.map_batches(_decode, return_dtype=pl.String)
    if dtype.is_numeric():
        return _whole(raw, dtype).cast(pl.String)
    return _nothing(pl.String())


def _decode(values: pl.Series) -> pl.Series:
    """Old Parquet writers leave text unmarked, as bytes."""
    try:
        return values.cast(pl.String)
    except pl.exceptions.ComputeError:
        return pl.Series(values.name, [_utf8(value) for value in values], dtype=pl.String)


def _utf8(value: bytes | None) -> str | None:
    try:
        return value.decode() if value is not None else None
    except UnicodeDecodeError:
        return None


def _whole(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.String):
        text = raw.str.strip_chars()
        number = text.str.replace(r"\.0*$", "").cast(pl.Int64, strict=False)
        return pl.when(text.str.contains(_NUMBER)).then(number)
    if dtype.is_integer() or isinstance(dtype, pl.Null):
        return raw.cast(pl.Int64, strict=False)
    if dtype.is_numeric():
        number = raw.cast(pl.Float64, strict=False)
        exact = (number.floor() == number) & (number.abs() <= _EXACT_FLOAT)
        return pl.when(exact).then(number).cast(pl.Int64, strict=False)
    return _nothing(pl.Int64())


def _yes_no(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Categorical | pl.Enum | pl.String):
        word = raw.cast(pl.String).str.strip_chars().str.to_lowercase()
        yes, no = word.is_in(["true", "1"]), word.is_in(["false", "0"])
        return pl.when(yes).then(True).when(no).then(False)
    if dtype.is_numeric():
        return pl.when(raw == 1).then(True).when(raw == 0).then(False)
    return _nothing(pl.Boolean())


def _time(raw: pl.Expr, dtype: pl.DataType, start: datetime, end: datetime) -> pl.Expr:
    raw = in_calendar(raw, dtype)
    if isinstance(dtype, pl.Datetime):
        aware = raw.dt.replace_time_zone("UTC") if dtype.time_zone is None else raw.dt.convert_time_zone("UTC")
        return aware.dt.cast_time_unit("us")
    if isinstance(dtype, pl.Date):
        return raw.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(dtype, pl.String):
        return pl.coalesce(iso_time(raw), _epoch(_whole(raw, dtype), start, end))
    if dtype.is_numeric():
        return _epoch(_whole(raw, dtype), start, end)
    return _nothing(TIME)


def _epoch(number: pl.Expr, start: datetime, end: datetime) -> pl.Expr:
    """A whole number since 1970, in whichever unit puts it between `start` and `end`."""
    low, high = start.timestamp() * 1e6, end.timestamp() * 1e6
    times = pl.lit(None, dtype=pl.Int64)
    for unit in _EPOCH_UNITS:
        micros = number * int(unit) if unit >= 1 else number // round(1 / unit)
        inside = (number >= low / unit) & (number <= high / unit)
        times = pl.when(inside).then(micros).otherwise(times)
    return times.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def iso_time(raw: pl.Expr, zone: str = "UTC") -> pl.Expr:
    """ISO 8601 text as a time: a date, or a date and a time, with `Z`, an offset, or nothing for `zone`.

    Null where the text is no such time, or names an hour that a change of clocks leaves out.
    """
    return raw.map_batches(lambda texts: _iso(texts, zone), return_dtype=TIME)


def _iso(texts: pl.Series, zone: str) -> pl.Series:
    """The two usual forms at the library's speed, and whatever is left form by form."""
    text = pl.col("text").str.strip_chars().str.replace(r"^(\S{10}) ", "${1}T").str.replace("Z$", "+00:00")
    aware = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
    local = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    frame = texts.alias("text").to_frame().with_columns(pl.coalesce(aware, in_zone(local, zone)).alias("time"))
    left = pl.col("time").is_null() & pl.col("text").is_not_null()
    rest = frame.with_row_index("at").filter(left)
    if rest.is_empty():
        return frame["time"]
    return frame["time"].scatter(rest["at"], rest.select(_any_iso(pl.col("text"), zone))["text"])


def _any_iso(raw: pl.Expr, zone: str) -> pl.Expr:
    text = raw.str.strip_chars().str.to_uppercase().str.replace(r"^(\S+) ", "${1}T")
    text = text.str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00").str.replace(r" ?(UTC|GMT|Z)$", "+00:00")
    clock = text.str.extract(f"({_TIME_OF_DAY})").str.replace(",", ".")
    clock = clock.str.replace(r"T(\d{2}:\d{2})$", "T${1}:00")
    local = clock.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    offset = text.str.replace(_TIME_OF_DAY, "")
    sign = pl.when(offset.str.starts_with("-")).then(-1).otherwise(1)
    parts = offset.str.extract_groups(r"^[+-](?<hours>\d{2}):?(?<minutes>\d{2})?$").struct
    hours = parts.field("hours").cast(pl.Int64)
    minutes = sign * (hours * 60 + parts.field("minutes").cast(pl.Int64).fill_null(0))
    shifted = (local - pl.duration(minutes=minutes)).dt.replace_time_zone("UTC")
    return pl.when(offset == "").then(in_zone(local, zone)).otherwise(shifted)


def in_zone(local: pl.Expr, zone: str) -> pl.Expr:
    """Naive times of `zone` as UTC; an hour that comes twice is the first, one that a change leaves out is null."""
    aware = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return aware if zone == "UTC" else aware.dt.convert_time_zone("UTC")
