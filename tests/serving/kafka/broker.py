"""A broker that speaks Kafka's protocol on a socket: the client library's own, or the one at GHOSTNOTE_TEST_KAFKA."""

import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

#: A group notices quickly who came and who went.
QUICK = {"heartbeat.interval.ms": 200, "session.timeout.ms": 6000, "log_level": 2}
SECONDS = 60.0


@dataclass
class Broker:
    """Where it is, and a topic of each test's own."""

    brokers: str
    topic: str

    def send(self, values: Sequence[bytes | None], key: Callable[[int], str] = str, topic: str | None = None) -> None:
        """Put messages into the topic and wait until it has them."""
        producer = Producer({"bootstrap.servers": self.brokers, "log_level": 2})
        failed: list[Any] = []
        for number, value in enumerate(values):
            producer.produce(
                topic or self.topic, value, key=key(number), on_delivery=lambda error, _: error and failed.append(error)
            )
        assert producer.flush(SECONDS) == 0
        assert not failed

    def read(self, topic: str, count: int) -> list[Any]:
        """At least so many messages of a topic, from its beginning."""
        group = {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer = Consumer({"bootstrap.servers": self.brokers, **QUICK, **group})
        consumer.subscribe([topic])
        found: list[Any] = []
        until = time.monotonic() + SECONDS
        while len(found) < count and time.monotonic() < until:
            found += [message for message in consumer.consume(100, 0.5) if message.error() is None]
        consumer.close()
        return found

    def committed(self, group: str) -> int:
        """How many messages of the topic a group has told Kafka it is done with."""
        asker = Consumer({"bootstrap.servers": self.brokers, "group.id": group, "log_level": 2})
        told = asker.committed([TopicPartition(self.topic, number) for number in range(4)], SECONDS)
        asker.close()
        return sum(max(0, one.offset) for one in told)


@contextmanager
def broker() -> Iterator[Broker]:
    """A broker with four partitions a topic; topics come into being when something is sent to them."""
    topic = f"events-{uuid.uuid4().hex[:8]}"
    given = os.environ.get("GHOSTNOTE_TEST_KAFKA")
    if given:
        from confluent_kafka.admin import AdminClient, NewTopic

        topics = [NewTopic(topic, 4, 1), NewTopic(f"{topic}-decisions", 4, 1)]
        client = AdminClient({"bootstrap.servers": given})
        for future in client.create_topics(topics).values():
            future.result(SECONDS)
        yield Broker(given, topic)
        return
    cluster = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "log_level": 2})
    there = cluster.list_topics(timeout=SECONDS).brokers.values()
    yield Broker(",".join(f"{one.host}:{one.port}" for one in there), topic)


def wait_for(what: Callable[[], bool]) -> None:
    """Until it is so; a test that waits in vain fails here."""
    until = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
