"""Settings from a TOML file, over it the environment, over that the command line. Secrets from elsewhere."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ghostnote.decisions.settings import nearest, read_settings
from ghostnote.decisions.tables import ACCOUNT_ACTIONS, PLAY_VERDICTS
from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.confidential import SECRETS, Secret, read_secrets
from ghostnote.serving.settings.settings import Settings, setting_names, value_of

#: What the environment variables of the service start with: GHOSTNOTE_SERVE_PORT, GHOSTNOTE_SERVE_KAFKA_TOPIC.
ENVIRONMENT = "GHOSTNOTE_SERVE_"
_VERDICTS = (*PLAY_VERDICTS, *ACCOUNT_ACTIONS)


@dataclass(frozen=True)
class Configuration:
    """The settings, the secrets beside them, and where each setting that somebody gave comes from, in words."""

    settings: Settings
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)


def configure(config: Path | None, environ: Mapping[str, str], given: Mapping[str, object]) -> Configuration:
    """Settings of a file, of an environment and of a command line; the later ones win.

    given: values by the names of `setting_names`; None is not given. Raises `GhostnoteError` if the file cannot be
    read, a name is unknown, a value is impossible, or what is needed is missing.
    """
    settings, origins = Settings(), dict[str, str]()
    if config is not None:
        _refuse_secrets(config)
        settings = read_settings(config, Settings, "The configuration")
        origins = dict.fromkeys(_changed(settings), str(config))
    for variable, name in _variables(environ).items():
        settings = _with(settings, name, environ[variable], f"The environment variable {variable}")
        origins[name] = variable
    for name, value in given.items():
        if value is not None:
            settings = _with(settings, name, value, f"--{name.replace('.', '-').replace('_', '-')}")
            origins[name] = "the command line"
    _check(settings)
    return Configuration(settings, read_secrets(settings, environ), origins)


def verdicts_of(settings: Settings) -> list[str]:
    """The verdicts that the webhook is told of; none for all."""
    return [name.strip() for name in settings.webhook.verdicts.split(",") if name.strip()]


def variable_of(name: str) -> str:
    """The environment variable of a setting.

    >>> variable_of("kafka.topic")
    'GHOSTNOTE_SERVE_KAFKA_TOPIC'
    """
    return ENVIRONMENT + name.replace(".", "_").upper()


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The settings' names by the variables that are set, in the settings' order."""
    known = {variable_of(name): name for name in setting_names()}
    for variable in environ:
        if variable.startswith(ENVIRONMENT) and variable not in known and variable not in SECRETS.values():
            raise GhostnoteError(
                f"The environment variable {variable} is unknown{nearest(variable, [*known, *SECRETS.values()])}"
            )
    return {variable: name for variable, name in known.items() if variable in environ}


def _with(settings: Settings, name: str, value: object, origin: str) -> Settings:
    table, _, key = name.rpartition(".")
    of: Any = getattr(settings, table) if table else settings
    kind = {one.name: one.type for one in msgspec.structs.fields(of)}[key]
    try:
        converted = msgspec.convert(value, type=kind, strict=False)
    except msgspec.ValidationError as error:
        raise GhostnoteError(f"{origin} is impossible: {error}.") from error
    changed = msgspec.structs.replace(of, **{key: converted})
    return msgspec.structs.replace(settings, **{table: changed}) if table else changed


def _changed(settings: Settings) -> list[str]:
    usual = Settings()
    return [name for name in setting_names() if value_of(settings, name) != value_of(usual, name)]


def _refuse_secrets(config: Path) -> None:
    """A secret in a file of settings ends up in version control, so there is no such key; say where it goes instead."""
    try:
        given = tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return  # whoever reads it next says why
    for name, variable in SECRETS.items():
        table, _, key = name.rpartition(".")
        inner = given.get(table)
        if isinstance(inner, dict) and key in inner:
            raise GhostnoteError(
                f"The configuration {config} holds a secret, [{table}] {key}: give {variable} or {key}_file instead."
            )


def _check(settings: Settings) -> None:
    """What no single value shows."""
    if not settings.state:
        raise GhostnoteError(
            f"The service needs a folder for what it knows: give --state, {variable_of('state')} or state in the file."
        )
    kafka, webhook = settings.kafka, settings.webhook
    if kafka.brokers and not (kafka.topic or kafka.decisions_topic):
        raise GhostnoteError("Kafka has brokers but nothing to do: give kafka.topic, kafka.decisions_topic or both.")
    if not kafka.brokers and (kafka.topic or kafka.decisions_topic):
        raise GhostnoteError("Kafka has a topic but no brokers: give kafka.brokers, for example localhost:9092.")
    if kafka.topic and kafka.topic == kafka.decisions_topic:
        raise GhostnoteError("Decisions cannot go to the topic that events come from: choose another decisions_topic.")
    for verdict in verdicts_of(settings):
        if verdict not in _VERDICTS:
            raise GhostnoteError(f"There is no verdict '{verdict}' for webhook.verdicts{nearest(verdict, _VERDICTS)}")
    _check_address("webhook.url", webhook.url, ("http", "https"))
    if "://" in settings.ledger:
        _check_address("ledger", settings.ledger, ("postgresql",))


def _check_address(name: str, address: str, schemes: tuple[str, ...]) -> None:
    if not address:
        return
    try:
        parts = urlsplit(address)
        password, scheme, host = parts.password, parts.scheme.partition("+")[0], parts.hostname
    except ValueError:
        password, scheme, host = None, "", None
    if password is not None:
        how = "PGPASSWORD or a file .pgpass" if name == "ledger" else "a secret, which signs what is sent"
        raise GhostnoteError(f"The setting {name} holds a password: leave it out and use {how}.")
    if scheme not in schemes or not host:
        raise GhostnoteError(f"The setting {name} is no address: write {' or '.join(schemes)}, then ://HOST.")
