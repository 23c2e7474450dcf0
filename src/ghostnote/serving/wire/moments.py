"""Many times written as RFC 3339 at once, as microseconds since 1970: making a date of each takes ten times as long."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.compiling import compiled, lean

Array = np.ndarray[Any, Any]
_ZERO, _DOT, _COLON, _DASH, _PLUS, _T, _Z = b"0.:-+TZ"
#: YYYY-MM-DDThh:mm:ss
_SECONDS = 19
#: What is no number, day, second or offset, and no time.
_BAD = -(1 << 62)


def moments(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Microseconds since 1970, (texts,) int64, UTC where a text names no offset; what is finer is cut.

    None if any text is not YYYY-MM-DDThh:mm:ss of 1970 or later, perhaps with a fraction, perhaps with Z or an offset
    as +hh:mm.
    """
    joined = "".join(texts)
    if not joined.isascii():
        return None
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
    found = np.empty(len(texts), dtype=np.int64)
    return found if _parse(np.frombuffer(joined.encode(), dtype=np.uint8), ends, found) else None


@compiled
def _parse(text: Array, ends: Array, out: Array) -> bool:
    """Whether all texts are times; `ends`: where each of them ends in `text`."""
    start = np.int64(0)
    for i in range(ends.size):
        out[i] = _moment(text, start, ends[i])
        if out[i] == _BAD:
            return False
        start = ends[i]
    return True


@lean
def _moment(text: Array, start: Any, end: Any) -> Any:
    if end - start < _SECONDS or text[start + 10] != _T:
        return np.int64(_BAD)
    day, second = _day(text, start), _second(text, start + 11)
    at = start + _SECONDS
    micros, scale = np.int64(0), np.int64(100_000)
    if at < end and text[at] == _DOT:
        at += 1
        while at < end and _digit(text, at) >= 0:
            micros += _digit(text, at) * scale
            scale //= 10
            at += 1
        if text[at - 1] == _DOT:
            return np.int64(_BAD)
    offset = _offset(text, at, end)
    if day < 0 or second < 0 or offset == _BAD:
        return np.int64(_BAD)
    return ((day * 1440 - offset) * 60 + second) * 1_000_000 + micros


@lean
def _digit(text: Array, at: Any) -> Any:
    digit = np.int64(text[at]) - _ZERO
    return digit if 0 <= digit <= 9 else np.int64(_BAD)


@lean
def _two(text: Array, at: Any) -> Any:
    """The number that two digits are; negative if they are none."""
    high, low = _digit(text, at), _digit(text, at + 1)
    return 10 * high + low if high >= 0 and low >= 0 else np.int64(_BAD)


@lean
def _second(text: Array, at: Any) -> Any:
    """The second of the day that hh:mm:ss is."""
    hour, minute, second = _two(text, at), _two(text, at + 3), _two(text, at + 6)
    well = text[at + 2] == _COLON and text[at + 5] == _COLON
    well &= 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60
    return (hour * 60 + minute) * 60 + second if well else np.int64(_BAD)


@lean
def _offset(text: Array, at: Any, end: Any) -> Any:
    """The minutes by which what stands at the end says that a clock is ahead."""
    if at == end or (at + 1 == end and text[at] == _Z):
        return np.int64(0)
    if at + 6 != end or text[at + 3] != _COLON or text[at] not in (_PLUS, _DASH):
        return np.int64(_BAD)
    hours, minutes = _two(text, at + 1), _two(text, at + 4)
    if not (0 <= hours < 24 and 0 <= minutes < 60):
        return np.int64(_BAD)
    ahead = hours * 60 + minutes
    return ahead if text[at] == _PLUS else -ahead


@lean
def _day(text: Array, at: Any) -> Any:
    """Days since 1970 of YYYY-MM-DD, by the Gregorian calendar.

    Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, `days_from_civil`.
    """
    century, years, month, day = _two(text, at), _two(text, at + 2), _two(text, at + 5), _two(text, at + 8)
    year = 100 * century + years
    if century < 0 or years < 0 or year < 1970 or text[at + 4] != _DASH or text[at + 7] != _DASH:
        return np.int64(_BAD)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 if month in (4, 6, 9, 11) else 31
    if month == 2:
        longest = 29 if leap else 28
    if month < 1 or month > 12 or day < 1 or day > longest:
        return np.int64(_BAD)
    shifted = year - 1 if month <= 2 else year
    era, of_era = shifted // 400, shifted % 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
