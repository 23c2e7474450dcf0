"""How a service pays: currency, pools and their revenue, who is eligible, what artificial plays cost. One TOML file."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec

from ghostnote.decisions.royalties.codes import COUNTRIES, CURRENCIES
from ghostnote.decisions.settings import nearest, read_settings
from ghostnote.errors import GhostnoteError
from ghostnote.events.schema import PLANS

#: Stands for the owner, country or plan that is not known.
UNKNOWN = "(unknown)"
#: Stands for a country or plan that does not tell pools apart.
ALL = "(all)"
#: What can tell pools apart.
POOL_KEYS = ("country", "plan")

_KNOWN = {"country": (*COUNTRIES, UNKNOWN), "plan": (*PLANS, UNKNOWN)}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
#: More than any service ever took in a month, and still whole cents in 64 bits.
_MOST = Decimal(10) ** 14

Whole = Annotated[int, msgspec.Meta(ge=0)]


class Eligibility(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on a track is paid: `streams` royalty-bearing plays, by `listeners` accounts or more, in the `months`
    calendar months that end with the period. With 0 streams and 0 listeners every track is.
    """

    streams: Whole = 1000
    months: Annotated[int, msgspec.Meta(ge=1, le=60)] = 12
    listeners: Whole = 0

    @property
    def wanted(self) -> bool:
        return self.streams > 0 or self.listeners > 0


class Penalty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a track costs its owner in a month in which the share `line` of its streams, or more, is artificial."""

    line: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.9
    per_track: Decimal = Decimal("10.00")


class Revenue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one pool took: `amount` in `month` (YYYY-MM; without one, in whatever period is settled)."""

    amount: Decimal
    month: str | None = None
    country: str | None = None
    plan: str | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the payout follows from. Every field has a default; a TOML file changes the ones that it names.

    currency: of all amounts (ISO 4217).
    royalty_ms: milliseconds from which a play is royalty-bearing (the 30-second rule).
    pool_by: what tells pools apart: country, plan, both or, if empty, nothing.
    revenue: what each pool took; a row names a month (or none) and exactly what tells pools apart.
    rights_holders_share: share of the revenue that is shared out, above 0, at most 1.
    payout_per_play: what a pool without revenue is worth per royalty-bearing play.
    eligibility: from when on a track is paid.
    penalty: what artificial streams cost the owner of a track.
    """

    currency: str = "EUR"
    royalty_ms: Whole = 30_000
    pool_by: tuple[str, ...] = POOL_KEYS
    revenue: tuple[Revenue, ...] = ()
    rights_holders_share: Decimal = Decimal(1)
    payout_per_play: Decimal = Decimal("0.004")
    eligibility: Eligibility = Eligibility()
    penalty: Penalty = Penalty()

    @property
    def digits(self) -> int:
        """How many digits follow the point in an amount."""
        return CURRENCIES[self.currency]


def load_terms(path: Path | None) -> Terms:
    """The terms in a TOML file, or the default ones; an unknown key or name, or an impossible value, is a
    `GhostnoteError`.
    """
    if path is None:
        return Terms()
    terms = read_settings(path, Terms, "The file of terms")
    for what in _faults(terms):
        raise GhostnoteError(f"The file of terms {path} is impossible: {what}{'' if what[-1] in '.?' else '.'}")
    return terms


def _faults(terms: Terms) -> list[str]:
    if terms.currency not in CURRENCIES:
        return [f"there is no currency '{terms.currency}'{_near(terms.currency, tuple(CURRENCIES), 'ISO 4217')}"]
    found = [
        f"pool_by has '{key}', which tells no pools apart{nearest(key, POOL_KEYS)}"
        for key in terms.pool_by
        if key not in POOL_KEYS
    ]
    if len(set(terms.pool_by)) < len(terms.pool_by):
        found.append("pool_by names something twice")
    share = terms.rights_holders_share
    if not (share.is_finite() and 0 < share <= 1):
        found.append(f"rights_holders_share is {share}: it is above 0 and at most 1")
    found += _wrong_amount("payout_per_play", terms.payout_per_play, None)
    found += _wrong_amount("penalty.per_track", terms.penalty.per_track, terms)
    return found or [fault for row in terms.revenue for fault in _wrong_row(row, terms)] or _repeated(terms)


def _wrong_row(row: Revenue, terms: Terms) -> list[str]:
    found = []
    if row.month is not None and not _MONTH.fullmatch(row.month):
        found.append(f"revenue has the month '{row.month}': write it as YYYY-MM")
    for key in POOL_KEYS:
        name = getattr(row, key)
        if key not in terms.pool_by and name is not None:
            found.append(f"revenue names the {key} '{name}', and pool_by does not tell pools apart by {key}")
        elif key in terms.pool_by and name is None:
            found.append(f"revenue of {row.amount} names no {key}, and pool_by tells pools apart by it")
        elif name is not None and name not in _KNOWN[key]:
            found.append(f"revenue has an unknown {key} '{name}'{_near(name, _KNOWN[key], 'ISO 3166')}")
    return found + _wrong_amount(f"revenue of {named(row)}", row.amount, terms)


def _near(name: str, known: tuple[str, ...], standard: str) -> str:
    """`nearest`, for codes: what differs in case is nearest, and a long list is named and not spelt out."""
    hint = nearest(name.upper() if name.upper() in known else name, known)
    return f": give a code of {standard}" if "one of" in hint and len(known) > 20 else hint


def _wrong_amount(what: str, amount: Decimal, terms: Terms | None) -> list[str]:
    """With `terms`, it must be whole cents."""
    if not amount.is_finite():
        return [f"{what} is {amount}: give an amount"]
    if amount < 0:
        return [f"{what} is {amount}: an amount cannot be negative"]
    if amount >= _MOST:
        return [f"{what} is {amount}: that is more than can be"]
    if terms is not None and amount.scaleb(terms.digits) % 1:
        return [f"{what} is {amount}: {terms.currency} has {terms.digits} digits after the point"]
    return []


def _repeated(terms: Terms) -> list[str]:
    counts = Counter((row.month, row.country, row.plan) for row in terms.revenue)
    twice = [row for row in terms.revenue if counts[row.month, row.country, row.plan] > 1]
    # Without a month it holds for any, so that one with a month would add to it or contradict it.
    free = {(row.country, row.plan) for row in terms.revenue if row.month is None}
    both = [row for row in terms.revenue if row.month is not None and (row.country, row.plan) in free]
    return [f"revenue of {named(row)} is given more than once" for row in (*twice, *both)]


def named(row: Revenue) -> str:
    """A row's pool and month in words.

    >>> named(Revenue(amount=Decimal(1), month="2026-03", country="DE", plan="free"))
    'DE/free in 2026-03'
    """
    pool = "/".join(name for name in (row.country, row.plan) if name is not None)
    return f"{pool or 'the one pool'}{f' in {row.month}' if row.month else ''}"


def month_of(day: date) -> str:
    """The month of a day as terms write it.

    >>> month_of(date(2026, 3, 31))
    '2026-03'
    """
    return f"{day:%Y-%m}"
