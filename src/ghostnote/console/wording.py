"""Numbers, money, times and ids as people read them. Ids come from outside: they are cleaned before they are shown."""

import math
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

#: Keeps a number and its unit on one line.
NBSP = "\u00a0"
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
#: What is done to accounts, as it is told; "any" is all that a holder notices.
DONE = {
    "suspend": "suspended",
    "limit": "limited",
    "challenge": "challenged",
    "review": "put up for review",
    "any": "acted on",
}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def number(value: float | None, digits: int = 0) -> str:
    """With thousands separators; an unknown number is a dash.

    >>> number(1234567), number(12.345, 1), number(None)
    ('1,234,567', '12.3', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "\u2212")


def a_day(value: float | None) -> str:
    """A rate, with one digit after the point where it is small.

    >>> a_day(0.0), a_day(0.5), a_day(889.67), a_day(None)
    ('0', '0.5', '890', '–')
    """
    return number(value, 1 if value and abs(value) < 10 else 0)


def counted(count: int, noun: str, plural: str = "") -> str:
    r"""A count with its noun.

    >>> counted(1, "account"), counted(4100, "account"), counted(2, "play", "plays")
    ('1\xa0account', '4,100\xa0accounts', '2\xa0plays')
    """
    return f"{number(count)}{NBSP}{noun if count == 1 else plural or noun + 's'}"


def share(value: float | None) -> str:
    r"""A share as per cent with as many digits as it deserves; never rounded up to all or down to nothing.

    >>> [share(x).replace("\xa0", " ") for x in (0, 0.00001, 0.00123, 0.0312, 0.41, 0.9999, 1)]
    ['0 %', '< 0.01 %', '0.12 %', '3.1 %', '41 %', '99.9 %', '100 %']
    """
    if value is None or not math.isfinite(value):
        return "–"
    if 0 < value < 0.0001:
        text = f"<{NBSP}0.01"
    elif 0.995 <= value < 1:
        text = f"{math.floor(value * 1000) / 10:.1f}"
    elif value in (0, 1):
        text = f"{value * 100:.0f}"
    else:
        text = f"{value * 100:,.{2 if value < 0.00995 else 1 if value < 0.0995 else 0}f}"
    return f"{text}{NBSP}%"


def money(amount: float | None, currency: str) -> str:
    r"""An amount in its currency; the smaller, the more digits.

    >>> [money(x, "EUR") for x in (1234.6, 3.456, 0.0034, 0, -12)], money(5, "SEK")
    (['€1,235', '€3.46', '€0.0034', '€0', '−€12'], 'SEK\xa05.00')
    """
    if amount is None or not math.isfinite(amount):
        return "–"
    size = abs(amount)
    digits = 0 if size >= 100 or size == round(size) >= 10 or size == 0 else 2 if size >= 0.01 else 4
    text = number(size, digits)
    code = clean(currency)
    sign = "\u2212" if amount < 0 and text.strip("0.,") else ""
    return f"{sign}{_SYMBOLS[code]}{text}" if code in _SYMBOLS else f"{sign}{code}{NBSP}{text}"


def day(value: date | None, *, year: bool = True) -> str:
    r"""A day.

    >>> day(date(2026, 3, 4)), day(date(2026, 3, 4), year=False)
    ('4\xa0March\xa02026', '4\xa0March')
    """
    if value is None:
        return "–"
    return f"{value.day}{NBSP}{value:%B}" + (f"{NBSP}{value:%Y}" if year else "")


def days(start: date, end: date) -> str:
    r"""A span of days, both included.

    >>> days(date(2026, 3, 4), date(2026, 3, 17)).replace("\xa0", " ")
    '4 to 17 March 2026'
    """
    if start == end:
        return day(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day(end)}"
    return f"{day(start, year=start.year != end.year)} to {day(end)}"


def moment(value: datetime | None) -> str:
    r"""A time to the minute, UTC.

    >>> moment(datetime(2026, 3, 4, 9, 5)).replace("\xa0", " ")
    '4 Mar 09:05'
    """
    return "–" if value is None else f"{value.day}{NBSP}{value:%b}{NBSP}{value:%H:%M}"


def hours(value: float | None) -> str:
    r"""A duration given in hours.

    >>> [hours(x).replace("\xa0", " ") for x in (0.25, 5, 60)]
    ['15 min', '5.0 h', '2.5 days']
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value < 1:
        return f"{value * 60:.0f}{NBSP}min"
    return f"{value:.1f}{NBSP}h" if value < 48 else f"{value / 24:.1f}{NBSP}days"


def clean(text: str | None) -> str:
    r"""Text from outside without what cannot be seen: control, direction-changing and unassigned characters.

    >>> clean("tr\x1b[31m\u202eack\n")
    'tr[31mack'
    """
    if text is None:
        return ""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE)


def short(text: str | None, width: int = 28) -> str:
    """An id that fits: its middle gives way.

    >>> short("abcdefghijklmnop", 9)
    'abcd…mnop'
    """
    seen = clean(text) or "–"
    if len(seen) <= width:
        return seen
    tail = (width - 1) // 2
    return f"{seen[: width - 1 - tail]}…{seen[-tail:]}"


def labels(ids: Sequence[str | None], width: int = 22) -> list[str]:
    """Short labels for the rows of a chart, all different even where the ids differ only in the middle.

    >>> labels(["aaaaaaa1zzzz", "aaaaaaa2zzzz", None], 5)
    ['aa…zz', 'aa…zz (2)', '–']
    """
    seen: dict[str, int] = {}
    result = []
    for text in ids:
        label = short(text, width)
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return result
