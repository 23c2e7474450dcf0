"""Bodies read from a connection and JSON written to it, in the words of ASGI, without a framework."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from ghostnote.serving.access.limits import TooLongError
from ghostnote.serving.http.refusals import RefusalError, headers_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
#: What every answer says it is.
AS_JSON: Header = (b"content-type", JSON.encode())
encode = msgspec.json.Encoder().encode


async def body_of(receive: Receive, most: int) -> bytes:
    """A request's body. Raises RefusalError if it is too long, or the client went away."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise RefusalError(413, str(TooLongError(most)))
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusalError(400, "The body ended too soon.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise RefusalError(413, str(TooLongError(most)))
    return b"".join(parts)


async def answer(send: Send, status: int, content: bytes, headers: tuple[Header, ...] = ()) -> None:
    """Send one JSON answer."""
    length = (b"content-length", b"%d" % len(content))
    await send({"type": "http.response.start", "status": status, "headers": [AS_JSON, length, *headers]})
    await send({"type": "http.response.body", "body": content})


async def refuse(send: Send, refusal: RefusalError) -> None:
    """Send what was refused, and why."""
    await answer(send, refusal.status, *refused(refusal))


def refused(refusal: RefusalError) -> tuple[bytes, tuple[Header, ...]]:
    """What was refused, and why: a body and headers."""
    headers = tuple((name.encode(), value.encode()) for name, value in headers_of(refusal).items())
    return encode({"error": refusal.sentence}), headers
