"""Single decisions are answered past the framework: to whoever asks, as if they were not."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.serving.running import NOON, Running, running
from tests.worlds import Judged

HEAD = b"POST /v1/decide HTTP/1.1\r\nhost: h\r\n"


def body(name: str, **more: Any) -> bytes:
    event = {"kind": "play", "event_id": name, "event_time": NOON.isoformat(), "account_id": "a1", "track_id": "t1"}
    return json.dumps(event | {"ms_played": 31_000} | more).encode()


def request(name: str, head: bytes = HEAD, **more: Any) -> bytes:
    content = body(name, **more)
    return head + b"content-length: %d\r\n\r\n" % len(content) + content


@contextmanager
def connected(up: Running) -> Iterator[Any]:
    url = up.client.base_url
    with socket.create_connection((url.host, url.port or 0), timeout=60) as made:
        yield made


class Answers:
    """Reads answers from a connection, one after the other."""

    def __init__(self, made: socket.socket) -> None:
        self._file = made.makefile("rb")

    def next(self) -> tuple[int, dict[str, str], bytes]:
        line = self._file.readline()
        headers: dict[str, str] = {}
        while (more := self._file.readline().strip()) != b"":
            name, _, value = more.decode().partition(": ")
            headers[name] = value
        return int(line.split()[1]), headers, self._file.read(int(headers.get("content-length", 0)))

    def over(self) -> bool:
        return self._file.read() == b""


def ids(answers: Answers, count: int) -> list[str]:
    found = [answers.next() for _ in range(count)]
    assert {status for status, *_ in found} == {200}
    return [json.loads(content)["event_id"] for *_, content in found]


@pytest.fixture(scope="module")
def up(town: Judged, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("swift") / "state", bundle=town.bundle) as made:
        yield made


def test_requests_sent_at_once_are_answered_in_order(up: Running) -> None:
    alive = b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n"
    with connected(up) as made:
        answers = Answers(made)
        made.sendall(request("p1") + request("p2") + request("p3"))
        assert ids(answers, 3) == ["p1", "p2", "p3"]
        made.sendall(alive + request("p4") + alive + request("p5"))
        assert [answers.next()[0] for _ in range(4)] == [200] * 4
        made.sendall(request("p4"))
        assert json.loads(answers.next()[2])["repeated"]


def test_a_request_may_come_in_pieces(up: Running) -> None:
    whole = request("pieces")
    with connected(up) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(whole), 7):
            made.sendall(whole[at : at + 7])
        assert ids(Answers(made), 1) == ["pieces"]


@pytest.mark.parametrize(
    "head",
    [HEAD + b"connection: close\r\n", HEAD.replace(b"1.1", b"1.0"), HEAD + b"x-pad: " + b"x" * 5000 + b"\r\n"],
)
def test_it_is_answered_however_it_is_asked(up: Running, head: bytes) -> None:
    with connected(up) as made:
        made.sendall(request(f"asked-{len(head)}", head))
        status, headers, content = (answers := Answers(made)).next()
        assert (status, headers["content-type"]) == (200, "application/json")
        assert json.loads(content)["verdict"] == "count"
        if b"pad" not in head:
            assert answers.over()


def test_a_body_without_a_length_and_one_that_waits_to_be_asked_for_are_read(up: Running) -> None:
    content = body("chunks")
    with connected(up) as made:
        answers = Answers(made)
        made.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(content), content))
        assert ids(answers, 1) == ["chunks"]
        content = body("expected")
        made.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(content))
        assert answers.next()[0] == 100
        made.sendall(content)
        assert ids(answers, 1) == ["expected"]


def test_what_is_wrong_is_said_and_the_connection_goes_on(up: Running) -> None:
    with connected(up) as made:
        answers = Answers(made)
        made.sendall(request("wrong", track_id=None) + request("right"))
        status, headers, content = answers.next()
        assert (status, headers["content-type"]) == (422, "application/json")
        assert "track_id" in json.loads(content)["error"]
        assert ids(answers, 1) == ["right"]
        made.sendall(HEAD.replace(b"POST", b"GET") + b"\r\n")
        assert answers.next()[0] == 405


def test_who_goes_away_before_the_answer_disturbs_nobody(up: Running) -> None:
    for number in range(20):
        with connected(up) as made:
            made.sendall(request(f"gone{number}") + request(f"gone-{number}"))
    with connected(up) as made:
        made.sendall(request("gone0"))
        assert ids(Answers(made), 1) == ["gone0"]


def test_a_key_is_asked_for(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle, keys=True) as kept, connected(kept) as made:
        made.sendall(request("locked"))
        status, headers, content = Answers(made).next()
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert "Authorization" in json.loads(content)["error"]


def test_stopping_answers_what_waits_and_closes_what_is_open(town: Judged, tmp_path: Path) -> None:
    with running(tmp_path / "state", bundle=town.bundle, wait_ms=300.0) as stopped:
        made = socket.create_connection((stopped.client.base_url.host, stopped.client.base_url.port or 0), timeout=60)
        idle = socket.create_connection(made.getpeername(), timeout=60)
        idle.sendall(request("before"))
        assert ids(Answers(idle), 1) == ["before"]
        made.sendall(request("waits"))
        while not stopped.service.calls.waiting:
            time.sleep(0.001)
    with made, idle:
        status, headers, content = (answers := Answers(made)).next()
        assert (status, headers["connection"], json.loads(content)["event_id"]) == (200, "close", "waits")
        assert answers.over()
        assert Answers(idle).over()
