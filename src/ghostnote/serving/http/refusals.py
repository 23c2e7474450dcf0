"""Answers that are no success, and what the engine's exceptions mean for who asked."""

import math

from ghostnote.errors import GhostnoteError
from ghostnote.serving.engine.calls import BusyError, StoppedError
from ghostnote.serving.engine.engine import CannotWriteError


class RefusalError(Exception):
    """An answer that is no success: a status, a sentence, and after how many seconds to try again."""

    def __init__(self, status: int, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.retry_after = status, sentence, retry_after


def refusal_of(error: Exception) -> RefusalError:
    """What an exception of the engine means for who asked."""
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, BusyError):
        return RefusalError(503, "More events wait than this service holds: try again in a moment.", 1)
    if isinstance(error, CannotWriteError):
        return RefusalError(503, str(error), 5)
    if isinstance(error, StoppedError):
        return RefusalError(503, "This service is stopping: try again when it is back.", 5)
    if isinstance(error, GhostnoteError):
        return RefusalError(400, str(error))
    raise error


def headers_of(refusal: RefusalError) -> dict[str, str]:
    """The headers that a refusal is answered with."""
    found = {} if refusal.retry_after is None else {"retry-after": str(max(1, math.ceil(refusal.retry_after)))}
    return found | ({"www-authenticate": "Bearer"} if refusal.status == 401 else {})
