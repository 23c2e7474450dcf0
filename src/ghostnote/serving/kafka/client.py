"""How the service signs in to Kafka, and the library, if it is installed."""

import logging
from typing import Any

from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import KafkaSettings

#: Where the library's own lines go; `serving.logs` gives them their form.
LOGGER = logging.getLogger("ghostnote.kafka")


def library() -> Any:
    """The module `confluent_kafka`. Raises `GhostnoteError` if it is not installed."""
    try:
        import confluent_kafka
    except ImportError as error:
        raise GhostnoteError("Kafka needs a library that is not installed: pip install 'ghostnote[kafka]'.") from error
    return confluent_kafka


def signing_in(settings: KafkaSettings, password: Secret | None) -> dict[str, Any]:
    """The client's options that say where brokers are and who we are."""
    options: dict[str, Any] = {"bootstrap.servers": settings.brokers, "security.protocol": settings.security}
    if settings.ca_file:
        options["ssl.ca.location"] = settings.ca_file
    if settings.security.startswith("SASL"):
        options["sasl.mechanism"] = settings.mechanism
        options["sasl.username"] = settings.username
        options["sasl.password"] = "" if password is None else password.text
    return options


def opened(make: Any, options: dict[str, Any]) -> Any:
    """A client made with options. Raises `GhostnoteError`, without the options, if the library refuses them."""
    try:
        return make(options, logger=LOGGER)
    except library().KafkaException as error:
        raise GhostnoteError(f"Kafka's client refuses its settings: {error.args[0].str()}.") from error
