"""Decisions to a topic: one message each, keyed by account, in the log's order for each account."""

import threading
from typing import Any

import msgspec

from ghostnote.serving.kafka.client import library, opened, signing_in
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import KafkaSettings
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.following import Batch
from ghostnote.serving.telemetry.logs import Log
from ghostnote.serving.telemetry.metrics import Metrics

#: How long the client itself tries to deliver a message before the batch is sent anew.
_TRY_S = 30.0


class Topic:
    """Delivers batches; see `following.Deliver`. Tries for as long as it takes: a topic has no dead letters."""

    def __init__(
        self,
        settings: KafkaSettings,
        password: Secret | None,
        backoff: Backoff,
        log: Log,
        metrics: Metrics | None = None,
        *,
        try_seconds: float = _TRY_S,
    ) -> None:
        """Raises `GhostnoteError` if the client refuses its options."""
        self._topic, self._backoff, self._log, self._metrics = settings.decisions_topic, backoff, log, metrics
        self._kafka = library()
        self._try_s = try_seconds
        options: dict[str, Any] = {
            **signing_in(settings, password),
            # Neither lost, nor twice, nor out of order because of the client's own tries.
            "enable.idempotence": True,
            "linger.ms": 5,
            "delivery.timeout.ms": int(1000 * try_seconds),
            "error_cb": lambda error: log.warning("Kafka's client has trouble.", why=error.name()),
        }
        self._options = options
        self._producer = opened(self._kafka.Producer, options)

    def __call__(self, batch: Batch, stopping: threading.Event) -> bool:
        """True once all of the batch is in the topic."""
        failures = 0
        while True:
            why = self._sent(batch)
            if not why:
                self._count("delivered", len(batch.decisions))
                return True
            failures += 1
            self._count("tried_again", 1)
            self._log.warning("Decisions did not reach their topic.", batch=batch.name, tries=failures, why=why)
            if stopping.wait(self._backoff.pause(failures)):
                return False

    def close(self) -> None:
        """Nothing is left to send: a batch is done when all of it is in the topic."""
        self._producer.purge()

    def _sent(self, batch: Batch) -> str:
        """Send all of it and wait; why it failed, empty if it did not."""
        failed: list[str] = []

        def delivered(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(error.name())

        try:
            for made in batch.decisions:
                value, key = msgspec.json.encode(made), made.account_id.encode()
                while True:
                    try:
                        self._producer.produce(self._topic, value, key, on_delivery=delivered)
                        break
                    except BufferError:
                        self._producer.poll(0.05)
            left = self._producer.flush(2 * self._try_s)
        except self._kafka.KafkaException as error:
            # After a fatal error a producer takes nothing more.
            self._producer = opened(self._kafka.Producer, self._options)
            return str(error.args[0].name())
        if left:
            self._producer.purge()
            return "TIMED_OUT"
        return failed[0] if failed else ""

    def _count(self, outcome: str, count: int) -> None:
        if self._metrics is not None:
            self._metrics.delivery("kafka", outcome, count)
