"""Decisions to a topic: all of them, in order for each account, through whatever the broker does."""

import io
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from tests.serving.kafka.broker import Broker, broker, wait_for
from tests.serving.logged import Logged

from ghostnote.serving.kafka.sink import Topic
from ghostnote.serving.settings.settings import KafkaSettings, LogSettings
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.following import Follower
from ghostnote.serving.sinks.sink import Sink
from ghostnote.serving.telemetry.logs import open_log
from ghostnote.serving.telemetry.metrics import Metrics

QUICKLY = Backoff(0.01, 0.05, random.Random(1))


@pytest.fixture
def kafka() -> Iterator[Broker]:
    with broker() as there:
        yield there


def topic(brokers: str, name: str, told: io.StringIO, **given: object) -> Topic:
    settings = KafkaSettings(brokers=brokers, decisions_topic=name)
    return Topic(settings, None, QUICKLY, open_log(LogSettings(), {}, told), **given)  # type: ignore[arg-type]


def test_decisions_of_the_log_come_to_the_topic_keyed_and_in_order(kafka: Broker, tmp_path: Path) -> None:
    name, told, metrics = f"{kafka.topic}-decisions", io.StringIO(), Metrics()
    logged = Logged(tmp_path)
    following = Follower(logged.folder, logged.positions, "kafka", logged.end, most=50)
    sink = Sink(
        "kafka", following, topic(kafka.brokers, name, told, metrics=metrics), open_log(LogSettings(), {}, told)
    )
    for _ in range(30):
        logged.write(["count", "hold", "exclude", "count"])
    sink.start()
    wait_for(lambda: following.behind == 0)
    sink.stop()
    messages = kafka.read(name, 120)
    made = [json.loads(message.value()) for message in messages]
    assert sorted(one["position"] for one in made) == list(range(120))
    assert all(message.key().decode() == one["account_id"] for message, one in zip(messages, made, strict=True))
    for account in ("a0", "a1", "a2"):
        positions = [one["position"] for one in made if one["account_id"] == account]
        assert positions == sorted(positions)
    labels = {"sink": "kafka", "outcome": "delivered"}
    assert metrics.registry.get_sample_value("ghostnote_deliveries_total", labels) == 120


def test_without_a_broker_the_batch_waits_and_nothing_is_given_up(tmp_path: Path) -> None:
    told = io.StringIO()
    logged = Logged(tmp_path)
    following = Follower(logged.folder, logged.positions, "kafka", logged.end, most=50)
    logged.write(["hold"])
    sink = Sink(
        "kafka",
        following,
        topic("127.0.0.1:1", "decisions", told, try_seconds=0.2),
        open_log(LogSettings(), {}, told),
    )
    sink.start()
    wait_for(lambda: told.getvalue().count("did not reach their topic") >= 2)
    sink.stop()
    assert following.behind > 0
    assert following.next() is not None


def test_stopping_ends_the_tries(tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    following = Follower(logged.folder, logged.positions, "kafka", logged.end, most=50)
    logged.write(["hold"])
    batch = following.next()
    assert batch is not None
    stopping = threading.Event()
    stopping.set()
    assert not topic("127.0.0.1:1", "decisions", io.StringIO(), try_seconds=0.2)(batch, stopping)


def test_a_producer_that_gave_up_is_replaced(kafka: Broker, tmp_path: Path) -> None:
    name, told = f"{kafka.topic}-decisions", io.StringIO()
    logged = Logged(tmp_path)
    following = Follower(logged.folder, logged.positions, "kafka", logged.end, most=50)
    logged.write(["hold"] * 3)
    batch = following.next()
    assert batch is not None
    sending = topic(kafka.brokers, name, told)
    broken = _Broken()
    sending._producer = broken
    assert sending(batch, threading.Event())
    assert broken.asked
    assert sorted(json.loads(message.value())["position"] for message in kafka.read(name, 3)) == [0, 1, 2]


class _Broken:
    """What a producer is after a fatal error: it raises whatever it is asked."""

    asked = False

    def produce(self, *_: object, **__: object) -> None:
        from confluent_kafka import KafkaError

        self.asked = True
        raise KafkaException(KafkaError(KafkaError._FATAL))
