"""A real receiver of webhooks on this machine, that answers what it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """`answers` are given one each, then 200; each a status, or a status and headers, or None to hang up."""

    url: str = ""
    answers: list[int | tuple[int, dict[str, str]] | None] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """One that listens on any free port of this machine."""
    receiving = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            receiving.connections.add(self.client_address)
            receiving.headers.append(dict(self.headers.items()))
            receiving.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            answer = receiving.answers.pop(0) if receiving.answers else 200
            if answer is None:
                self.close_connection = True
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in {"Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiving.url = f"http://127.0.0.1:{server.server_address[1]}/hook?team=fraud"
    try:
        yield receiving
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
