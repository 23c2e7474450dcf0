"""Events from a topic: each message's offset is written to the log with the event it brought, and goes before Kafka's.

So a message is in the state once, whenever the process dies: either its record is in the log, offset and all, or
neither is. What Kafka is told afterwards only shows others how far we are, and where to begin without a state.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Any

from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError
from ghostnote.serving.kafka.client import library, opened, signing_in
from ghostnote.serving.kafka.poison import Poison
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import KafkaSettings
from ghostnote.serving.telemetry.logs import Log
from ghostnote.serving.telemetry.metrics import Metrics
from ghostnote.serving.wire.events import event_of

#: Hands events to the engine with the offsets after them; the future holds the decisions.
Submit = Callable[[Sequence[Any], dict[str, int]], "Future[Sequence[Any]]"]

_POLL_S = 0.1
#: How long a batch may take before the partitions are paused, so that the group sees us alive without more messages.
_PATIENCE_S = 1.0
#: How long partitions that are taken away wait for the batch that is with the engine.
_HAND_OVER_S = 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_LAG_EVERY_S = 1.0
_ANEW_S = 5.0


class Source:
    """Reads a topic in a thread of its own. One batch is with the engine at a time; the client fetches ahead meanwhile.

    `stored` are the offsets that the state was recovered with, by "topic:partition". `poison` takes what is no event.
    `lag` is how many messages wait, NaN while nothing is read. Whatever goes wrong, reading begins anew after a while.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        password: Secret | None,
        submit: Submit,
        stored: Mapping[str, int],
        poison: Callable[[Sequence[Poison]], None],
        log: Log,
        *,
        metrics: Metrics | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        """more: further options of the client. Raises `GhostnoteError` if the client refuses its options."""
        self.lag = math.nan
        self._kafka = library()
        self._settings, self._submit, self._poison, self._log, self._metrics = settings, submit, poison, log, metrics
        self._next = dict(stored)
        self._taken: dict[str, int] = {}
        self._flying: tuple[Future[Sequence[Any]], dict[str, int]] | None = None
        #: Came while the partitions should have been paused: a partition that is just assigned is not.
        self._left: list[Any] = []
        self._stopping = threading.Event()
        self._looked_at = 0.0
        self._paused = False
        self._options = {
            **signing_in(settings, password),
            "group.id": settings.group,
            "auto.offset.reset": "earliest",
            "enable.auto.offset.store": False,
            "auto.commit.interval.ms": 1000,
            # After a crash, the group waits for so long for the process that is no more.
            "session.timeout.ms": 10_000,
            "error_cb": self._warn,
            **(more or {}),
        }
        self._consumer = opened(self._kafka.Consumer, self._options)
        self._thread = threading.Thread(target=self._run, name="kafka source", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch that is with the engine, tell the group, and leave it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    # --- in the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._read()
            except StoppedError:
                self._stopping.set()
            except Exception as error:
                self._log.error("Reading from Kafka failed and begins anew.", error=error, topic=self._settings.topic)
            finally:
                self.lag = math.nan
                self._consumer.close()
            if not self._stopping.wait(_ANEW_S):
                self._left, self._paused = [], False
                self._consumer = opened(self._kafka.Consumer, self._options)

    def _read(self) -> None:
        self._consumer.subscribe(
            [self._settings.topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )
        while not self._stopping.is_set():
            messages = self._messages()
            if messages:
                self._take(messages)
            self._look_at_lag()

    def _messages(self) -> list[Any]:
        """What is there, up to a batch; the first one is waited for."""
        there, self._left = self._left, []
        first = self._consumer.poll(0 if there else _POLL_S)
        if first is not None:
            there += [first, *self._consumer.consume(self._settings.batch_events, 0)]
        for message in there:
            if message.error() is not None:
                self._warn(message.error())
        # What is behind the offset that we know is in the state already; a rebalance may bring it again.
        return [one for one in there if one.error() is None and one.offset() >= self._next.get(_name(one), 0)]

    def _take(self, messages: Sequence[Any]) -> None:
        events, poison = [], []
        offsets: dict[str, int] = {}
        for message in messages:
            offsets[_name(message)] = message.offset() + 1
            try:
                events.append(event_of(message.value() or b""))
            except ValueError as error:
                poison.append(Poison.of(message, str(error)))
        self._set_apart(poison)
        self._submitted(events, offsets)
        self._next |= offsets
        self._taken |= offsets
        self._store(offsets)
        if self._metrics is not None and poison:
            self._metrics.rejected("kafka", len(poison))

    def _set_apart(self, poison: Sequence[Poison]) -> None:
        """Before the offsets are kept: after a crash it may be there twice, but never not at all."""
        while poison:
            try:
                self._poison(poison)
            except OSError as error:
                self._log.warning("Messages that are no events cannot be kept: Kafka waits.", why=error.strerror)
                self._pause(_LONGEST_PAUSE_S)
            else:
                return

    def _submitted(self, events: Sequence[Any], offsets: dict[str, int]) -> None:
        """Until all is on disk; asks again for as long as the engine is busy or cannot write. Raises StoppedError."""
        pause = _FIRST_PAUSE_S
        while True:
            future = self._submit(events, offsets)
            self._flying = future, offsets
            try:
                self._waited(future)
                return
            except (BusyError, CannotWriteError) as error:
                if isinstance(error, CannotWriteError):
                    self._log.warning("The engine cannot keep events: Kafka waits.", why=str(error))
                self._flying = None  # Nobody who takes over has to wait for it.
                self._pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
            finally:
                self._flying = None
                self._resume()

    def _pause(self, seconds: float) -> None:
        """Try again in a while. Raises StoppedError if there is to be no again."""
        self._hold(time.monotonic() + seconds, self._stopping.is_set)
        if self._stopping.is_set():
            raise StoppedError
        self._resume()

    def _waited(self, future: "Future[Sequence[Any]]") -> None:
        try:
            future.result(_PATIENCE_S)
        except NotYet:
            self._hold(float("inf"), future.done)
            future.result()

    def _hold(self, until: float, ready: Callable[[], bool]) -> None:
        """Fetch nothing, but let the group see that we are alive."""
        while not ready() and time.monotonic() < until:
            if not self._paused:
                self._consumer.pause(self._consumer.assignment())
                self._paused = True
            message = self._consumer.poll(min(_POLL_S, max(0.0, until - time.monotonic())))
            if message is not None:
                self._left.append(message)

    def _resume(self) -> None:
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False

    def _store(self, offsets: Mapping[str, int]) -> None:
        """Let the client tell Kafka now and then how far we are, of the partitions that are still ours."""
        for name, offset in offsets.items():
            topic, _, partition = name.rpartition(":")
            try:
                self._consumer.store_offsets(offsets=[self._kafka.TopicPartition(topic, int(partition), offset)])
            except self._kafka.KafkaException:
                self._log.debug("A partition went to another process.", partition=name)

    # --- partitions come and go --------------------------------------------------------------------------------------

    def _assigned(self, consumer: Any, partitions: Sequence[Any]) -> None:
        for partition in partitions:
            known = self._next.get(f"{partition.topic}:{partition.partition}")
            if known is not None:
                partition.offset = self._still_there(consumer, partition, known)
        consumer.assign(list(partitions))
        # New partitions come unpaused, also while the others wait.
        self._paused = False
        self._log.info("Reading partitions.", partitions=_listed(partitions))

    def _still_there(self, consumer: Any, partition: Any, known: int) -> int:
        """The offset to go on from. What Kafka has dropped meanwhile, or never had, is told."""
        try:
            low, high = consumer.get_watermark_offsets(partition, timeout=5.0)
        except self._kafka.KafkaException:
            return known
        name = f"{partition.topic}:{partition.partition}"
        if known < low:
            self._log.error("Kafka dropped messages that were not read yet.", partition=name, messages=low - known)
            return int(low)
        if known > high:
            self._log.error("The topic ends before what was read of it: it is read anew.", partition=name, known=known)
            self._next.pop(name, None)
            return int(low)
        return known

    def _revoked(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Let whoever is next begin where we ended: wait for the batch that is with the engine, then tell Kafka."""
        if self._flying is not None:
            future, offsets = self._flying
            try:
                future.result(_HAND_OVER_S)
                self._taken |= offsets
            except Exception:
                self._log.warning("A batch was not done in time: another process will read it too.")
        ours = {f"{one.topic}:{one.partition}": one for one in partitions}
        told = [
            self._kafka.TopicPartition(one.topic, one.partition, self._taken[name])
            for name, one in ours.items()
            if name in self._taken
        ]
        if told:
            try:
                consumer.commit(offsets=told, asynchronous=False)
            except self._kafka.KafkaException as error:
                self._log.warning("Kafka could not be told how far we are.", why=error.args[0].name())
        self._log.info("Partitions go to another process.", partitions=_listed(partitions))

    def _lost(self, _: Any, partitions: Sequence[Any]) -> None:
        self._log.warning("Partitions were taken away: Kafka had not heard of us.", partitions=_listed(partitions))

    def _look_at_lag(self) -> None:
        if time.monotonic() - self._looked_at < _LAG_EVERY_S:
            return
        self._looked_at = time.monotonic()
        lag = 0
        for partition in self._consumer.position(self._consumer.assignment()):
            low, high = self._consumer.get_watermark_offsets(partition, cached=True)
            if high >= 0:
                lag += max(0, high - (partition.offset if partition.offset >= 0 else max(0, low)))
        self.lag = lag

    def _warn(self, error: Any) -> None:
        if error.fatal():
            raise GhostnoteError(f"Kafka's client gave up: {error.str()}.")
        self._log.warning("Kafka's client has trouble.", why=error.name())


def _name(message: Any) -> str:
    return f"{message.topic()}:{message.partition()}"


def _listed(partitions: Sequence[Any]) -> str:
    return ", ".join(f"{one.topic}:{one.partition}" for one in partitions) or "none"
