"""A circuit breaker: what acts on far more accounts than it ever did is held for people to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

#: Chance that a count as true as an earlier one lies above the bound that is taken for its rate.
_MISSED = 0.025


class Breaker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a rule, a model or a step acts on so many accounts that what it decided is held.

    factor: how many times the highest earlier rate is still believed.
    least_accounts: so few accounts never trip it.
    least_runs: earlier runs that there must be to compare with; with fewer nothing trips.
    recent_runs: how many of the latest runs count as history.
    """

    factor: Annotated[float, msgspec.Meta(ge=1.0, le=1e6)] = 3.0
    least_accounts: Annotated[int, msgspec.Meta(ge=1)] = 20
    least_runs: Annotated[int, msgspec.Meta(ge=1)] = 3
    recent_runs: Annotated[int, msgspec.Meta(ge=1)] = 30

    def __post_init__(self) -> None:
        if self.least_runs > self.recent_runs:
            raise ValueError(f"{self.least_runs} earlier runs cannot be among the latest {self.recent_runs}")


@dataclass(frozen=True)
class Acts:
    """How many accounts each source acted on in a run, among how many account-days.

    A source that is not named acted on none; of those in `unknown` the run says nothing.
    """

    accounts: Mapping[str, int]
    account_days: int
    unknown: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Trip:
    """A source that acted on `accounts`, where at most `bound` were to be expected from `runs` earlier runs."""

    source: str
    accounts: int
    bound: int
    highest: float
    runs: int

    @property
    def said(self) -> str:
        """What tripped, by how much, in a sentence."""
        return (
            f"{self.source} acted on {self.accounts:,} accounts; from {self.runs:,} earlier runs (at most "
            f"{1000 * self.highest:,.2f} in 1,000 account-days) no more than {self.bound:,} were to be expected"
        )


def tripped(now: Acts, earlier: Sequence[Acts], limits: Breaker) -> list[Trip]:
    """The sources that acted on more accounts than their history allows, by name. `earlier` runs are in order.

    A source's rate is accounts acted on by account-day. Its bound is `factor` times the highest of its earlier rates,
    each of them taken at the upper end of its exact Poisson interval (Garwood, 1936), so that few or small runs bound
    little. Runs in `earlier` that do not know of a source do not count for it.
    """
    if not now.account_days:
        return []
    found = []
    for source, accounts in sorted(now.accounts.items()):
        known = [acts for acts in earlier if acts.account_days and source not in acts.unknown][-limits.recent_runs :]
        if accounts < limits.least_accounts or len(known) < limits.least_runs:
            continue
        counts = [(acts.accounts.get(source, 0), acts.account_days) for acts in known]
        rate = max(upper(count) / days for count, days in counts)
        bound = int(limits.factor * rate * now.account_days)
        if accounts > max(bound, limits.least_accounts - 1):
            found.append(Trip(source, accounts, bound, max(count / days for count, days in counts), len(known)))
    return found


def upper(count: int) -> float:
    """The largest mean of a Poisson count that a count as low as this is not surprising for (97.5 %)."""
    # A service that starts need not wait for its import.
    from scipy.special import gammaincinv

    return float(gammaincinv(count + 1, 1.0 - _MISSED))
