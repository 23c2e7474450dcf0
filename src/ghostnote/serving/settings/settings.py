"""All that can be set of the service, what it means and what it is if nobody says otherwise.

`serving.configuring` reads them from a file, the environment and the command line.
"""

from typing import Annotated, Any, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrNone = Annotated[int, msgspec.Meta(ge=0)]
Amount = Annotated[float, msgspec.Meta(ge=0.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one key may ask. Clients that want more wait, and are told for how long.

    requests_per_second: requests of one key a second in the long run; 0 is without limit.
    requests_burst: requests of one key at once.
    events_per_second: events of one key a second in the long run; 0 is without limit.
    events_burst: events of one key at once. A larger batch passes when nothing came before it.
    """

    requests_per_second: Amount = 0.0
    requests_burst: Count = 1_000
    events_per_second: Amount = 0.0
    events_burst: Count = 100_000


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the service tells of itself on stderr.

    form: json, a document a line; text, for people; auto, text on a terminal and json elsewhere.
    level: the least that is told: debug, info, warning or error.
    key_file: a file with the key that ids are hashed with; the environment may give it as GHOSTNOTE_SERVE_LOGS_KEY.
        Without either, one that is thrown away at the end: ids can then be compared within one run.
    """

    form: Literal["auto", "json", "text"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"
    key_file: str = ""


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events from Kafka, decisions to it.

    brokers: addresses, `host:port` with commas between; without any there is no Kafka.
    topic: where events come from; empty, if only decisions go out.
    group: the consumer group. Processes that share it share the partitions.
    decisions_topic: where decisions go; empty, if only events come in.
    batch_events: at most so many messages are taken at once: more would keep whoever asks over HTTP waiting.
    security: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
    mechanism: how one signs in with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
    username: who signs in. The password comes from GHOSTNOTE_SERVE_KAFKA_PASSWORD or the next file.
    password_file: a file with nothing but the password.
    ca_file: certificates of authorities (PEM); empty, for those of the system.
    """

    brokers: str = ""
    topic: str = ""
    group: str = "ghostnote"
    decisions_topic: str = ""
    batch_events: Count = 512
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str = ""
    password_file: str = ""
    ca_file: str = ""


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decisions sent to an address of the team's own.

    url: where decisions are posted to; empty, if nowhere.
    secret_file: a file with the secret that deliveries are signed with; the environment may give it as
        GHOSTNOTE_SERVE_WEBHOOK_SECRET.
    verdicts: which decisions are sent, with commas between; empty, for all.
    batch_decisions: at most so many decisions in one delivery.
    timeout_seconds: how long one try may take.
    tries: after so many a delivery goes to the dead letters. Twelve, with pauses that double, are nine minutes on
        average: longer than a deployment, and soon enough for the next ones.
    first_pause_seconds: pause before the second try; it doubles from one to the next, drawn at random below that.
    longest_pause_seconds: no pause is longer.
    """

    url: str = ""
    secret_file: str = ""
    verdicts: str = "hold,exclude,challenge,limit,review,suspend"
    batch_decisions: Count = 200
    timeout_seconds: Positive = 10.0
    tries: Count = 12
    first_pause_seconds: Positive = 1.0
    longest_pause_seconds: Positive = 300.0


class ConsoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The investigators' console, on the newest run of scoring.

    enabled: whether it is answered below `/console`. It reads a run when somebody looks, and costs nothing until then.
    terms: a file of terms: what artificial plays cost the owner of a track; empty, for all defaults.
    """

    enabled: bool = True
    terms: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, and nothing secret.

    host: address to listen on. The service speaks plain HTTP: what is reached from elsewhere stands behind a proxy that
        speaks TLS.
    port: port to listen on; 0 takes a free one.
    state: folder of what the service knows: its log, snapshots, keys. Needed.
    bundle: what `ghostnote train` wrote. Needed at the first start; later the bundle that decided last decides again.
    challenger: a bundle that is asked beside it, without consequences; empty, for none.
    lake: history, catalogue, address table and labels to begin with; taken over into the state at the first start.
    policy: a policy file; empty, for all defaults.
    ledger: where decisions are recorded: a file (SQLite) or postgresql://HOST/NAME; empty, for nowhere.
    max_body_bytes: longest body of a request.
    max_waiting: events that may wait for the engine; any more are answered with 503 at once, for an answer that comes
        after the client has given up helps nobody.
    wait_ms: how long the engine collects events before it decides about them together, in milliseconds. While it
        decides, others gather anyway.
    call_events: at most so many events are decided together.
    snapshot_events: after so many events the log is filed in the state's lake and a snapshot written. Recovery reads
        about as many again from the log.
    snapshot_minutes: the same after so many minutes, if there was any event.
    log_bytes: beyond this, the log's oldest parts are dropped once they are filed, in a snapshot and at all sinks. As
        long as the log holds an event, sending it again gives the same decision.
    refresh_minutes: how often the last days are scored, which says how accounts stand; 0 is only when asked.
    refresh_days: how many days that looks at.
    recent_accounts: for so many accounts, those seen last, features are kept to be looked at.
    memory_bytes: beyond this, the state forgets keys that were silent longest and says so; 0 is without ceiling.
    limits: what one key may ask.
    logs: what the service tells of itself.
    kafka: events from Kafka, decisions to it.
    webhook: decisions sent to an address.
    console: the investigators' console, on the newest run of scoring.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8765
    state: str = ""
    bundle: str = ""
    challenger: str = ""
    lake: str = ""
    policy: str = ""
    ledger: str = ""
    max_body_bytes: Count = 16_777_216
    max_waiting: Count = 20_000
    wait_ms: Amount = 0.0
    call_events: Count = 2048
    snapshot_events: Count = 500_000
    snapshot_minutes: Positive = 15.0
    log_bytes: Annotated[int, msgspec.Meta(ge=16_777_216)] = 4_294_967_296
    refresh_minutes: Amount = 60.0
    refresh_days: Count = 28
    recent_accounts: Count = 50_000
    memory_bytes: CountOrNone = 0
    limits: LimitSettings = LimitSettings()
    logs: LogSettings = LogSettings()
    kafka: KafkaSettings = KafkaSettings()
    webhook: WebhookSettings = WebhookSettings()
    console: ConsoleSettings = ConsoleSettings()


#: The tables of the settings, by name.
TABLES_OF_SETTINGS: dict[str, type[msgspec.Struct]] = {
    "limits": LimitSettings,
    "logs": LogSettings,
    "kafka": KafkaSettings,
    "webhook": WebhookSettings,
    "console": ConsoleSettings,
}


def setting_names() -> tuple[str, ...]:
    """All settings as people write them: `port`, `kafka.topic`, ..."""
    plain = [name for name in Settings.__struct_fields__ if name not in TABLES_OF_SETTINGS]
    inner = [f"{table}.{name}" for table, kind in TABLES_OF_SETTINGS.items() for name in kind.__struct_fields__]
    return (*plain, *inner)


def value_of(settings: Settings, name: str) -> Any:
    """The value of a setting by its name, `port` or `kafka.topic`."""
    table, _, key = name.rpartition(".")
    return getattr(getattr(settings, table) if table else settings, key)
