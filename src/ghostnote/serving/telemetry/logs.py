"""What the service tells of itself on stderr: one line a happening, ids hashed, no secrets, no bodies.

It is Python's own logging underneath, so the lines of uvicorn and other libraries take the same form.
"""

import logging
import re
import secrets
import sys
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

import msgspec

from ghostnote.errors import GhostnoteError
from ghostnote.events.privacy import Hasher, Key
from ghostnote.serving.settings.confidential import Secret
from ghostnote.serving.settings.settings import LogSettings

_LOGGER = "ghostnote.service"
#: Loggers of libraries whose lines are told as well. Uvicorn's log of each request is not: it names addresses.
_OTHERS = ("uvicorn.error", "asyncio", "ghostnote.kafka")
#: A key of `serving.keys` wherever it turns up; its id may stay.
_KEY = re.compile(r"(gn_[0-9a-f]+_)[\w-]{8,}")
_LONGEST = 300


class Log:
    """Tells what happens: a sentence that is the same each time, and facts beside it.

    Facts are numbers, yes or no, times and short texts. Ids of accounts, devices and the like go through `hidden`.
    """

    def __init__(self, logger: logging.Logger, hasher: Hasher) -> None:
        self._logger = logger
        self._hasher = hasher

    def hidden(self, kind: str, identifier: str) -> str:
        """An id as 20 hexadecimal digits of its keyed hash: the same for the same id, and no way back."""
        return self._hasher.one(kind, identifier)

    def debug(self, says: str, **facts: object) -> None:
        """Tell what only somebody who looks for a fault wants to know."""
        self._tell(logging.DEBUG, says, facts)

    def info(self, says: str, **facts: object) -> None:
        """Tell what happened as it should."""
        self._tell(logging.INFO, says, facts)

    def warning(self, says: str, **facts: object) -> None:
        """Tell what somebody should look at some time."""
        self._tell(logging.WARNING, says, facts)

    def error(self, says: str, *, error: BaseException | None = None, **facts: object) -> None:
        """Tell what somebody must look at now; of an exception its kind and where it was raised."""
        self._tell(logging.ERROR, says, facts, error)

    def _tell(self, level: int, says: str, facts: Mapping[str, object], error: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, says, extra={"facts": facts}, exc_info=error)


def open_log(settings: LogSettings, given: Mapping[str, Secret], stream: TextIO | None = None) -> Log:
    """The log of a service, on `stream`, else stderr; `given` are its secrets by name, and none of them is ever told.

    One per process: opening another replaces it.
    """
    stream = sys.stderr if stream is None else stream
    text = settings.form == "text" or (settings.form == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter((_Text if text else _Json)(tuple(secret.text for secret in given.values())))
    for name in (_LOGGER, *_OTHERS):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(settings.level.upper())
    key = given.get("logs.key")
    return Log(
        logging.getLogger(_LOGGER),
        Hasher(Key(secrets.token_bytes(32), "chance") if key is None else Key(key.text.encode(), key.origin)),
    )


class _Form(logging.Formatter):
    """What both forms share: what of a record is told, and that no secret is."""

    def __init__(self, never: Iterable[str]) -> None:
        super().__init__()
        self._never = tuple(text for text in never if text)

    def format(self, record: logging.LogRecord) -> str:
        return self._clean(self._line(record))

    def _line(self, record: logging.LogRecord) -> str:
        raise NotImplementedError

    def _clean(self, line: str) -> str:
        for text in self._never:
            line = line.replace(text, "(secret)")
        return _KEY.sub(r"\1...", line)


class _Json(_Form):
    def _line(self, record: logging.LogRecord) -> str:
        line = {"time": _time(record), "level": record.levelname.lower(), "from": record.name, "says": _said(record)}
        return msgspec.json.encode({**line, **_facts(record), **_raised(record)}).decode()


class _Text(_Form):
    def _line(self, record: logging.LogRecord) -> str:
        facts = {**_facts(record), **_raised(record)}
        told = " ".join(f"{name}={value}" for name, value in facts.items() if name != "at")
        at = "".join(f"\n    {place}" for place in facts.get("at", ()))
        return f"{_time(record)[11:23]} {record.levelname.lower():7} {_said(record)} {told}".rstrip() + at


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _said(record: logging.LogRecord) -> str:
    """A library's line may hold line breaks, which would be another line to whoever reads them."""
    return " ".join(record.getMessage().split())[:_LONGEST]


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: _plain(value) for name, value in getattr(record, "facts", {}).items()}


def _plain(value: object) -> object:
    """Bytes are a body or part of one, and whatever else has a form of its own may hold one: only its kind is told."""
    if value is None or isinstance(value, (bool, int, float, datetime)):
        return value
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else f"({type(value).__name__})"


def _raised(record: logging.LogRecord) -> dict[str, Any]:
    """The kind of an exception and where it was raised. What it says may quote a body, unless we wrote the sentence."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    at = [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    own = {"why": str(error)[:_LONGEST]} if isinstance(error, GhostnoteError) else {}
    return {"error": type(error).__name__, **own, "at": at}
