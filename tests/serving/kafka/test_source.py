"""Events from Kafka: each once, whoever dies when; what is no event is set apart; nothing is read that nobody takes."""

import io
import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.serving.kafka.broker import QUICK, Broker, broker, wait_for
from tests.serving.kafka.kept import Kept

from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError
from ghostnote.serving.kafka import source as reading
from ghostnote.serving.kafka.client import library
from ghostnote.serving.kafka.poison import Poison, keeping
from ghostnote.serving.kafka.source import Source
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import KafkaSettings, LogSettings
from ghostnote.serving.telemetry.logs import open_log
from ghostnote.serving.telemetry.metrics import Metrics


@pytest.fixture
def kafka() -> Iterator[Broker]:
    with broker() as there:
        yield there


def event(number: int) -> bytes:
    """A play."""
    return json.dumps(
        {
            "kind": "play",
            "event_id": f"e{number}",
            "event_time": "2026-03-02T12:00:00Z",
            "account_id": f"a{number % 7}",
            "track_id": "t",
            "ms_played": 40_000,
        }
    ).encode()


def events(start: int, end: int) -> list[bytes | None]:
    return [event(number) for number in range(start, end)]


class Started:
    """A source that reads, what it told, and what it set apart."""

    def __init__(self, kafka: Broker, kept: Kept, **given: Any) -> None:
        self.told = io.StringIO()
        self.poison: list[Poison] = []
        self.metrics = Metrics()
        settings = KafkaSettings(brokers=kafka.brokers, topic=kafka.topic, group=kafka.topic, batch_events=100)
        log = open_log(LogSettings(level="debug"), {}, self.told)
        poison: Callable[[Sequence[Poison]], None] = given.get("poison", self.poison.extend)
        self.source = Source(settings, None, kept.submit, kept.offsets, poison, log, metrics=self.metrics, more=QUICK)

    def __enter__(self) -> "Started":
        self.source.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        assert "begins anew" not in self.told.getvalue()


def test_all_events_come_in_once_and_the_next_start_goes_on_where_the_log_ends(kafka: Broker, tmp_path: Path) -> None:
    kafka.send(events(0, 1000))
    kept = Kept(tmp_path)
    with Started(kafka, kept) as started:
        wait_for(lambda: len(kept.ids()) == 1000)
        wait_for(lambda: started.source.lag == 0)
    assert sorted(kept.ids()) == sorted(f"e{number}" for number in range(1000))
    assert sum(kept.offsets.values()) == 1000
    kafka.send(events(1000, 1200))
    again = Kept(tmp_path)
    assert again.offsets == kept.offsets
    with Started(kafka, again):
        wait_for(lambda: len(again.ids()) == 1200)
    assert sum(len(ids) for ids, _ in again.calls) == 200


def test_the_log_goes_before_what_kafka_was_told(kafka: Broker, tmp_path: Path) -> None:
    """A state from a copy of an hour ago reads again what it lacks, although the group has read it."""
    kafka.send(events(0, 300), key=lambda _: "one")
    kept = Kept(tmp_path / "now")
    with Started(kafka, kept):
        wait_for(lambda: len(kept.ids()) == 300)
    older = Kept(tmp_path / "older")
    (name,) = kept.offsets
    older.offsets[name] = 120
    with Started(kafka, older):
        wait_for(lambda: len(older.ids()) == 180)
    assert older.ids() == [f"e{number}" for number in range(120, 300)]
    fresh = Kept(tmp_path / "fresh")
    kafka.send(events(300, 301), key=lambda _: "one")
    with Started(kafka, fresh):
        wait_for(lambda: fresh.ids() == ["e300"])


def test_whenever_it_is_killed_every_event_is_in_the_log_once(kafka: Broker, tmp_path: Path) -> None:
    kafka.send(events(0, 1500))
    script = Path(__file__).with_name("reading.py")
    for stop_at in (200, 700):
        arguments = [kafka.brokers, kafka.topic, kafka.topic, str(tmp_path), "0.02"]
        process = subprocess.Popen([sys.executable, str(script), *arguments])
        try:
            wait_for(lambda stop_at=stop_at: tmp_path.exists() and len(_ids(tmp_path)) >= stop_at)  # type: ignore[misc]
        finally:
            process.kill()
            process.wait()
        assert len(_ids(tmp_path)) < 1500
    kept = Kept(tmp_path)
    assert sum(kept.offsets.values()) == len(kept.ids())
    with Started(kafka, kept):
        wait_for(lambda: len(kept.ids()) >= 1500)
    assert set(Counter(kept.ids()).values()) == {1}
    assert len(kept.ids()) == 1500
    # Not because known events were left out: none came twice.
    assert sum(len(ids) for ids, _ in kept.calls) == 1500 - (len(kept.ids()) - sum(len(i) for i, _ in kept.calls))


def _ids(folder: Path) -> list[str]:
    from ghostnote.serving.state.content import decode_content
    from ghostnote.serving.state.log import records

    return [one.event_id for record in records(folder) for one in decode_content(record.content).events]


