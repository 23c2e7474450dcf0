"""The page on operating the service names every setting, scope and series, and its code works."""

import re
from pathlib import Path

import msgspec

from ghostnote.serving.access.keys import SCOPES
from ghostnote.serving.settings.confidential import SECRETS, Secret
from ghostnote.serving.settings.configuring import configure
from ghostnote.serving.settings.settings import TABLES_OF_SETTINGS, Settings
from ghostnote.serving.sinks.webhook import signature
from ghostnote.serving.telemetry.metrics import OUTCOMES, REFUSALS, SINKS, SOURCES, STAGES, WATCHED, Metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "service-operation.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([\w.]+)` \| `([^`]*)` \| .{10,} \|$", re.MULTILINE)


def _told(kind: type[msgspec.Struct], text: str) -> None:
    usual = kind()
    rows = dict(_ROW.findall(text))
    expected = {
        field.name: '""' if field.default == "" else str(getattr(usual, field.name))
        for field in msgspec.structs.fields(kind)
        if field.name not in TABLES_OF_SETTINGS
    }
    assert rows == expected


def test_every_setting_is_told_with_its_default() -> None:
    settings = PAGE.partition("## Settings")[2].partition("## Keys")[0]
    parts = re.split(r"^`\[(\w+)\]`:", settings, flags=re.MULTILINE)
    _told(Settings, parts[0])
    tables = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert set(tables) == set(TABLES_OF_SETTINGS)
    for name, text in tables.items():
        _told(TABLES_OF_SETTINGS[name], text)
    assert all(variable in settings for variable in SECRETS.values())


def test_every_scope_is_told() -> None:
    keys = PAGE.partition("## Keys")[2].partition("## Logs")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", keys, re.MULTILINE)) == SCOPES


def test_every_series_is_told_and_no_other() -> None:
    metrics = Metrics()
    for name in WATCHED:
        metrics.watch(name, lambda: 0.0)
    there = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
        if family.name.startswith("ghostnote_")
    }
    text = PAGE.partition("## Metrics")[2].partition("## Events")[0]
    rows = [line for line in text.splitlines() if line.startswith("| `ghostnote_")]
    assert {name for row in rows for name in re.findall(r"`(ghostnote_\w+)`", row)} == there
    for label in (*REFUSALS, *STAGES, *SOURCES, *OUTCOMES):
        assert re.search(rf"\b{label}\b", "\n".join(rows)), label
    assert all(f"**{sink.capitalize()}**" in PAGE for sink in SINKS)


def test_the_receivers_code_on_the_page_takes_what_we_sign_and_nothing_else() -> None:
    found: dict[str, object] = {}
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], found)  # type: ignore[index]
    is_ours = found["is_ours"]
    assert callable(is_ours)
    secret, body = Secret("a secret of some length", "test"), b'{"decisions":[]}'
    header = signature(secret, 1_000, body)
    assert is_ours(secret.text, header, body, 1_100.0)
    assert not is_ours(secret.text, header, body + b" ", 1_100.0)
    assert not is_ours("another secret", header, body, 1_100.0)
    assert not is_ours(secret.text, header, body, 1_301.0)
    assert not is_ours(secret.text, header.replace("t=1000", "t=1001"), body, 1_100.0)


def test_the_toml_on_the_page_and_the_one_that_is_deployed_can_be_used(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```\n(\[kafka\].*?)```", PAGE, re.DOTALL)
    file = tmp_path / "service.toml"
    file.write_text(shown)
    assert configure(file, {}, {"state": "state"}).settings.kafka.topic == "plays"
    assert configure(ROOT / "deploy" / "service.toml", {}, {}).settings.state == "/var/lib/ghostnote"
