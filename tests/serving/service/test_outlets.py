"""A whole service between topics: events from Kafka; decisions to Kafka, to a webhook and to the ledger."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.serving.kafka.broker import broker, wait_for
from tests.serving.receiving import receiver
from tests.serving.running import bodies, running, tables_of
from tests.worlds import Judged

from ghostnote.decisions.ledger import open_ledger
from ghostnote.decisions.policy import Policy
from ghostnote.features.history import Intake, walk
from ghostnote.scoring.judge import Judge
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import KafkaSettings, WebhookSettings


def _first_day(town: Judged) -> list[dict[str, Any]]:
    judge = Judge(town.loaded, Policy())
    day = next(iter(walk(town.lake, judge.folded, Intake())))
    return bodies(day.stream, tables_of(town.lake, day.day))


def test_a_service_between_topics_reads_once_and_tells_everybody(town: Judged, tmp_path: Path) -> None:
    events = _first_day(town)[:600]
    with broker() as kafka, receiver() as receiving:
        decisions = f"{kafka.topic}-decisions"
        given: dict[str, Any] = {
            "bundle": town.bundle,
            "kafka": KafkaSettings(brokers=kafka.brokers, topic=kafka.topic, decisions_topic=decisions),
            "webhook": WebhookSettings(url=receiving.url, verdicts=""),
            "ledger": str(tmp_path / "ledger.db"),
            "secrets": {"webhook.secret": Secret("a secret of some length", "test")},
        }
        receiving.answers = [503, 200, None]
        half = len(events) // 2
        kafka.send([json.dumps(event).encode() for event in events[:half]])
        with running(tmp_path / "state", **given) as up:
            wait_for(lambda: up.service.engine.state.position == half)
            # Over HTTP at the same time, and one that Kafka brings as well.
            up.client.post("/v1/decide", json=events[half]).raise_for_status()
            kafka.send([json.dumps(event).encode() for event in events[half : half + 10]])
            wait_for(lambda: up.service.engine.state.position == half + 10)
            assert sum(up.service.engine.state.offsets.values()) == half + 10
            metrics = up.client.get("/metrics").text
            assert "ghostnote_kafka_lag_messages" in metrics
            assert "ghostnote_sink_lag_bytes" in metrics
        kafka.send([json.dumps(event).encode() for event in events[half + 10 :]])
        with running(tmp_path / "state", **given) as up:
            assert sum(up.service.engine.state.offsets.values()) == half + 10
            wait_for(lambda: up.service.engine.state.position == len(events))
            repeated = up.service.metrics.registry.get_sample_value("ghostnote_repeated_events_total")
            assert repeated == 0
        told = [json.loads(message.value()) for message in kafka.read(decisions, len(events))]
        hooks = [made for body in receiving.bodies for made in json.loads(body)["decisions"]]
    assert Counter(one["event_id"] for one in told) == Counter(event["event_id"] for event in events)
    assert {one["event_id"] for one in hooks} == {event["event_id"] for event in events}
    by_id = {one["event_id"]: one for one in told}
    assert all(by_id[one["event_id"]] == one for one in hooks)
    accounts = {event["event_id"]: event["account_id"] for event in events}
    assert all(one["account_id"] == accounts[one["event_id"]] for one in told)
    withheld = {one["event_id"]: one["verdict"] for one in told if one["kind"] == "play" and one["verdict"] != "count"}
    with open_ledger(str(tmp_path / "ledger.db"), create=True) as ledger:
        written = {entry.subject.identifier: entry.action for entry in ledger.entries(kind="play") if entry.subject}
    assert written == withheld
