"""When an action is carried out, and whether the holder is told: an attacker who is hit at once learns by what."""

import hashlib
import math
from statistics import NormalDist
from typing import Annotated

import msgspec

_NORMAL = NormalDist()


class Delay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long after the end of the period an action is carried out: log-normal, cut off above.

    median_hours: half of the accounts wait less, half more; 0: nobody waits.
    spread: standard deviation of the waiting time's logarithm; with 0 all wait equally long.
    longest_hours: nobody waits longer.
    told: whether the holder is told; if not, the service just does it.
    """

    median_hours: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    spread: Annotated[float, msgspec.Meta(ge=0.0, le=3.0)] = 0.0
    longest_hours: Annotated[float, msgspec.Meta(gt=0.0, le=8760.0)] = 168.0
    told: bool = True

    def __post_init__(self) -> None:
        if self.median_hours > self.longest_hours:
            raise ValueError(
                f"half of the accounts cannot wait more than {self.median_hours:g} hours if nobody waits longer than "
                f"{self.longest_hours:g}"
            )


class Enforcement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How each action is carried out.

    challenge: accounts asked to prove who they are.
    limit: accounts that may do less.
    suspend: accounts that may do nothing.
    """

    challenge: Delay = Delay()
    limit: Delay = Delay()
    suspend: Delay = Delay()

    def of(self, action: str) -> Delay | None:
        """How an action is carried out; None for one that nobody notices."""
        return {"challenge": self.challenge, "limit": self.limit, "suspend": self.suspend}.get(action)


def waiting_hours(account_id: str, action: str, delay: Delay, key: bytes) -> float:
    """Hours that an account waits for an action: the same whenever it is asked, and unforeseeable without the key.

    The draw follows from a hash of account and action under `key` (up to 64 bytes).
    """
    if not delay.median_hours or not delay.spread:
        return delay.median_hours
    named = f"{action}:{account_id}".encode()
    drawn = int.from_bytes(hashlib.blake2b(named, digest_size=6, key=key[:64], person=b"delay").digest(), "big")
    most = _NORMAL.cdf(math.log(delay.longest_hours / delay.median_hours) / delay.spread)
    hours = delay.median_hours * math.exp(delay.spread * _NORMAL.inv_cdf((drawn + 0.5) / 2**48 * most))
    return min(hours, delay.longest_hours)
