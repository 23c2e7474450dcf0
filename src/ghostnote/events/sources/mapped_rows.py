"""Rows of a team's own table -> rows in the contract's columns, by a mapping, before they are checked."""

import hashlib

import polars as pl

from ghostnote.events.casting import in_zone, iso_time
from ghostnote.events.lake import DAY
from ghostnote.events.privacy import Hasher
from ghostnote.events.schema import TIME, Column, Table
from ghostnote.events.sources.mapping import DERIVED, EMAIL_COLUMNS, TableMapping, Unit, source_columns

#: How many of a unit make a second.
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_DURATIONS = ("ms_played", "duration_ms")
#: Columns whose ids are another column's, by what a second column says of the row: hashes must agree.
_REFERS = {
    "subject_id": ("subject_type", {"account": "account_id", "play": "event_id", "track": "track_id"}),
    "object_id": ("object_type", {"account": "account_id", "artist": "artist_id", "track": "track_id"}),
}
_SEPARATOR, _NULL = "\x1f", "\x00"


def apply(contract: Table, mapping: TableMapping, source: pl.DataFrame, hasher: Hasher | None) -> pl.DataFrame:
    """`source` in the contract's columns (those it has), renamed, translated and hashed.

    Values that a step cannot turn stay as they are, for `validation.check` to reject with a reason. A column `dt`
    (Date) holds the day of arrival if the mapping names a column for it.
    """
    origins = source_columns(contract, mapping)
    rows = source.select(pl.col(origin).alias(name) for name, origin in origins.items() if origin in source.columns)
    for name, value in mapping.constants.items():
        rows = rows.with_columns(pl.lit(value).alias(name))
    for name, translations in mapping.values.items():
        if name in rows.columns:
            rows = rows.with_columns(pl.col(name).cast(pl.String).replace(translations))
    for column in contract.columns:
        if column.name in rows.columns and column.name not in mapping.constants:
            rows = _typed(rows, column, mapping)
    if hasher is not None:
        rows = _hashed(rows, mapping, hasher)
        if mapping.email is not None:
            rows = rows.drop(EMAIL_COLUMNS, strict=False).hstack(hasher.emails(source[mapping.email]))
    elif mapping.hashed or mapping.email:
        raise ValueError("this mapping hashes columns: a hasher is needed")
    if DERIVED in contract.names and DERIVED not in rows.columns:
        rows = rows.with_columns(_content_ids(rows))
    if mapping.arrival is not None:
        arrived = _as_time(source.select(pl.col(mapping.arrival).alias(DAY)), DAY, mapping)
        rows = rows.hstack([_day(arrived)])
    return rows


def _typed(rows: pl.DataFrame, column: Column, mapping: TableMapping) -> pl.DataFrame:
    if column.dtype == TIME:
        return rows.with_columns(_as_time(rows, column.name, mapping))
    if column.name in _DURATIONS and mapping.duration_unit != "ms":
        raw = pl.col(column.name)
        millis = raw.cast(pl.Float64, strict=False) * 1_000 / _PER_SECOND[mapping.duration_unit]
        return rows.with_columns(_or_raw(rows, column.name, millis.round().cast(pl.Int64, strict=False)))
    return rows


def _as_time(rows: pl.DataFrame, name: str, mapping: TableMapping) -> pl.Series:
    """Times by the mapping's format, unit and zone; what needs none of them is left to the check."""
    raw, dtype = pl.col(name), rows.schema[name]
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
        return rows.select(in_zone(raw, mapping.time_zone).alias(name))[name]
    if mapping.time_unit is not None and (dtype.is_numeric() or isinstance(dtype, pl.String)):
        return _or_raw(rows, name, _counted(raw, mapping.time_unit))
    if isinstance(dtype, pl.String) and mapping.time_format is not None:
        return _or_raw(rows, name, _formatted(raw, mapping.time_format, mapping.time_zone))
    if isinstance(dtype, pl.String) and mapping.time_zone != "UTC":
        return _or_raw(rows, name, iso_time(raw, mapping.time_zone))
    return rows[name]


def _counted(raw: pl.Expr, unit: Unit) -> pl.Expr:
    """Seconds and milliseconds may have fractions; the finer ones would lose digits as floats."""
    if unit in {"s", "ms"}:
        micros = (raw.cast(pl.Float64, strict=False) * (1_000_000 / _PER_SECOND[unit])).round()
    else:
        micros = raw.cast(pl.Int64, strict=False) // (_PER_SECOND[unit] // 1_000_000)
    return micros.cast(pl.Int64, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _formatted(raw: pl.Expr, pattern: str, zone: str) -> pl.Expr:
    text = raw.str.strip_chars()
    if "%z" in pattern or "%:z" in pattern or "%#z" in pattern:
        return text.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
    return in_zone(text.str.to_datetime(pattern, time_unit="us", strict=False), zone)


def _or_raw(rows: pl.DataFrame, name: str, turned: pl.Expr) -> pl.Series:
    """`turned`, or text with the raw values where turning failed: the check's reason must show what was delivered."""
    values = rows.select(turned.alias(name))[name]
    raw = rows[name]
    blank = (raw == "").sum() if raw.dtype == pl.String else 0
    if values.null_count() <= raw.null_count() + blank:
        return values
    return rows.select(pl.coalesce(pl.lit(values).cast(pl.String), pl.col(name).cast(pl.String)).alias(name))[name]


def _day(arrived: pl.Series) -> pl.Series:
    if isinstance(arrived.dtype, pl.Datetime):
        return arrived.dt.convert_time_zone("UTC").dt.date() if arrived.dtype.time_zone else arrived.dt.date()
    if isinstance(arrived.dtype, pl.String):
        return arrived.to_frame().select(iso_time(pl.col(arrived.name)).dt.date())[arrived.name]
    return arrived.cast(pl.Date, strict=False)


def _hashed(rows: pl.DataFrame, mapping: TableMapping, hasher: Hasher) -> pl.DataFrame:
    for name in mapping.hashed:
        if name not in rows.columns:
            continue
        values = rows[name].cast(pl.String)
        if name == "ip":
            hashes = hasher.ips(values)
        elif name in _REFERS:
            hashes = _referred(rows, name, values, hasher)
        else:
            hashes = hasher.names(name, values)
        rows = rows.with_columns(hashes.alias(name))
    return rows


def _referred(rows: pl.DataFrame, name: str, values: pl.Series, hasher: Hasher) -> pl.Series:
    """An id that names an account hashes as `account_id` does elsewhere, and so on."""
    told, kinds = _REFERS[name]
    hashes = hasher.names(name, values)
    if told not in rows.columns:
        return hashes
    types = rows[told].cast(pl.String)
    for word, kind in kinds.items():
        chosen = (types == word).fill_null(value=False)
        if chosen.any():
            hashes = hasher.names(kind, values).zip_with(chosen, hashes)
    return hashes


def _content_ids(rows: pl.DataFrame) -> pl.Series:
    """An id per row from its values: the same row has the same id in every import, so it counts once."""
    parts = [pl.col(name).cast(pl.String).fill_null(_NULL) for name in sorted(rows.columns)]
    texts = rows.select(pl.concat_str(parts, separator=_SEPARATOR).alias(DERIVED))[DERIVED]
    digests = [hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
    return pl.Series(DERIVED, digests, dtype=pl.String)
