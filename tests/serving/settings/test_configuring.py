"""Settings: who wins, what is refused, and that secrets stay secret."""

from pathlib import Path

import msgspec
import pytest

from ghostnote.decisions.policy_text import meanings
from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.confidential import SECRETS
from ghostnote.serving.settings.configuring import configure, variable_of
from ghostnote.serving.settings.settings import TABLES_OF_SETTINGS, Settings, setting_names, value_of
from ghostnote.serving.settings.text import settings_toml

NEEDED = {"state": "state"}
SECRET = "a secret of some length"


def _file(folder: Path, text: str) -> Path:
    path = folder / "service.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = _file(
        tmp_path, 'state = "a"\nbundle = "b"\nport = 1\nwait_ms = 2.5\n[kafka]\nbrokers = "x:1"\ntopic = "file"\n'
    )
    found = configure(file, {}, {})
    assert (found.settings.port, found.settings.wait_ms, found.settings.kafka.topic) == (1, 2.5, "file")
    environ = {"GHOSTNOTE_SERVE_PORT": "2", "GHOSTNOTE_SERVE_KAFKA_TOPIC": "environment", "HOME": "/"}
    assert configure(file, environ, {}).settings.port == 2
    found = configure(file, environ, {"port": 3, "wait_ms": None})
    assert (found.settings.port, found.settings.wait_ms, found.settings.kafka.topic) == (3, 2.5, "environment")
    assert found.settings.kafka.brokers == "x:1"
    assert found.origins["port"] == "the command line"
    assert found.origins["kafka.topic"] == "GHOSTNOTE_SERVE_KAFKA_TOPIC"
    assert found.origins["wait_ms"] == str(file)
    assert "host" not in found.origins


def test_without_a_file_all_have_defaults_but_what_is_needed() -> None:
    assert configure(None, {}, NEEDED).settings == Settings(state="state")
    with pytest.raises(GhostnoteError, match="needs a folder for what it knows: give --state"):
        configure(None, {"GHOSTNOTE_SERVE_BUNDLE": "bundle"}, {})


