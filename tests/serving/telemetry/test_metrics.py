"""Metrics: counted as told, readable by Prometheus, and no more series than were meant."""

import math

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as plain_metrics

from ghostnote.features.stream import KINDS
from ghostnote.serving.telemetry.metrics import VERDICTS, WATCHED, Metrics


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"ghostnote_{name}", labels)


def test_what_is_counted_is_told() -> None:
    metrics = Metrics(("/v1/events",))
    metrics.request("/v1/events", 200, 0.004)
    metrics.request("/v1/events", 200, 0.4)
    metrics.request("/v1/events", 429, 0.001)
    metrics.refused("rate")
    metrics.events(10, late=2)
    metrics.events(5, repeated=3)
    metrics.rejected("http", 1)
    metrics.decided({("play", "hold"): 4, ("signup", "allow"): 1})
    metrics.call(12, {"fold": 0.002, "score": 0.001})
    metrics.stage("snapshot", 3.0)
    metrics.delivery("webhook", "dead", 2)
    assert _value(metrics, "requests_total", route="/v1/events", status="200") == 2
    assert _value(metrics, "requests_total", route="/v1/events", status="429") == 1
    assert _value(metrics, "request_seconds_count", route="/v1/events") == 3
    assert _value(metrics, "request_seconds_bucket", route="/v1/events", le="0.005") == 2
    assert _value(metrics, "refused_total", why="rate") == 1
    assert _value(metrics, "events_total") == 15
    assert (_value(metrics, "late_events_total"), _value(metrics, "repeated_events_total")) == (2, 3)
    assert _value(metrics, "rejected_total", source="http") == 1
    assert _value(metrics, "decisions_total", kind="play", verdict="hold") == 4
    assert _value(metrics, "decisions_total", kind="play", verdict="exclude") == 0
    assert _value(metrics, "call_events_sum") == 12
    assert _value(metrics, "stage_seconds_sum", stage="fold") == pytest.approx(0.002)
    assert _value(metrics, "stage_seconds_sum", stage="snapshot") == pytest.approx(3.0)
    assert _value(metrics, "deliveries_total", sink="webhook", outcome="dead") == 2


def test_what_is_watched_is_asked_for_when_somebody_reads() -> None:
    metrics, asked = Metrics(), []

    def ask() -> float:
        asked.append(1)
        return 7.0 * len(asked)

    metrics.watch("queue_events", ask)
    assert not asked
    assert b"ghostnote_queue_events 7.0" in metrics.text()[0]
    assert b"ghostnote_queue_events 14.0" in metrics.text()[0]
    metrics.watch("queue_events", lambda: math.nan)
    assert b"ghostnote_queue_events NaN" in metrics.text()[0]
    with pytest.raises(KeyError):
        metrics.watch("unheard_of", ask)


def test_both_forms_can_be_read_and_a_service_can_be_opened_twice() -> None:
    first, second = Metrics(("/v1/decide",)), Metrics(("/v1/decide",))
    first.request("/v1/decide", 200, 0.001)
    for name in WATCHED:
        first.watch(name, lambda: 1.0)
    content, kind = first.text()
    assert kind.startswith("text/plain")
    names = {family.name for family in plain_metrics(content.decode())}
    assert {"ghostnote_requests", "process_resident_memory_bytes", *(f"ghostnote_{name}" for name in WATCHED)} <= names
    content, kind = first.text("application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert "ghostnote_requests" in {family.name for family in open_metrics(content.decode())}
    assert _value(second, "request_seconds_count", route="/v1/decide") == 0


def test_made_up_paths_make_no_series() -> None:
    metrics = Metrics(("/v1/decide",))
    before = len(list(metrics.registry.collect()))
    for number in range(1000):
        metrics.request(f"/{number}", 404, 0.001)
    assert _value(metrics, "requests_total", route="other", status="404") == 1000
    assert len(list(metrics.registry.collect())) == before


def test_every_kind_of_event_can_be_counted() -> None:
    assert set(VERDICTS) == set(KINDS.values())
