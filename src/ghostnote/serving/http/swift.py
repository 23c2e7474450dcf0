"""Requests for one decision, answered between the parser and the socket: no task, no framework, one write.

What a framework's interface costs a request is more than its share of the fold. Whatever is not as such requests nearly
always are goes the library's own way, to the same page.
"""

from typing import Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ghostnote.serving.http.messages import Header

#: Longer bodies, and those whose length is not told first, are read by the library, which lets them wait.
_LONGEST = 1 << 14
_DIGITS = len(str(_LONGEST))
_KEEP, _CLOSE = b"\r\n", b"connection: close\r\n\r\n"


class Page(Protocol):
    """What answers. `route`: its path."""

    route: str

    def begin(self, headers: "list[Header]", body: bytes, asked: "Asked") -> None:
        """Call `asked.answer` once, now or later in the event loop's thread."""


class Asked:
    """One request that is being answered; to the library, the cycle of its connection."""

    __slots__ = ("_protocol", "body", "disconnected", "keep_alive", "message_event", "response_complete")

    def __init__(self, protocol: "Swift") -> None:
        self._protocol = protocol
        self.body = b""
        self.response_complete = self.disconnected = False
        # Set to false by the library when the server stops.
        self.keep_alive = True
        self.message_event = self

    def set(self) -> None:
        """Nobody waits for the library's event here."""

    def answer(self, status: int, headers: "tuple[Header, ...]", content: bytes) -> None:
        """Send the answer; nothing happens if who asked has gone away."""
        if not self.disconnected:
            self._protocol.respond(self, status, headers, content)


class Swift(HttpToolsProtocol):
    """The library's protocol, which asks `page` itself for what it answers: see `swift`."""

    page: Page

    def on_message_begin(self) -> None:
        """A request begins: the library is told of it only if it is to answer."""
        self.url, self.headers, self.expect_100_continue = b"", [], False
        self._asked: Asked | None = None

    def on_headers_complete(self) -> None:
        """Who answers is known now."""
        if self._is_swift():
            self.cycle = self._asked = Asked(self)  # type: ignore[assignment]
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _is_swift(self) -> bool:
        if self.url.decode("latin-1") != self.page.route or self.parser.get_method() != b"POST":
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        return (
            0 < len(length) <= _DIGITS
            and length.isdigit()
            and int(length) <= _LONGEST
            and (self.cycle is None or self.cycle.response_complete)
            and not (self.expect_100_continue or self.flow.write_paused)
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        )

    def on_body(self, body: bytes) -> None:
        """A part of the body is there."""
        if self._asked is None:
            super().on_body(body)
        else:
            self._asked.body += body

    def on_message_complete(self) -> None:
        """The request is there."""
        if self._asked is None:
            super().on_message_complete()
        else:
            try:
                self.page.begin(self.headers, self._asked.body, self._asked)
            except Exception as error:  # As the library does with a page that fails.
                self.logger.error("Exception in a page\n", exc_info=error)
                self._asked.answer(500, (), b"Internal Server Error")

    def respond(self, asked: Asked, status: int, headers: "tuple[Header, ...]", content: bytes) -> None:
        """Write the answer, and go on with what waits on this connection."""
        lines = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
        lines += (b"content-length: %d\r\n" % len(content), _KEEP if asked.keep_alive else _CLOSE, content)
        self.transport.write(b"".join(lines))
        asked.response_complete = True
        if not asked.keep_alive:
            self.transport.close()
        self.on_response_complete()


def swift(page: Page) -> type[Swift]:
    """The protocol that answers a page, for the library's `http`."""
    return type("Answering", (Swift,), {"page": page})