@pytest.mark.parametrize("name", setting_names())
def test_every_setting_can_come_from_the_environment_and_says_what_it_means(name: str) -> None:
    usual = value_of(Settings(), name)
    table, _, key = name.rpartition(".")
    kind = {
        field.name: field.type for field in msgspec.structs.fields(TABLES_OF_SETTINGS[table] if table else Settings)
    }
    choices = getattr(kind[key], "__args__", ()) if isinstance(usual, str) else ()
    value = str(usual + 1) if not isinstance(usual, str) else (choices[-1] if choices else usual or "something")
    special = {"webhook.url": "https://example.org/x", "ledger": "postgresql://host/name", "webhook.verdicts": "hold"}
    value = str(not usual) if isinstance(usual, bool) else special.get(name, value)
    environ = {variable_of(name): value}
    if name in {"kafka.topic", "kafka.decisions_topic"}:
        environ[variable_of("kafka.brokers")] = "localhost:9092"
    if name == "kafka.brokers":
        environ[variable_of("kafka.topic")] = "events"
    environ |= {SECRETS["webhook.secret"]: SECRET, SECRETS["kafka.password"]: SECRET}
    given = {needed: path for needed, path in NEEDED.items() if needed != name}
    if name.endswith("_file"):
        environ |= {variable: SECRET for secret, variable in SECRETS.items() if name == f"{secret}_file"}
    found = configure(None, environ, given)
    assert str(value_of(found.settings, name)) == value
    assert found.origins[name] == variable_of(name)
    assert len(meanings(TABLES_OF_SETTINGS[table] if table else Settings)[key]) > 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 1", "unknown key 'prot': did you mean 'port'?"),
        ("[kafka]\ntopics = 'x'", "unknown key 'topics' in [kafka]: did you mean 'topic'?"),
        ("port = 70000", "is impossible"),
        ("port = 'x'", "is impossible"),
        ("log_bytes = 1", "is impossible"),
        ("[logs]\nform = 'xml'", "is impossible"),
        ("port =", "is not valid TOML"),
        (
            "[webhook]\nsecret = 'hush'",
            "holds a secret, [webhook] secret: give GHOSTNOTE_SERVE_WEBHOOK_SECRET or secret_file",
        ),
        ("[kafka]\npassword = 'hush'", "holds a secret"),
        ("[kafka]\nbrokers = 'x:1'", "nothing to do"),
        ("[kafka]\ntopic = 'x'", "no brokers"),
        ("[kafka]\nbrokers = 'x:1'\ntopic = 'x'\ndecisions_topic = 'x'", "cannot go to the topic"),
        ("[kafka]\nbrokers = 'x:1'\ntopic = 'x'\nusername = 'me'", "username but no password"),
        ("[webhook]\nurl = 'https://example.org'", "needs a secret"),
        ("[webhook]\nverdicts = 'hold, exlude'", "no verdict 'exlude' for webhook.verdicts: did you mean 'exclude'?"),
        ("[webhook]\nurl = 'example.org'", "is no address"),
        ("[webhook]\nurl = 'ftp://example.org'", "is no address"),
        ("[webhook]\nurl = 'https://me:hush@example.org'", "holds a password"),
        ("ledger = 'postgresql://me:hush@host/name'", "holds a password"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_without_secrets(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(GhostnoteError) as error:
        configure(_file(tmp_path, text), {}, NEEDED)
    assert says in str(error.value)
    assert "hush" not in str(error.value)
    assert str(error.value).endswith((".", "?"))


def test_variables_that_mean_nothing_and_impossible_values_are_told() -> None:
    with pytest.raises(GhostnoteError, match="GHOSTNOTE_SERVE_PROT is unknown: did you mean 'GHOSTNOTE_SERVE_PORT'"):
        configure(None, {"GHOSTNOTE_SERVE_PROT": "1"}, NEEDED)
    with pytest.raises(GhostnoteError, match=r"variable GHOSTNOTE_SERVE_PORT is impossible: .*int"):
        configure(None, {"GHOSTNOTE_SERVE_PORT": "high"}, NEEDED)
    with pytest.raises(GhostnoteError, match="--max-waiting is impossible: "):
        configure(None, {}, {**NEEDED, "max_waiting": 0})
    with pytest.raises(GhostnoteError, match=r"The configuration .* cannot be read"):
        configure(Path("nowhere.toml"), {}, NEEDED)


def test_secrets_come_from_the_environment_or_files_and_are_never_echoed(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    settings = {**NEEDED, "webhook.url": "https://example.org/x", "webhook.secret_file": str(file)}
    found = configure(None, {}, settings)
    assert (found.secrets["webhook.secret"].text, found.secrets["webhook.secret"].origin) == (SECRET, str(file))
    found = configure(None, {"GHOSTNOTE_SERVE_WEBHOOK_SECRET": f"another {SECRET}"}, settings)
    assert found.secrets["webhook.secret"].text == f"another {SECRET}"
    for shown in (repr(found), settings_toml(found), msgspec.json.encode(found.settings).decode()):
        assert SECRET not in shown
    assert "secret: from GHOSTNOTE_SERVE_WEBHOOK_SECRET" in settings_toml(found)
    with pytest.raises(TypeError):
        msgspec.json.encode(found.secrets)
    file.write_text("short")
    with pytest.raises(GhostnoteError, match="is too short: give at least 16 characters"):
        configure(None, {}, settings)
    file.write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(GhostnoteError, match="it is no text"):
        configure(None, {}, settings)
    file.unlink()
    with pytest.raises(GhostnoteError, match="cannot be read from"):
        configure(None, {}, settings)


def test_the_settings_shown_can_be_used_as_a_file(tmp_path: Path) -> None:
    environ = {
        "GHOSTNOTE_SERVE_KAFKA_BROKERS": "x:1",
        "GHOSTNOTE_SERVE_KAFKA_TOPIC": 'a "b"',
        "GHOSTNOTE_SERVE_PORT": "9",
    }
    first = configure(None, environ, NEEDED)
    shown = settings_toml(first)
    assert "now: GHOSTNOTE_SERVE_PORT)\nport = 9\n" in shown
    assert configure(_file(tmp_path, shown), {}, {}).settings == first.settings
