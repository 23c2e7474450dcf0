"""Rows as somebody delivered them -> rows that keep the contract, and rejected rows with a reason each."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from ghostnote.events.casting import as_text, cast, in_calendar
from ghostnote.events.schema import MAX_ID_LENGTH, TIME, Column, Table

#: The columns of rejected rows. `row` counts a file's rows from 1; `rule` is the reason without the row's own value,
#: for counting; `content` is the row as JSON.
REJECTED = pl.Schema(
    {"file": pl.String(), "row": pl.Int64(), "rule": pl.String(), "reason": pl.String(), "content": pl.String()}
)
_ROW = "__row"
#: Before the name of a column: its values in the contract's type, beside those that were delivered.
_CAST = "__cast:"
_SHOWN = 60


@dataclass(frozen=True)
class TimeRange:
    """The times that events may lie in: `start` included, `end` excluded, both aware."""

    start: datetime
    end: datetime

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d}..{self.end:%Y-%m-%d}"


#: Events outside this range carry a clock's or a unit's mistake.
AGREED_RANGE = TimeRange(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
#: Times that a row may do without, such as a release date, may lie further back: recordings are older than services.
_HISTORY = datetime(1860, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Checked:
    """`good`: the contract's columns that were there, in its order and types. `rejected`: see `REJECTED`."""

    good: pl.DataFrame
    rejected: pl.DataFrame


@dataclass(frozen=True)
class _Fault:
    """One way in which a row breaks the contract: `mask` is true where it does (null counts as false)."""

    mask: pl.Expr
    rule: str
    reason: pl.Expr


def missing_columns(table: Table, columns: list[str]) -> str | None:
    """Why a file with only `columns` cannot be read as `table`, or None if it can."""
    absent = [name for name in table.required if name not in columns]
    if not absent:
        return None
    names = ", ".join(absent)
    there = ", ".join(columns) or "none"
    return f"the required column{'s' if len(absent) > 1 else ''} {names} missing from {table.name} (it has: {there})"


def check(table: Table, rows: pl.DataFrame, file: str = "", times: TimeRange = AGREED_RANGE) -> Checked:
    """Divide `rows` into those that keep the contract of `table` and those that break it.

    Every row of `rows` comes out exactly once, in its order. Columns the contract does not know are left out; optional
    ones that are absent stay absent; values of another type are cast where nothing is lost; naive times are UTC.
    All required columns must be there (see `missing_columns`).
    """
    columns = [column for column in table.columns if column.name in rows.columns]
    raw = rows.select(column.name for column in columns)
    values = raw.select(_value(column, raw.schema[column.name], times).alias(_CAST + column.name) for column in columns)
    both = raw.hstack(values)
    faults = [fault for column in columns for fault in _faults(column, raw.schema[column.name], times)]
    broken = _broken(both, faults)
    good = values.rename({_CAST + column.name: column.name for column in columns})
    if not broken:
        return Checked(good, REJECTED.to_frame())
    bad = both.select(pl.any_horizontal(fault.mask for fault in broken).fill_null(value=False)).to_series()
    numbered = both.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(_ROW))
    return Checked(good.filter(~bad), _rejected(numbered.filter(bad), raw.columns, broken, file))


def _broken(both: pl.DataFrame, faults: list[_Fault]) -> list[_Fault]:
    """The faults that any row has: usually none, so the common case costs one pass and no copy."""
    if both.is_empty():
        return []
    found = both.select(fault.mask.any().alias(str(index)) for index, fault in enumerate(faults)).row(0)
    return [fault for fault, there in zip(faults, found, strict=True) if there]


def _rejected(rows: pl.DataFrame, names: list[str], faults: list[_Fault], file: str) -> pl.DataFrame:
    dtypes = {name: rows.schema[name] for name in names}
    fields = [
        as_text(pl.col(name), dtype).alias(name)
        if dtype.is_temporal() or isinstance(dtype, pl.Binary | pl.Object)
        else pl.col(name)
        for name, dtype in dtypes.items()
    ]
    return rows.select(
        pl.lit(file).alias("file"),
        pl.col(_ROW).alias("row"),
        pl.coalesce(pl.when(fault.mask).then(pl.lit(fault.rule)) for fault in faults).alias("rule"),
        pl.concat_str(
            [pl.when(fault.mask).then(fault.reason) for fault in faults], separator="; ", ignore_nulls=True
        ).alias("reason"),
        pl.struct(fields).struct.json_encode().alias("content"),
    ).cast(REJECTED)


