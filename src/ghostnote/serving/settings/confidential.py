"""What the service must know and never tell: from the environment or from files of their own."""

from collections.abc import Mapping
from pathlib import Path

from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.settings import Settings

#: Each secret's name, `table.key`, and the environment variable that may hold it. `table.key_file` may name a file.
SECRETS = {
    "logs.key": "GHOSTNOTE_SERVE_LOGS_KEY",
    "kafka.password": "GHOSTNOTE_SERVE_KAFKA_PASSWORD",
    "webhook.secret": "GHOSTNOTE_SERVE_WEBHOOK_SECRET",
}
#: Below this a signature or a keyed hash can be guessed.
SHORTEST_SECRET = 16


class Secret:
    """A text that neither prints, nor compares, nor becomes JSON; `text` is it, `origin` says where it came from."""

    __slots__ = ("origin", "text")

    def __init__(self, text: str, origin: str) -> None:
        self.text = text
        self.origin = origin

    def __repr__(self) -> str:
        return f"Secret(from {self.origin})"


def read_secrets(settings: Settings, environ: Mapping[str, str]) -> dict[str, Secret]:
    """The secrets that there are, by name. The environment goes before files.

    Raises `GhostnoteError` if a file cannot be read, a secret is empty or too short, or one is missing that is needed:
    the password of a user, the secret of a webhook.
    """
    found = {}
    for name, variable in SECRETS.items():
        secret = _one(name, variable, settings, environ)
        if secret is not None:
            found[name] = secret
    if settings.kafka.username and "kafka.password" not in found:
        raise GhostnoteError(f"Kafka has a username but no password: {_where('kafka.password')}.")
    if settings.webhook.url and "webhook.secret" not in found:
        raise GhostnoteError(f"A webhook needs a secret that signs what is sent: {_where('webhook.secret')}.")
    return found


def _one(name: str, variable: str, settings: Settings, environ: Mapping[str, str]) -> Secret | None:
    table, _, key = name.partition(".")
    file = getattr(getattr(settings, table), f"{key}_file")
    if variable in environ:
        secret = Secret(environ[variable].strip(), variable)
    elif file:
        secret = Secret(_read(Path(file), name), str(file))
    else:
        return None
    # How long a broker's password is, is the broker's business.
    shortest = 1 if name == "kafka.password" else SHORTEST_SECRET
    if len(secret.text) < shortest:
        raise GhostnoteError(f"The secret {name} in {secret.origin} is too short: give at least {shortest} characters.")
    return secret


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise GhostnoteError(f"The secret {name} cannot be read from {path}: {why}.") from error


def _where(name: str) -> str:
    table, _, key = name.partition(".")
    return f"give {SECRETS[name]} or {table}.{key}_file"
