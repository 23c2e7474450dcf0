"""The settings in force as TOML, each with what it means and where it comes from; of secrets, where they come from."""

import json
import textwrap
from collections.abc import Iterator

import msgspec

from ghostnote.decisions.policy_text import meanings
from ghostnote.serving.settings.confidential import SECRETS
from ghostnote.serving.settings.configuring import Configuration, variable_of
from ghostnote.serving.settings.settings import TABLES_OF_SETTINGS, Settings

_WIDTH = 110


def settings_toml(of: Configuration) -> str:
    """The settings as a file that `configure` reads back as the same settings; secrets are named, never shown."""
    return "\n".join(_lines(of)) + "\n"


def _lines(of: Configuration) -> Iterator[str]:
    plain = [name for name in Settings.__struct_fields__ if name not in TABLES_OF_SETTINGS]
    yield from _values(of, of.settings, plain, "")
    said = meanings(Settings)
    for table, kind in TABLES_OF_SETTINGS.items():
        yield from ("", *_comment(said[table]), f"[{table}]")
        yield from _values(of, getattr(of.settings, table), list(kind.__struct_fields__), f"{table}.")
        for name, variable in SECRETS.items():
            if name.startswith(f"{table}."):
                secret = of.secrets.get(name)
                origin = "not given" if secret is None else f"from {secret.origin}"
                yield f"# {name.partition('.')[2]}: {origin} ({variable})"


def _values(of: Configuration, struct: msgspec.Struct, names: list[str], where: str) -> Iterator[str]:
    said = meanings(type(struct))
    for name in names:
        origin = of.origins.get(f"{where}{name}", "default")
        yield from _comment(f"{said[name]} ({variable_of(where + name)}; now: {origin})")
        yield f"{name} = {json.dumps(getattr(struct, name), ensure_ascii=False)}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH)]
