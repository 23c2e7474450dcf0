"""A mapping file: how a team's own tables become the contract's, in TOML, with every name checked."""

import difflib
import zoneinfo
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import TABLES, Table

_T = TypeVar("_T")
Unit = Literal["s", "ms", "us", "ns"]
EMAIL_COLUMNS = ("email_domain", "email_shape", "email_hash")
#: Event ids that the source lacks are made from the row's content.
DERIVED = "event_id"


class CsvFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the CSV files are written."""

    separator: str = ","
    quote: str = '"'
    encoding: str = "utf-8"


class TableMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"hashed": "hash"}):
    """One table. Columns that are not named are taken under their own name where the source has them.

    `files`: a pattern for the files' names. `columns`: contract's name -> source's. `constants`: contract's name ->
    value for all rows. `values`: contract's name -> source's value -> contract's. `hashed`: columns to replace by keyed
    hashes. `email`: the source's column of addresses. `arrival`: the source's column of arrival times. `time_format`,
    `time_zone`, `time_unit`: how times are written; `duration_unit`: what durations count.
    """

    files: str | None = None
    columns: dict[str, str] = {}
    constants: dict[str, str | int | bool] = {}
    values: dict[str, dict[str, str]] = {}
    hashed: list[str] = []
    email: str | None = None
    arrival: str | None = None
    time_format: str | None = None
    time_zone: str = "UTC"
    time_unit: Unit | None = None
    duration_unit: Unit = "ms"


class Mapping(msgspec.Struct, frozen=True):
    """The tables of a mapping by name, and how CSV files are written."""

    tables: dict[str, TableMapping]
    csv: CsvFormat

    @property
    def hashes(self) -> bool:
        """Whether any column is to be replaced by keyed hashes."""
        return any(table.hashed or table.email for table in self.tables.values())


_TABLE_KEYS = [field.encode_name for field in msgspec.structs.fields(TableMapping)]
_CSV_KEYS = [field.encode_name for field in msgspec.structs.fields(CsvFormat)]


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file. Raises `GhostnoteError`, naming the nearest valid name for an unknown one."""
    try:
        content = msgspec.toml.decode(path.read_bytes(), type=dict[str, dict[str, object]])
    except OSError as error:
        raise GhostnoteError(f"Could not read the mapping {path}: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise GhostnoteError(f"The mapping {path} is no valid TOML of tables: {error}.") from error
    _require_known(content, [*TABLES, "csv"], f"{path}: table")
    csv = content.pop("csv", {})
    if not content:
        raise GhostnoteError(f"The mapping {path} names no table: add one of {', '.join(TABLES)}.")
    _require_known(csv, _CSV_KEYS, f"{path}: [csv] key")
    tables = {}
    for name, keys in content.items():
        _require_known(keys, _TABLE_KEYS, f"{path}: [{name}] key")
        tables[name] = _convert(keys, TableMapping, f"{path}: [{name}]")
        _check_table(TABLES[name], tables[name], f"{path}: [{name}]")
    mapping = Mapping(tables, _convert(csv, CsvFormat, f"{path}: [csv]"))
    _check_csv(mapping.csv, path)
    return mapping


def _convert(keys: dict[str, object], kind: type[_T], where: str) -> _T:
    try:
        return msgspec.convert(keys, kind)
    except msgspec.ValidationError as error:
        raise GhostnoteError(f"{where}: {str(error).replace('`', '')}.") from error


def _require_known(names: Iterable[str], valid: Iterable[str], what: str) -> None:
    choices = list(valid)
    for name in names:
        if name not in choices:
            near = difflib.get_close_matches(name, choices, 1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(choices)}."
            raise GhostnoteError(f"{what} {name} is not known: {hint}")


def _check_table(contract: Table, mapping: TableMapping, where: str) -> None:
    for key in ("columns", "constants", "values", "hashed"):
        written = "hash" if key == "hashed" else key
        _require_known(getattr(mapping, key), contract.names, f"{where} {written}: column")
    both = sorted(mapping.columns.keys() & mapping.constants.keys())
    if both:
        raise GhostnoteError(f"{where}: {both[0]} is in both columns and constants; keep one.")
    for column, translations in mapping.values.items():
        if contract[column].values:
            _require_known(translations.values(), contract[column].values, f"{where} values.{column}: value")
    for column in mapping.hashed:
        if contract[column].kind not in {"id", "text"}:
            raise GhostnoteError(f"{where} hash: {column} is a {contract[column].kind} and cannot be hashed.")
    if mapping.email is not None and EMAIL_COLUMNS[0] not in contract.names:
        raise GhostnoteError(f"{where} email: {contract.name} has no e-mail columns; only signups has.")
    if mapping.arrival is not None and contract.arrival is None:
        raise GhostnoteError(f"{where} arrival: {contract.name} has no time and so no day of arrival.")
    try:
        zoneinfo.ZoneInfo(mapping.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        near = difflib.get_close_matches(mapping.time_zone, zoneinfo.available_timezones(), 1)
        hint = f" Did you mean {near[0]}?" if near else " Give a name such as Europe/Berlin."
        raise GhostnoteError(f"{where}: there is no time zone {mapping.time_zone}.{hint}") from None


def _check_csv(csv: CsvFormat, path: Path) -> None:
    for key in ("separator", "quote"):
        if len(getattr(csv, key)) != 1:
            raise GhostnoteError(f"{path}: [csv] {key} must be one character, such as ';' or a tab.")
    try:
        "".encode(csv.encoding)
    except LookupError:
        raise GhostnoteError(f"{path}: [csv] encoding {csv.encoding} is not known: give utf-8, latin-1, ...") from None


def source_columns(contract: Table, mapping: TableMapping) -> dict[str, str]:
    """Where each of the contract's columns would come from: the mapped name, or its own."""
    return {name: mapping.columns.get(name, name) for name in contract.names if name not in mapping.constants}


def absent_column(contract: Table, mapping: TableMapping, there: list[str]) -> str | None:
    """Why a file with the columns `there` does not fit the mapping, or None if it does."""
    wanted = dict(mapping.columns)
    wanted |= {key: name for key in ("email", "arrival") if (name := getattr(mapping, key)) is not None}
    has = f"it has {', '.join(there) or 'no columns'}"
    for name, source in wanted.items():
        if source not in there:
            return f"the column {source} (mapped to {contract.name}.{name}) is not in it; {has}"
    if not set(source_columns(contract, mapping).values()) & set(there):
        return f"none of its columns is one of {contract.name} or mapped to one; {has}"
    for name in contract.required:
        if name not in there and name not in wanted and name not in mapping.constants and name != DERIVED:
            return f"the required column {contract.name}.{name} is neither in it nor mapped; {has}"
    return None
