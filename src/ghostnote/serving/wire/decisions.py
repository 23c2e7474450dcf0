"""What was decided, and what became of a request: as it is answered, delivered and logged."""

import msgspec
from msgspec.structs import astuple


class Verdict(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was decided about an event, in the order in which the log keeps it.

    verdict: count, hold or exclude for a play; allow, challenge, limit, review or suspend for all others.
    score: calibrated probability of fraud; null where no model answers. marked: above the policy's ceiling of honest
    ones. account: what is done with the account as of the latest run of scoring. bundle, policy: what decided.
    would_be: the verdict that an untouched account is spared, null where none is; nothing is to be done about it.
    """

    verdict: str
    score: float | None
    marked: bool
    account: str
    reasons: tuple[str, ...]
    campaign_id: str | None
    bundle: str
    policy: str
    would_be: str | None = None

    def parts(self) -> tuple[str, float | None, bool, str, tuple[str, ...], str | None, str, str, str | None]:
        """What was decided, for whoever says more about it."""
        return astuple(self)


class Decided(Verdict, array_like=False, frozen=True, gc=False, kw_only=True):
    """What was decided about one event.

    verdict: count, hold or exclude for a play; allow, challenge, limit, review or suspend for all others.
    score: calibrated probability of fraud; null where no model answers. marked: above the policy's ceiling of honest
    ones. account: what is done with the account as of the latest run of scoring. position: its place in the order in
    which the service took events in. bundle, policy: what decided. would_be: the verdict that an untouched account is
    spared, null where none is; nothing is to be done about it. repeated: the event was known; this is what was decided
    when it came first.
    """

    event_id: str
    kind: str
    position: int
    repeated: bool = False


class Rejected(msgspec.Struct, frozen=True):
    """A row that breaks the contract: its number, from 1, and why."""

    row: int
    reason: str


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a batch: counts, rows that were rejected, decisions if they were asked for."""

    accepted: int
    repeated: int
    rejected: list[Rejected] = []
    decisions: list[Decided] | None = None
