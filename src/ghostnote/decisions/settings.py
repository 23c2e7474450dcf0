"""TOML files that a team writes: read into a type, and refused in one sentence where they say what cannot be."""

import difflib
import tomllib
import typing
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ghostnote.errors import GhostnoteError

T = TypeVar("T", bound=msgspec.Struct)


def read_settings(path: Path, kind: type[T], what: str) -> T:
    """A TOML file as a `kind`, whose fields all have defaults; `what` names such a file in sentences: "The policy".

    Numbers with a point are read as they are written, so that fields of type `Decimal` get exactly that. Raises
    `GhostnoteError` if the file cannot be read, has a key that `kind` does not know, at any depth, or an impossible
    value.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise GhostnoteError(f"{what} {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GhostnoteError(f"{what} {path} is not valid TOML: {error}.") from error
    _refuse_unknown(given, kind, f"{what} {path}", "")
    try:
        return msgspec.convert(given, type=kind)
    except msgspec.ValidationError as error:
        raise GhostnoteError(f"{what} {path} is impossible: {error}.") from error


def nearest(name: str, known: Sequence[str]) -> str:
    """What to say after a name that is none of `known`: the nearest one, or all of them.

    >>> nearest("contry", ("country", "plan"))
    ": did you mean 'country'?"
    >>> nearest("zzz", ("country", "plan"))
    ': it is one of country, plan.'
    """
    near = difflib.get_close_matches(name, known, n=1)
    return f": did you mean '{near[0]}'?" if near else f": it is one of {', '.join(known)}."


def _refuse_unknown(given: Mapping[str, Any], kind: type[msgspec.Struct], head: str, where: str) -> None:
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in given.items():
        if key not in known:
            raise GhostnoteError(f"{head} has an unknown key '{key}'{where}{nearest(key, list(known))}")
        for inner in _structs(known[key]):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, dict):
                    _refuse_unknown(part, inner, head, f" in [{key}]")


def _structs(kind: Any) -> list[type[msgspec.Struct]]:
    """The structs in a field's type: itself, or what it is a tuple of."""
    found = [kind, *typing.get_args(kind)]
    return [one for one in found if isinstance(one, type) and issubclass(one, msgspec.Struct)]
