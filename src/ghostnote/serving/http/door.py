"""Lets requests in, or says why not."""

import time
from collections.abc import Iterable

from ghostnote.serving.access.keys import Key, Keys
from ghostnote.serving.access.limits import Limits, Rate, TooLongError, check_length
from ghostnote.serving.http.messages import Header
from ghostnote.serving.http.refusals import RefusalError
from ghostnote.serving.service.service import Service


class Door:
    """Lets requests in: who asks, how often, how long their body is. Without keys everybody may do everything."""

    def __init__(self, service: Service, keys: Keys | None) -> None:
        settings = service.settings
        self.metrics, self.most = service.metrics, settings.max_body_bytes
        self._keys, self._clock, limits = keys, service.clock, settings.limits
        if keys is not None:
            self.metrics.watch("keys", lambda: len(keys))
        self._limits = Limits(
            Rate(limits.requests_per_second, limits.requests_burst), Rate(limits.events_per_second, limits.events_burst)
        )

    def enter(self, headers: Iterable[Header], needed: str) -> str:
        """The id of the key that asks. Raises RefusalError."""
        given: bytes | None = None
        length: bytes | None = None
        for name, value in headers:
            if name == b"authorization":
                given = value
            elif name == b"content-length":
                length = value
        who = "" if self._keys is None else self._who(self._keys, given, needed)
        wait = self._limits.request(who, time.monotonic())
        if wait:
            self.metrics.refused("rate")
            raise RefusalError(429, "More requests than this key may make: wait, then go on.", wait)
        if length is not None:
            try:
                check_length(length.decode("latin-1"), self.most)
            except TooLongError as error:
                self.metrics.refused("length")
                raise RefusalError(413, str(error)) from None
        return who

    def _who(self, keys: Keys, given: bytes | None, needed: str) -> str:
        key: Key | None = keys.check(None if given is None else given.decode("latin-1"), self._clock())
        if key is None:
            self.metrics.refused("key")
            raise RefusalError(401, "Send a key that is valid: Authorization: Bearer gn_...")
        if not key.may(needed) and not key.may("admin"):
            self.metrics.refused("scope")
            raise RefusalError(403, f"This key may not do that: it needs the scope {needed}.")
        return key.id

    def events(self, who: str, count: int) -> None:
        """Let so many events in. Raises RefusalError."""
        wait = self._limits.events(who, count, time.monotonic())
        if wait:
            self.metrics.refused("rate")
            raise RefusalError(429, "More events than this key may send: wait, then go on.", wait)
