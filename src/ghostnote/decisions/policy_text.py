"""A policy as TOML, each key with what it means in the words of the code."""

import inspect
import json
import re
import textwrap
from collections.abc import Iterator

import msgspec

from ghostnote.decisions.ceilings import Ceiling
from ghostnote.decisions.policy import Policy

_KEY = re.compile(r"^(\w+): (.*)$")
_WIDTH = 110


def toml(policy: Policy) -> str:
    """The policy as a TOML file that `load_policy` reads back as the same policy."""
    return "\n".join(_table(policy, "")).strip() + "\n"


def meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What each key means, from the `key: meaning` lines of the docstring."""
    found: dict[str, str] = {}
    names = [field.name for field in msgspec.structs.fields(kind)]
    last = None
    for line in inspect.cleandoc(kind.__doc__ or "").splitlines():
        match = _KEY.match(line)
        if match and match[1] in names:
            last = match[1]
            found[last] = match[2]
        elif last is not None and line.startswith("    "):
            found[last] += " " + line.strip()
        else:
            last = None
    return found


def _table(of: msgspec.Struct, path: str) -> Iterator[str]:
    """Keys with values first, then tables: TOML has no way back."""
    said = meanings(type(of))
    values = {field.name: getattr(of, field.name) for field in msgspec.structs.fields(of)}
    inner = {name: value for name, value in values.items() if _is_table(name, value)}
    for name, value in values.items():
        if name not in inner:
            yield from _comment(said.get(name, ""))
            yield f"{name} = {_value(value)}"
    for name, value in inner.items():
        place = f"{path}{name}"
        yield ""
        yield from _comment(said.get(name, ""))
        if isinstance(value, tuple):
            for one in value:
                yield f"[[{place}]]"
                yield from _table(one, f"{place}.")
            if not value:
                yield "# none; each would be a table of"
                yield f"# [[{place}]]"
                yield from (f"# {key}: {text}" for key, text in meanings(Ceiling).items())
        elif value is None:
            yield f"# [{place}] is not given"
        else:
            yield f"[{place}]"
            yield from _table(value, f"{place}.")


def _is_table(name: str, value: object) -> bool:
    return value is None or isinstance(value, msgspec.Struct) or name == "ceilings"


def _value(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(one)}' for key, one in value.items())} }}" if value else "{}"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")