def _value(column: Column, dtype: pl.DataType, times: TimeRange) -> pl.Expr:
    """The column in the contract's type; an empty text is no value."""
    span = _span(column, times)
    value = cast(column, dtype, span.start, span.end)
    if isinstance(dtype, pl.String) and column.dtype == pl.String:
        return pl.when(value != "").then(value)
    return value


def _span(column: Column, times: TimeRange) -> TimeRange:
    return times if column.required else TimeRange(min(_HISTORY, times.start), times.end)


def _faults(column: Column, dtype: pl.DataType, times: TimeRange) -> list[_Fault]:
    """Every way in which `column`, delivered as `dtype`, can break the contract."""
    raw, name = pl.col(column.name), column.name
    value = pl.col(_CAST + column.name)
    faults = []
    empty = raw == "" if isinstance(dtype, pl.String) else pl.lit(value=False)
    if column.required:
        faults.append(_Fault(raw.is_null() | empty, f"{name} is missing", pl.lit(f"{name} is missing")))
    if dtype != column.dtype:
        faults.append(_wrong_type(column, dtype, raw.is_not_null() & ~empty & value.is_null(), times))
    if column.dtype == TIME:
        faults.append(_outside(column, value, _span(column, times)))
    if column.values:
        faults.append(_not_one_of(column, value))
    elif column.dtype == pl.String:
        faults.append(_too_long(column, value))
    if column.low is not None:
        faults.append(_beyond(column, value, value < column.low, f"at least {column.low}"))
    if column.high is not None:
        faults.append(_beyond(column, value, value > column.high, f"at most {column.high}"))
    return faults


def _wrong_type(column: Column, dtype: pl.DataType, mask: pl.Expr, times: TimeRange) -> _Fault:
    wanted = {"id": "text", "text": "text", "one of": "text", "time": "a time"}.get(column.kind, f"a {column.kind}")
    if column.kind == "yes/no":
        wanted = "true or false"
    if column.kind == "time" and dtype.is_numeric():
        wanted = f"a time within {_span(column, times)} in seconds, milliseconds, microseconds or nanoseconds"
    shown = as_text(pl.col(column.name), dtype).str.slice(0, _SHOWN)
    return _Fault(
        mask,
        f"{column.name} is not {wanted}",
        pl.format("{} is '{}': not {}", pl.lit(column.name), shown, pl.lit(wanted)),
    )


def _outside(column: Column, value: pl.Expr, span: TimeRange) -> _Fault:
    year = pl.coalesce(in_calendar(value, TIME).dt.year().cast(pl.String), pl.lit("no year of the calendar"))
    return _Fault(
        (value < span.start) | (value >= span.end),
        f"{column.name} is outside {span}",
        pl.format("{} lies in {}: outside {}", pl.lit(column.name), year, pl.lit(str(span))),
    )


def _not_one_of(column: Column, value: pl.Expr) -> _Fault:
    choices = ", ".join(column.values)
    return _Fault(
        ~value.is_in(column.values),
        f"{column.name} is not one of {choices}",
        pl.format("{} is '{}': one of {}", pl.lit(column.name), value.str.slice(0, _SHOWN), pl.lit(choices)),
    )


def _too_long(column: Column, value: pl.Expr) -> _Fault:
    length = value.str.len_chars()
    return _Fault(
        length > MAX_ID_LENGTH,
        f"{column.name} is longer than {MAX_ID_LENGTH} characters",
        pl.format("{} has {} characters: at most {}", pl.lit(column.name), length, pl.lit(MAX_ID_LENGTH)),
    )


def _beyond(column: Column, value: pl.Expr, mask: pl.Expr, bound: str) -> _Fault:
    return _Fault(
        mask, f"{column.name} is not {bound}", pl.format("{} is {}: {}", pl.lit(column.name), value, pl.lit(bound))
    )
