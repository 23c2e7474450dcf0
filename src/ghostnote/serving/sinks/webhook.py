"""Decisions posted to an address of the team's own: signed, tried again, and kept as dead letters if nobody takes them.

The signature is the HMAC-SHA256 (RFC 2104) of the time and the body. A receiver that checks both knows that a delivery
comes from here, is whole, and was not recorded and sent again later.
"""

import hashlib
import hmac
import http.client
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from ghostnote import __version__
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import WebhookSettings
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.dead_letters import DeadLetters, Letter
from ghostnote.serving.sinks.following import Batch
from ghostnote.serving.telemetry.logs import Log
from ghostnote.serving.telemetry.metrics import Metrics

#: Answers that say that this delivery will never be taken, however often it is tried. All others may be mended, by
#: waiting or by whoever runs the receiver: a wrong path or password too.
_NEVER = frozenset({400, 413, 415, 422})
_LONGEST_ANSWER = 1 << 16


def signature(secret: Secret, timestamp: int, body: bytes) -> str:
    """The header `Ghostnote-Signature` of a body sent at `timestamp`, in seconds since 1970: `t=TIME,v1=HEX`."""
    signed = hmac.new(secret.text.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256)
    return f"t={timestamp},v1={signed.hexdigest()}"


@dataclass(frozen=True)
class Answer:
    """What became of one try. `why` is empty if it was taken; `wait` is how many seconds the receiver asked for."""

    why: str = ""
    never: bool = False
    wait: float = 0.0


class Post:
    """Posts bodies to one address, over one connection that is kept open. One thread uses it."""

    def __init__(self, settings: WebhookSettings, secret: Secret, clock: Callable[[], datetime]) -> None:
        self._address = urlsplit(settings.url)
        self._timeout, self._secret, self._clock = settings.timeout_seconds, secret, clock
        self._connection: http.client.HTTPConnection | None = None

    def __call__(self, name: str, body: bytes) -> Answer:
        """Post a body once. Never raises: what went wrong is in the answer."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"ghostnote/{__version__}",
            "Ghostnote-Delivery": name,
            "Ghostnote-Signature": signature(self._secret, int(self._clock().timestamp()), body),
        }
        try:
            if self._connection is not None:
                try:
                    return self._asked(self._connection, body, headers)
                except ConnectionError:
                    self.close()  # Closed by the other side while nothing was sent: that is no failure.
            self._connection = self._connected()
            return self._asked(self._connection, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(why=_sentence(error))

    def _asked(self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]) -> Answer:
        target = self._address.path or "/"
        if self._address.query:
            target += f"?{self._address.query}"
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        response.read(_LONGEST_ANSWER)
        if not response.isclosed():
            self.close()
        return _answer(response)

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "", self._address.port
        if self._address.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)


class Webhook:
    """Delivers batches; see `following.Deliver`.

    A delivery that was tried as often as the settings say goes to the dead letters. From then on each one is tried
    once, until one is taken: a receiver that is gone for the night holds neither the log nor what comes after.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        post: Post,
        letters: DeadLetters,
        backoff: Backoff,
        clock: Callable[[], datetime],
        log: Log,
        metrics: Metrics | None = None,
    ) -> None:
        self._tries, self._post, self._letters, self._backoff = settings.tries, post, letters, backoff
        self._clock, self._log, self._metrics = clock, log, metrics
        self._down = False

    def __call__(self, batch: Batch, stopping: threading.Event) -> bool:
        """True once the batch was taken or is a dead letter. Raises OSError if a dead letter cannot be kept."""
        body = body_of(batch)
        tries = 1 if self._down else self._tries
        for number in range(1, tries + 1):
            answer = self._post(batch.name, body)
            if not answer.why:
                self._count("delivered")
                self._down = False
                return True
            self._log.warning("A webhook was not taken.", delivery=batch.name, tries=number, why=answer.why)
            if answer.never or number == tries:
                break
            self._count("tried_again")
            if stopping.wait(self._backoff.pause(number, answer.wait)):
                return False
        self._letters.add(Letter(batch.name, self._clock(), number, answer.why, body.decode()))
        self._count("dead")
        # What this delivery alone is to blame for says nothing about the next one.
        self._down = self._down or not answer.never
        self._log.error("A webhook went to the dead letters.", delivery=batch.name, tries=number, why=answer.why)
        return True

    def close(self) -> None:
        """Let the connection go."""
        self._post.close()

    def _count(self, outcome: str) -> None:
        if self._metrics is not None:
            self._metrics.delivery("webhook", outcome)


def body_of(batch: Batch) -> bytes:
    """What is posted: `{"decisions": [...]}`, each as `following.Delivered`. The same batch gives the same bytes."""
    return msgspec.json.encode({"decisions": batch.decisions})


def _answer(response: http.client.HTTPResponse) -> Answer:
    if 200 <= response.status < 300:
        return Answer()
    asked = response.headers.get("Retry-After", "")
    wait = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0.0
    return Answer(f"It answered {response.status}.", response.status in _NEVER, wait)


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "It did not answer in time."
    if isinstance(error, ssl.SSLError):
        return f"No safe connection: {error.reason or type(error).__name__}."
    if isinstance(error, OSError):
        return f"No connection: {error.strerror or type(error).__name__}."
    return f"What it answered is no HTTP: {type(error).__name__}."
