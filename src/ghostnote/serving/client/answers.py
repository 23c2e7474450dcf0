"""What the service answers, as the client gives it out. Fields that a newer service adds are ignored."""

from datetime import datetime
from typing import Any

import httpx
import msgspec

from ghostnote.errors import GhostnoteError


class ServiceError(GhostnoteError):
    """The service refused, or could not be reached. `status`: its HTTP status; None if there was no answer."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class Feature(msgspec.Struct, frozen=True):
    """A feature's value, beside the 5, 50 and 95 % of other accounts seen lately (None: unknown)."""

    value: float
    peers: tuple[float | None, ...]


class Account(msgspec.Struct, frozen=True):
    """How an account stands as of the latest run of scoring, and its features as of its last event."""

    account_id: str
    action: str
    campaign_id: str | None = None
    reasons: tuple[str, ...] = ()
    last_event: datetime | None = None
    features: dict[str, Feature] = {}


class Track(msgspec.Struct, frozen=True):
    """What the latest run of scoring found about a track: plays, the artificial share with its interval, its role."""

    track_id: str
    owner_id: str | None = None
    plays: int = 0
    listeners: int = 0
    artificial_plays: int = 0
    artificial_share: float | None = None
    low: float | None = None
    high: float | None = None
    role: str | None = None
    withheld_payout: float | None = None
    surprise: float | None = None
    watched: bool | None = None
    reasons: tuple[str, ...] | None = None


class Campaign(msgspec.Struct, frozen=True):
    """A campaign: how many accounts, tracks and owners, when, and what its plays earn."""

    campaign_id: str
    accounts: int
    tracks: int
    owners: int
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    plays: int = 0
    payout: float | None = None
    evidence: tuple[str, ...] | None = None


class Campaigns(msgspec.Struct, frozen=True):
    """The campaigns of a run of scoring, those that cost most first; `standing`: which run, None if there was none."""

    campaigns: tuple[Campaign, ...]
    standing: str | None = None


class Models(msgspec.Struct, frozen=True):
    """Who decides: each of champion, previous and challenger as the service tells it."""

    champion: dict[str, Any]
    previous: dict[str, Any] | None = None
    challenger: dict[str, Any] | None = None
    percent: float = 0.0
    policy: str = ""
    differences: dict[str, Any] | None = None


class Health(msgspec.Struct, frozen=True):
    """Whether the service works, and takes events in; the sentence that says why not; how many events it has."""

    alive: bool
    ready: bool
    reason: str | None = None
    position: int | None = None


class _Said(msgspec.Struct):
    error: str | None = None
    position: int | None = None


def sentence_of(answer: httpx.Response | httpx.HTTPError) -> str:
    """Why a request failed, as the service said it, or as the connection did."""
    if isinstance(answer, httpx.HTTPError):
        return (
            f"The service did not answer ({str(answer) or type(answer).__name__}): check its address and that it runs."
        )
    return _said(answer).error or f"The service answered {answer.status_code} without a reason: check the address."


def health_of(alive: httpx.Response | httpx.HTTPError, ready: httpx.Response | httpx.HTTPError) -> Health:
    """The answers of /healthz and /readyz in one. Raises ServiceError if one of them was not answered."""
    for answer in (alive, ready):
        if isinstance(answer, httpx.HTTPError):
            raise ServiceError(sentence_of(answer)) from answer
        if answer.status_code not in (200, 503):
            raise ServiceError(sentence_of(answer), answer.status_code)
    assert isinstance(alive, httpx.Response)
    assert isinstance(ready, httpx.Response)
    failed = next((answer for answer in (alive, ready) if not answer.is_success), None)
    reason = None if failed is None else sentence_of(failed)
    return Health(alive.is_success, ready.is_success, reason, _said(ready).position)


def _said(answer: httpx.Response) -> _Said:
    try:
        return msgspec.json.decode(answer.content, type=_Said)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Said()
