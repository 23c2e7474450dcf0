"""Webhooks: signed, tried again with pauses, kept when nobody takes them, and sent again."""

import hashlib
import hmac
import io
import json
import random
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.serving.logged import Logged
from tests.serving.receiving import Receiver, receiver

from ghostnote.errors import GhostnoteError
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import LogSettings, WebhookSettings
from ghostnote.serving.sinks.backoff import Backoff
from ghostnote.serving.sinks.dead_letters import DeadLetters, Letter
from ghostnote.serving.sinks.following import Batch, Follower
from ghostnote.serving.sinks.sink import Sink
from ghostnote.serving.sinks.webhook import Post, Webhook, body_of
from ghostnote.serving.telemetry.logs import open_log
from ghostnote.serving.telemetry.metrics import Metrics

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = Secret("a secret of some length", "test")


@pytest.fixture
def receiving() -> Iterator[Receiver]:
    with receiver() as there:
        yield there


class Waits(threading.Event):
    """Is never set, and notes how long it was waited for instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        return self.is_set()


class Sending:
    """A webhook to an address, with all that belongs to it."""

    def __init__(self, url: str, root: Path, **given: object) -> None:
        self.settings = WebhookSettings(url=url, **given)  # type: ignore[arg-type]
        self.letters = DeadLetters(root / "dead" / "webhook.jsonl")
        self.metrics, self.told, self.stopping = Metrics(), io.StringIO(), Waits()
        backoff = Backoff(self.settings.first_pause_seconds, self.settings.longest_pause_seconds, random.Random(1))
        self.post = Post(self.settings, SECRET, lambda: NOW)
        log = open_log(LogSettings(), {"webhook.secret": SECRET}, self.told)
        self.webhook = Webhook(self.settings, self.post, self.letters, backoff, lambda: NOW, log, self.metrics)

    def __enter__(self) -> "Sending":
        return self

    def __exit__(self, *_: object) -> None:
        self.webhook.close()

    def count(self, outcome: str) -> float | None:
        labels = {"sink": "webhook", "outcome": outcome}
        return self.metrics.registry.get_sample_value("ghostnote_deliveries_total", labels)


def batches(root: Path, count: int = 1, each: int = 2) -> list[Batch]:
    logged = Logged(root)
    following = Follower(logged.folder, logged.positions, "webhook", logged.end, most=each)
    logged.write(["hold"] * count * each)
    found = []
    for _ in range(count):
        batch = following.next()
        assert batch is not None
        found.append(batch)
        following.done()
    return found


def test_a_delivery_is_signed_so_that_the_receiver_can_check_who_sent_it_and_when(
    receiving: Receiver, tmp_path: Path
) -> None:
    (batch,) = batches(tmp_path)
    with Sending(receiving.url, tmp_path) as sending:
        assert sending.webhook(batch, sending.stopping)
        (headers,), (body,) = receiving.headers, receiving.bodies
        parts = dict(part.split("=") for part in headers["Ghostnote-Signature"].split(","))
        assert int(parts["t"]) == NOW.timestamp()
        expected = hmac.new(SECRET.text.encode(), parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(parts["v1"], expected)
        assert headers["Ghostnote-Delivery"] == "0-1"
        assert headers["Content-Type"] == "application/json"
        told = json.loads(body)["decisions"]
        assert [(one["event_id"], one["verdict"], one["position"]) for one in told] == [
            ("e0", "hold", 0),
            ("e1", "hold", 1),
        ]
        assert (sending.count("delivered"), sending.letters.letters()) == (1, [])


def test_what_may_be_mended_is_tried_again_with_pauses_that_grow(receiving: Receiver, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path)
    with Sending(receiving.url, tmp_path, first_pause_seconds=1.0, longest_pause_seconds=4.0) as sending:
        receiving.answers = [500, 503, 404, 401, 301]
        assert sending.webhook(batch, sending.stopping)
        assert len(set(receiving.bodies)) == 1
        assert len(receiving.bodies) == 6
        pauses = sending.stopping.pauses
        assert all(0.0 <= pause <= bound for pause, bound in zip(pauses, (1.0, 2.0, 4.0, 4.0, 4.0), strict=True))
        assert len(set(pauses)) == 5
        assert (sending.count("delivered"), sending.count("tried_again"), sending.count("dead")) == (1, 5, 0)
        assert SECRET.text not in sending.told.getvalue()


def test_a_receiver_may_say_how_long_to_wait_but_not_forever(receiving: Receiver, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path)
    with Sending(receiving.url, tmp_path, first_pause_seconds=0.001, longest_pause_seconds=60.0) as sending:
        receiving.answers = [
            (429, {"Retry-After": "7"}),
            (503, {"Retry-After": "99999"}),
            (429, {"Retry-After": "soon"}),
        ]
        assert sending.webhook(batch, sending.stopping)
        first, second, third = sending.stopping.pauses
        assert (first, second) == (7.0, 60.0)
        assert third < 1.0


def test_what_nobody_takes_is_kept_and_the_next_ones_wait_no_more(receiving: Receiver, tmp_path: Path) -> None:
    first, second, third, fourth = batches(tmp_path, 4)
    with Sending(receiving.url, tmp_path, tries=3) as sending:
        receiving.answers = [500, 500, 500, 500]
        assert sending.webhook(first, sending.stopping)
        assert sending.webhook(second, sending.stopping)
        assert [(letter.delivery, letter.tries) for letter in sending.letters.letters()] == [("0-1", 3), ("2-3", 1)]
        assert sending.letters.letters()[0].why == "It answered 500."
        assert sending.letters.letters()[0].body == body_of(first).decode()
        assert sending.webhook(third, sending.stopping)
        receiving.answers = [500]
        assert sending.webhook(fourth, sending.stopping)
        assert (sending.count("delivered"), sending.count("dead")) == (2, 2)


def test_what_will_never_be_taken_is_not_tried_again_and_says_nothing_about_the_next(
    receiving: Receiver, tmp_path: Path
) -> None:
    first, second = batches(tmp_path, 2)
    with Sending(receiving.url, tmp_path, tries=3) as sending:
        receiving.answers = [422, 500]
        assert sending.webhook(first, sending.stopping)
        assert sending.webhook(second, sending.stopping)
        assert [letter.delivery for letter in sending.letters.letters()] == ["0-1"]
        assert len(receiving.bodies) == 3


def test_nobody_there_or_no_http_is_told_in_a_sentence(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def chatter() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(b"220 mail ready\r\n\r\n")

        thread = threading.Thread(target=chatter)
        thread.start()
        sending = Sending(f"http://127.0.0.1:{port}/", tmp_path)
        assert sending.post("1", b"{}").why == "What it answered is no HTTP: BadStatusLine."
        thread.join()
        quick = Sending(f"http://127.0.0.1:{port}/", tmp_path, timeout_seconds=0.05)
        assert quick.post("1", b"{}").why == "It did not answer in time."
    with Sending(f"http://127.0.0.1:{port}/", tmp_path, tries=2) as sending:
        assert sending.webhook(batch, sending.stopping)
        (letter,) = sending.letters.letters()
        assert letter.why == "No connection: Connection refused."


def test_one_connection_serves_many_and_a_closed_one_is_no_failure(receiving: Receiver, tmp_path: Path) -> None:
    with Sending(receiving.url, tmp_path) as sending:
        for number in range(5):
            assert sending.post(str(number), b"{}").why == ""
        assert len(receiving.connections) == 1
        receiving.answers = [(200, {"Connection": "close"})]
        for number in range(3):
            assert sending.post(str(number), b"{}").why == ""
        receiving.answers = [None]
        assert sending.post("9", b"{}").why == ""
        sending.post.close()


def test_stopping_ends_the_pause_and_the_delivery_comes_again(receiving: Receiver, tmp_path: Path) -> None:
    (batch,) = batches(tmp_path)
    with Sending(receiving.url, tmp_path) as sending:
        receiving.answers = [500]
        sending.stopping.set()
        assert not sending.webhook(batch, sending.stopping)
        assert sending.letters.letters() == []


def test_a_sink_delivers_what_comes_into_the_log(receiving: Receiver, tmp_path: Path) -> None:
    logged = Logged(tmp_path)
    with Sending(receiving.url, tmp_path, first_pause_seconds=0.001, longest_pause_seconds=0.002) as sending:
        receiving.answers = [500, None, 503]
        following = Follower(logged.folder, logged.positions, "webhook", logged.end, most=10, verdicts=("hold",))
        sink = Sink("webhook", following, sending.webhook, open_log(LogSettings(), {}, sending.told))
        sink.start()
        for _ in range(20):
            logged.write(["hold", "count", "hold"])
        sink.stop(drain=True)
        taken = [json.loads(body)["decisions"] for body in receiving.bodies]
        positions = [made["position"] for decisions in taken for made in decisions]
        assert list(dict.fromkeys(positions)) == [number for number in range(60) if number % 3 != 1]


def test_dead_letters_are_sent_again_from_the_oldest_until_one_fails(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "dead" / "webhook.jsonl")
    assert letters.letters() == []
    for number in range(50):
        letters.add(Letter(str(number), NOW, 10, "It answered 500.", "{}"))
    sent: list[str] = []

    def send(letter: Letter) -> bool:
        # Another one comes in meanwhile.
        if letter.delivery == "3":
            letters.add(Letter("50", NOW, 10, "It answered 500.", "{}"))
        sent.append(letter.delivery)
        return letter.delivery != "45"

    assert letters.send_again(send) == (45, 6)
    assert sent == [str(number) for number in range(46)]
    assert [letter.delivery for letter in letters.letters()] == ["45", "46", "47", "48", "49", "50"]


def test_a_letter_that_was_cut_off_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "webhook.jsonl")
    letters.add(Letter("1", NOW, 10, "why", "x" * 200_000))
    whole = letters.path.read_bytes()
    letters.path.write_bytes(whole + whole[:100_000])
    assert [letter.delivery for letter in letters.letters()] == ["1"]
    letters.add(Letter("2", NOW, 10, "why", "{}"))
    assert [letter.delivery for letter in letters.letters()] == ["1", "2"]
    letters.path.write_bytes(b"no letter\n")
    with pytest.raises(GhostnoteError, match=r"dead letters .* cannot be read"):
        letters.letters()
