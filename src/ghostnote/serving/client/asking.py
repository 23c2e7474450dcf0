"""What the client asks, and when it asks again; nothing here sends anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import polars as pl

from ghostnote.serving.client.answers import ServiceError, sentence_of
from ghostnote.serving.wire.decisions import Decided, Rejected, Taken

#: Events a request: a few hundred kilobytes of JSON, far below the longest body that the service takes.
ROWS = 1000
T = TypeVar("T")
_AGAIN = (429, 503)
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Ask(Generic[T]):
    """One request, and the type of what answers it."""

    method: str
    path: str
    answer: type[T]
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def read(self, answer: httpx.Response | httpx.HTTPError) -> T:
        """What was answered. Raises ServiceError if that is no success, or nothing this client knows."""
        if isinstance(answer, httpx.HTTPError):
            raise ServiceError(sentence_of(answer)) from answer
        if not answer.is_success:
            raise ServiceError(sentence_of(answer), answer.status_code)
        try:
            return msgspec.json.decode(answer.content, type=self.answer)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            sentence = f"The answer to {self.path} is none of a Ghostnote service ({error}): check the address."
            raise ServiceError(sentence, answer.status_code) from None


class Tries:
    """How long to wait before a request is sent again.

    As long as Retry-After says, or else twice as long each time, from a tenth of a second to five; up to half as much
    again is added by chance, so that clients that were refused together do not come back together.
    """

    def __init__(self, patience: float, chance: Callable[[], float]) -> None:
        self._left, self._chance, self._next = patience, chance, _FIRST_WAIT

    def wait(self, answer: httpx.Response | httpx.HTTPError) -> float | None:
        """Seconds; None if the answer is final, or patience is at an end."""
        if isinstance(answer, httpx.HTTPError):
            if not isinstance(answer, httpx.TransportError) or isinstance(answer, httpx.UnsupportedProtocol):
                return None
            told = None
        elif answer.status_code in _AGAIN:
            told = _seconds(answer.headers.get("retry-after"))
        else:
            return None
        wait = (self._next if told is None else told) * (1 + self._chance() / 2)
        self._next = min(2 * self._next, _LONGEST_WAIT)
        self._left -= wait
        return wait if self._left >= 0 else None


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isdecimal() else None


def decide_one(event: Mapping[str, Any]) -> Ask[Decided]:
    """The question for one decision."""
    return Ask("POST", "/v1/decide", Decided, _json(event), {"content-type": "application/json"})


def look_up(what: str, name: str, answer: type[T]) -> Ask[T]:
    """The question for one account or track."""
    return Ask("GET", f"/v1/{what}/{quote(name, safe='')}", answer)


def batches(
    events: pl.DataFrame | Iterable[Mapping[str, Any]], kind: str, decisions: bool, rows: int
) -> Iterator[tuple[int, Ask[Taken]]]:
    """Requests of at most `rows` events, each with how many events come before it."""
    wanted = "true" if decisions else "false"
    if isinstance(events, pl.DataFrame):
        path = f"/v1/events?kind={quote(kind, safe='')}&decisions={wanted}"
        for start in range(0, events.height, rows):
            buffer = BytesIO()
            events.slice(start, rows).write_ipc_stream(buffer)
            headers = {"content-type": "application/vnd.apache.arrow.stream"}
            yield start, Ask("POST", path, Taken, buffer.getvalue(), headers)
        return
    path, start, left = f"/v1/events?decisions={wanted}", 0, iter(events)
    while lines := [_json(event) for event in islice(left, rows)]:
        yield start, Ask("POST", path, Taken, b"\n".join(lines), {"content-type": "application/x-ndjson"})
        start += len(lines)


def merged(parts: Iterable[tuple[int, Taken]]) -> Taken:
    """The answers to batches as one; rejected rows are numbered among all events."""
    accepted = repeated = 0
    rejected: list[Rejected] = []
    decisions: list[Decided] | None = None
    for start, taken in parts:
        accepted, repeated = accepted + taken.accepted, repeated + taken.repeated
        rejected += [Rejected(start + each.row, each.reason) for each in taken.rejected]
        if taken.decisions is not None:
            decisions = (decisions or []) + taken.decisions
    return Taken(accepted, repeated, rejected, decisions)


def _json(event: Mapping[str, Any]) -> bytes:
    try:
        return _encode(event)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise ServiceError(
            f"An event cannot be sent as JSON ({error}): give texts, numbers, yes/no and times."
        ) from None
