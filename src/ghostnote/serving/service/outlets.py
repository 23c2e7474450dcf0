"""Where a service's decisions go and where else its events come from, as its settings say."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ghostnote.decisions.policy import Policy, load_policy
from ghostnote.serving.engine.calls import Calls
from ghostnote.serving.settings.configuring import Configuration, verdicts_of
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.dead_letters import DeadLetters
from ghostnote.serving.sinks.following import Follower, forget_others
from ghostnote.serving.sinks.sink import Deliver, Sink
from ghostnote.serving.sinks.webhook import Post, Webhook
from ghostnote.serving.state.places import Places
from ghostnote.serving.telemetry.logs import Log
from ghostnote.serving.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from ghostnote.serving.kafka.source import Source
    from ghostnote.serving.service.service import Service

#: Decisions in one transaction of the ledger, and sent to Kafka before it is asked whether they arrived.
_TOGETHER = 500
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0


def open_sinks(
    configuration: Configuration,
    places: Places,
    end: Callable[[], int],
    policy: Policy,
    clock: Callable[[], datetime],
    log: Log,
    metrics: Metrics | None = None,
    chance: random.Random | None = None,
) -> list[Sink]:
    """The sinks that the settings name, not started yet. Open them before events are taken in, so that none is missed.

    end: up to which address the log is on disk. Positions of sinks that there are no more are forgotten, and that is
    told. Raises `GhostnoteError` if a position, a client's settings or a library is not as it should be.
    """
    settings, secrets = configuration.settings, configuration.secrets
    chance = chance or random.Random()
    patient = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S, chance)
    sinks = []

    def add(name: str, deliver: Deliver, most: int, verdicts: Sequence[str]) -> None:
        following = Follower(places.log, places.positions, name, end, most=most, verdicts=verdicts)
        if following.put_back:
            log.warning("The log ends before what this sink got from it: it goes on with what comes now.", sink=name)
        sinks.append(Sink(name, following, deliver, log))

    if settings.webhook.url:
        hook = settings.webhook
        post = Post(hook, secrets["webhook.secret"], clock)
        pauses = Backoff(hook.first_pause_seconds, hook.longest_pause_seconds, chance)
        wanted = verdicts_of(settings)
        add(
            "webhook",
            Webhook(hook, post, DeadLetters(places.dead_letters), pauses, clock, log, metrics),
            hook.batch_decisions,
            wanted,
        )
    if settings.kafka.decisions_topic:
        from ghostnote.serving.kafka.sink import Topic

        add("kafka", Topic(settings.kafka, secrets.get("kafka.password"), patient, log, metrics), _TOGETHER, ())
    if settings.ledger:
        from ghostnote.serving.sinks.into_ledger import WRITTEN, IntoLedger

        add("ledger", IntoLedger(settings.ledger, policy, clock, patient, log, metrics), _TOGETHER, WRITTEN)
    for name in forget_others(places.positions, {sink.name for sink in sinks}):
        log.warning("Nothing is delivered to this sink any more; set again, it begins with what comes then.", sink=name)
    if metrics is not None:
        metrics.watch("sink_lag_bytes", lambda: max((sink.follower.behind for sink in sinks), default=0))
    return sinks


def open_source(
    configuration: Configuration,
    places: Places,
    calls: Calls,
    loop: Callable[[], asyncio.AbstractEventLoop],
    stored: Mapping[str, int],
    clock: Callable[[], datetime],
    log: Log,
    metrics: Metrics | None = None,
) -> "Source | None":
    """The source that the settings name, not started yet; None if they name none.

    loop: the event loop in which calls are answered, once it runs. stored: the offsets that the state was recovered
    with. Raises `GhostnoteError` as `open_sinks` does.
    """
    kafka = configuration.settings.kafka
    if not kafka.topic:
        return None
    from ghostnote.serving.kafka.poison import keeping
    from ghostnote.serving.kafka.source import Source

    def submit(events: Sequence[Any], offsets: dict[str, int]) -> "Future[Sequence[Any]]":
        return asyncio.run_coroutine_threadsafe(calls.submit(events, offsets), loop())

    password = configuration.secrets.get("kafka.password")
    poison = keeping(places.quarantine, clock)
    source = Source(kafka, password, submit, stored, poison, log, metrics=metrics)
    if metrics is not None:
        metrics.watch("kafka_lag_messages", lambda: source.lag)
    return source


class Outlets:
    """A service's sinks and its source. Made before events are taken in."""

    def __init__(self, service: "Service", configuration: Configuration, log: Log) -> None:
        """Raises `GhostnoteError` as `open_sinks` does, and if the policy cannot be read."""
        policy = configuration.settings.policy
        self._sinks = open_sinks(
            configuration,
            service.places,
            lambda: service.engine.log.end,
            load_policy(Path(policy) if policy else None),
            service.clock,
            log,
            service.metrics,
        )
        self._source = open_source(
            configuration,
            service.places,
            service.calls,
            lambda: self._loop,
            service.engine.state.offsets,
            service.clock,
            log,
            service.metrics,
        )

    def start(self) -> None:
        """Begin to deliver and to read; in the event loop, once the service takes events in."""
        self._loop = asyncio.get_running_loop()
        for sink in self._sinks:
            sink.start()
        if self._source is not None:
            self._source.start()

    async def read_no_more(self) -> None:
        """Finish the batch that is with the engine; while the service still takes events in."""
        if self._source is not None:
            await asyncio.to_thread(self._source.stop)

    async def stop(self) -> None:
        """Deliver what is left, if it is taken at once."""
        await asyncio.gather(*(asyncio.to_thread(sink.stop, drain=True) for sink in self._sinks))
