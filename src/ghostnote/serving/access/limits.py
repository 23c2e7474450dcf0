"""How much one client may ask: token buckets for each key, and a ceiling on bodies. The clock is handed in.

How deep JSON may nest needs no limit here: the decoder gives up at Python's own recursion limit, in time linear in what
it has read, and skips what it does not know without building it. What bounds the work of decoding is a body's length.
"""

from collections.abc import AsyncIterable

import msgspec

from ghostnote.errors import GhostnoteError

_ROUNDING = 1e-9
_LONGEST_LENGTH = 18


class Rate(msgspec.Struct, frozen=True):
    """So many a second in the long run, `burst` at once. No `per_second`: as many as one likes."""

    per_second: float = 0.0
    burst: float = 1.0


class Bucket:
    """A token bucket, full at first: it gains `per_second` tokens a second and holds `burst` at most.

    What costs more than a full bucket passes when the bucket is full, and leaves a debt: a batch larger than the burst
    is possible, but the rate holds in the long run.
    """

    __slots__ = ("_rate", "_then", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._then = now

    def take(self, cost: float, now: float) -> float:
        """Take `cost` tokens at `now`, seconds of a clock that never goes back: 0.0, or how many seconds to wait.

        Nothing is taken if one has to wait.
        """
        rate = self._rate
        tokens = self._tokens
        if now > self._then:
            tokens = min(rate.burst, tokens + (now - self._then) * rate.per_second)
            self._then = now
        lacking = min(cost, rate.burst) - tokens
        # Adding up times rounds: what lacks a billionth of a token is there.
        if lacking > _ROUNDING * rate.burst:
            self._tokens = tokens
            return lacking / rate.per_second
        self._tokens = tokens - cost
        return 0.0


class Limits:
    """The buckets of all keys: requests and events a second for each. One thread at a time.

    It keeps two buckets for each key that was ever asked about: ask about keys that exist only.
    """

    def __init__(self, requests: Rate, events: Rate) -> None:
        self._requests, self._events = requests, events
        self._of_requests: dict[str, Bucket] = {}
        self._of_events: dict[str, Bucket] = {}

    def request(self, key: str, now: float) -> float:
        """Let one request of a key in: 0.0, or after how many seconds to try again."""
        return _take(self._of_requests, self._requests, key, 1.0, now)

    def events(self, key: str, count: int, now: float) -> float:
        """Let `count` events of a key in, all or none: 0.0, or after how many seconds to try again."""
        return _take(self._of_events, self._events, key, float(count), now)


class TooLongError(GhostnoteError):
    """A body has more bytes than the service takes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"The body has more than {most:,} bytes: send smaller batches.")


def check_length(declared: str | None, most: int) -> None:
    """Raise `TooLongError` if a `Content-Length` header says more than `most` bytes; `bounded` finds out if it lies."""
    if (
        declared is not None
        and declared.isascii()
        and declared.isdigit()
        and (len(declared) > _LONGEST_LENGTH or int(declared) > most)
    ):
        raise TooLongError(most)


async def bounded(chunks: AsyncIterable[bytes], most: int) -> bytes:
    """A body from its chunks, whatever its headers said. Raises `TooLongError` once it has more than `most` bytes."""
    parts, length = [], 0
    async for chunk in chunks:
        length += len(chunk)
        if length > most:
            raise TooLongError(most)
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _take(buckets: dict[str, Bucket], rate: Rate, key: str, cost: float, now: float) -> float:
    if not rate.per_second:
        return 0.0
    bucket = buckets.get(key)
    if bucket is None:
        bucket = buckets[key] = Bucket(rate, now)
    return bucket.take(cost, now)