def test_what_is_no_event_is_set_apart_and_the_others_go_on(kafka: Broker, tmp_path: Path) -> None:
    bad: list[bytes | None] = [b"{", None, b'{"kind":"play"}', b"\xff\xfe", event(0).replace(b"play", b"dance")]
    kafka.send([event(1), *bad, event(2)], key=lambda _: "one")
    kept = Kept(tmp_path / "log")
    clock = lambda: datetime(2026, 3, 2, 12, tzinfo=UTC)  # noqa: E731
    with Started(kafka, kept, poison=keeping(tmp_path / "quarantine", clock)) as started:
        wait_for(lambda: kept.ids() == ["e1", "e2"])
        wait_for(lambda: sum(kept.offsets.values()) == 7)
    lines = (tmp_path / "quarantine" / "kafka-2026-03-02.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [line["offset"] for line in found] == [1, 2, 3, 4, 5]
    assert {line["topic"] for line in found} == {kafka.topic}
    assert found[0]["content"] == "{"
    assert found[3]["encoding"] == "base64"
    assert "dance" in found[4]["reason"]
    assert "needs event_id" in found[2]["reason"]
    assert started.metrics.registry.get_sample_value("ghostnote_rejected_total", {"source": "kafka"}) == 5


def test_nothing_but_poison_moves_on_too(kafka: Broker, tmp_path: Path) -> None:
    kafka.send([b"no"] * 3, key=lambda _: "one")
    kept = Kept(tmp_path)
    with Started(kafka, kept) as started:
        wait_for(lambda: sum(kept.offsets.values()) == 3)
    assert [poison.offset for poison in started.poison] == [0, 1, 2]
    again = Kept(tmp_path)
    with Started(kafka, again) as started:
        kafka.send(events(0, 1), key=lambda _: "one")
        wait_for(lambda: again.ids() == ["e0"])
    assert started.poison == []


def test_a_busy_engine_and_a_full_disk_are_waited_for_in_order(kafka: Broker, tmp_path: Path) -> None:
    kafka.send(events(0, 500), key=lambda _: "one")
    kept = Kept(tmp_path)
    kept.refusals = [BusyError(), BusyError(), CannotWriteError("Events cannot be kept (no space)."), BusyError()]
    with Started(kafka, kept) as started:
        wait_for(lambda: len(kept.ids()) == 500)
    assert kept.ids() == [f"e{number}" for number in range(500)]
    assert "Kafka waits" in started.told.getvalue()


def test_while_a_batch_takes_long_nothing_more_is_fetched_and_the_group_is_kept(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PATIENCE_S", 0.05)
    kafka.send(events(0, 400), key=lambda _: "one")
    kept = Kept(tmp_path)
    kept.open.clear()
    with Started(kafka, kept) as started:
        wait_for(lambda: started.source._paused)
        kafka.send(events(400, 450), key=lambda _: "one")
        kept.open.set()
        wait_for(lambda: len(kept.ids()) == 450)
    assert kept.ids() == [f"e{number}" for number in range(450)]
    assert "lost" not in started.told.getvalue()


def test_two_processes_share_the_partitions_and_hand_them_over(kafka: Broker, tmp_path: Path) -> None:
    kafka.send(events(0, 400))
    one, other = Kept(tmp_path / "one"), Kept(tmp_path / "other")
    with Started(kafka, one):
        wait_for(lambda: kafka.committed(kafka.topic) == 400)
        with Started(kafka, other) as second:
            wait_for(lambda: "Reading partitions" in second.told.getvalue())
            kafka.send(events(400, 800))
            wait_for(lambda: len(one.ids()) + len(other.ids()) >= 800)
        assert other.ids()
        kafka.send(events(800, 900))
        wait_for(lambda: {f"e{number}" for number in range(900)} <= {*one.ids(), *other.ids()})
    # The other one began where the first had told Kafka it was, not at the beginning.
    assert not {f"e{number}" for number in range(400)} & set(other.ids())
    assert max(Counter(one.ids()).values()) == 1


def test_messages_that_kafka_no_longer_has_are_told(kafka: Broker, tmp_path: Path) -> None:
    kafka.send(events(0, 10), key=lambda _: "one")
    kept = Kept(tmp_path)
    for partition in range(4):
        kept.offsets[f"{kafka.topic}:{partition}"] = 500
    with Started(kafka, kept) as started:
        wait_for(lambda: len(kept.ids()) == 10)
    assert "The topic ends before what was read of it" in started.told.getvalue()


def test_a_service_that_stops_takes_nothing_more(kafka: Broker, tmp_path: Path) -> None:
    kafka.send(events(0, 10))
    kept = Kept(tmp_path)
    kept.refusals = [StoppedError()]
    with Started(kafka, kept) as started:
        wait_for(lambda: not started.source._thread.is_alive())
    assert kept.ids() == []


def test_settings_that_the_client_refuses_are_told_without_the_password() -> None:
    settings = KafkaSettings(brokers="localhost:1", topic="t", security="SASL_SSL", username="me", ca_file="/nowhere")
    log = open_log(LogSettings(), {}, io.StringIO())
    with pytest.raises(GhostnoteError) as error:
        Source(settings, Secret("hush", "test"), lambda *_: None, {}, lambda _: None, log)  # type: ignore[arg-type, return-value]
    assert "Kafka's client refuses its settings" in str(error.value)
    assert "hush" not in str(error.value)


def test_whatever_goes_wrong_reading_begins_anew_where_it_was(
    kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_ANEW_S", 0.01)
    kafka.send(events(0, 300), key=lambda _: "one")
    kept, told = Kept(tmp_path), io.StringIO()
    kept.refusals = [RuntimeError("nobody thought of this")]
    settings = KafkaSettings(brokers=kafka.brokers, topic=kafka.topic, group=kafka.topic, batch_events=100)
    log = open_log(LogSettings(), {}, told)
    source = Source(settings, None, kept.submit, kept.offsets, lambda _: None, log, more=QUICK)
    assert math.isnan(source.lag)
    source.start()
    wait_for(lambda: len(kept.ids()) == 300)
    wait_for(lambda: source.lag == 0)
    source.stop()
    assert kept.ids() == [f"e{number}" for number in range(300)]
    assert told.getvalue().count("begins anew") == 1
    assert math.isnan(source.lag)


def test_without_the_library_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(GhostnoteError, match=r"pip install 'ghostnote\[kafka\]'"):
        library()
