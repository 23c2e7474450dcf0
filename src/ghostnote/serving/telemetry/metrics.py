"""What the service counts, in the form that Prometheus reads. No series is about an account, a track or a client.

Series are bound to their labels once, so that counting costs about two microseconds on the hot path; what can be asked
for (how long queues are, how old the snapshot is) is asked for when somebody reads.
"""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from ghostnote.decisions.tables import ACCOUNT_ACTIONS, PLAY_VERDICTS

#: What happens to events, in order: each stage's seconds are told apart.
STAGES = ("decode", "wait", "fold", "score", "decide", "log", "snapshot", "refresh")
#: Kinds of events, and what is decided about each.
VERDICTS = {"play": PLAY_VERDICTS, **dict.fromkeys(("signup", "login", "action"), ACCOUNT_ACTIONS)}
#: Whence rows come that are set apart.
SOURCES = ("http", "kafka")
#: Where decisions go, and what becomes of a delivery.
SINKS = ("kafka", "webhook", "ledger")
OUTCOMES = ("delivered", "tried_again", "dead")
#: Why a request is turned away before its events are looked at.
REFUSALS = ("key", "scope", "rate", "length", "queue", "disk")
#: Everything that is asked for when somebody reads, with what it means.
WATCHED = {
    "queue_events": "Events that wait for the engine.",
    "state_bytes": "Memory of the fold's state, in bytes.",
    "stale_features": "Features that may say less than they should, since keys were forgotten for memory_bytes.",
    "log_bytes": "The log of events on disk, in bytes.",
    "log_limit_bytes": "How large the log may grow, in bytes.",
    "snapshot_age_seconds": "Seconds since the last snapshot was written; NaN if there is none.",
    "refresh_age_seconds": "Seconds since accounts were last judged anew; NaN if they never were.",
    "keys": "Keys that are kept, the revoked ones too.",
    "sink_lag_bytes": "Bytes of the log that the slowest sink has not delivered yet.",
    "kafka_lag_messages": "Messages that wait in the partitions that this process reads.",
}

_REQUEST_BUCKETS = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_STAGE_BUCKETS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0, 60.0)
_CALL_BUCKETS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0)
_ANY_OTHER = "other"


class Metrics:
    """All series of one service, in a registry of its own. Any thread may count."""

    def __init__(self, routes: tuple[str, ...] = ()) -> None:
        """routes: paths that requests are told apart by, as the routes spell them; any other counts as other."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._routes = (*routes, _ANY_OTHER)
        self._seconds = self._histogram("request_seconds", "Seconds a request took.", ("route",), _REQUEST_BUCKETS)
        self._requests = self._counter("requests", "Requests by route and status.", ("route", "status"))
        self._of_route = {route: self._seconds.labels(route) for route in self._routes}
        self._of_status: dict[tuple[str, int], Counter] = {}
        stages = self._histogram(
            "stage_seconds", "Seconds per call of the engine, by stage.", ("stage",), _STAGE_BUCKETS
        )
        self._stages = {stage: stages.labels(stage) for stage in STAGES}
        self._calls = self._histogram("call_events", "Events that were decided together.", (), _CALL_BUCKETS)
        self._events = self._counter("events", "New events taken in.", ())
        self._rejected = self._bound("rejected", "Rows that break the contract, set apart.", "source", SOURCES)
        self._refused = self._bound("refused", "Requests turned away, by why.", "why", REFUSALS)
        self._late = self._counter("late_events", "Events older than the latest of their account.", ())
        self._repeated = self._counter("repeated_events", "Events whose id was known: decided once, told again.", ())
        decisions = self._counter("decisions", "Decisions by kind of event and verdict.", ("kind", "verdict"))
        self._decisions = {(kind, v): decisions.labels(kind, v) for kind, each in VERDICTS.items() for v in each}
        sinks = self._counter(
            "deliveries", "Deliveries of decisions, by sink and what became of them.", ("sink", "outcome")
        )
        self._sinks = {(sink, outcome): sinks.labels(sink, outcome) for sink in SINKS for outcome in OUTCOMES}
        self._watched: dict[str, Gauge] = {}

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        route = route if route in self._of_route else _ANY_OTHER
        self._of_route[route].observe(seconds)
        bound = self._of_status.get((route, status))
        if bound is None:
            bound = self._of_status[route, status] = self._requests.labels(route, str(status))
        bound.inc()

    def refused(self, why: str) -> None:
        """A request was turned away: one of `REFUSALS`."""
        self._refused[why].inc()

    def events(self, count: int, *, late: int = 0, repeated: int = 0) -> None:
        """Events came in: so many new ones, so many late ones among them, and others that were known."""
        for counter, more in ((self._events, count), (self._late, late), (self._repeated, repeated)):
            if more:
                counter.inc(more)

    def rejected(self, source: str, count: int) -> None:
        """Rows from one of `SOURCES` were set apart."""
        self._rejected[source].inc(count)

    def decided(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Decisions were made: how many, by kind of event and verdict."""
        for which, count in counts.items():
            self._decisions[which].inc(count)

    def call(self, events: int, seconds: Mapping[str, float]) -> None:
        """The engine decided about so many events together; seconds by stage, of `STAGES`."""
        self._calls.observe(events)
        for stage, took in seconds.items():
            self._stages[stage].observe(took)

    def stage(self, stage: str, seconds: float) -> None:
        """One of `STAGES` took so long, apart from any call."""
        self._stages[stage].observe(seconds)

    def delivery(self, sink: str, outcome: str, count: int = 1) -> None:
        """Deliveries of one of `SINKS` went one of `OUTCOMES`."""
        self._sinks[sink, outcome].inc(count)

    def watch(self, name: str, ask: Callable[[], float]) -> None:
        """Ask for one of `WATCHED` whenever somebody reads; asking again replaces what was asked."""
        if name not in self._watched:
            self._watched[name] = Gauge(f"ghostnote_{name}", WATCHED[name], registry=self.registry)
        self._watched[name].set_function(ask)

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """All series as text and its content type, in the form that an `Accept` header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type

    def _counter(self, name: str, says: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"ghostnote_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"ghostnote_{name}", says, labels, registry=self.registry, buckets=buckets)

    def _bound(self, name: str, says: str, label: str, values: tuple[str, ...]) -> dict[str, Counter]:
        counter = self._counter(name, says, (label,))
        return {value: counter.labels(value) for value in values}
