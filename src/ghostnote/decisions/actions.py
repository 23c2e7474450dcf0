"""What is done to an account: evidence bounds what may be, expected cost chooses among it (Elkan, 2001)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from ghostnote.events.schema import PLANS

#: Actions that a confirmed account may meet, the strictest first.
VISIBLE = ("suspend", "limit", "challenge")
#: How each is told of in a sentence.
_DONE = {"suspend": "Suspended", "limit": "Limited", "challenge": "Challenged"}

Amount = Annotated[float, msgspec.Meta(ge=0.0, le=1e9)]


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an action costs and what it saves; amounts are in the policy's currency.

    stops: share of the money at stake that the action saves if the account is fraudulent.
    each: what it costs whoever the holder is: support, appeals.
    honest: what it costs besides if the holder is honest: a subscription, trust.
    honest_by_plan: the same for accounts on some plans; `honest` holds for all others.
    """

    stops: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    each: Amount = 0.0
    honest: Amount = 0.0
    honest_by_plan: dict[str, Amount] = {}

    def __post_init__(self) -> None:
        for plan in self.honest_by_plan:
            if plan not in PLANS:
                raise ValueError(f"there is no plan '{plan}', only {', '.join(PLANS)}")

    def expected(self, probability: float, stake: float, plan: str | None = None) -> float:
        """Expected cost of the action on an account that is fraudulent with a probability."""
        honest = self.honest if plan is None else self.honest_by_plan.get(plan, self.honest)
        return self.each + probability * (1.0 - self.stops) * stake + (1.0 - probability) * honest


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be done to a confirmed account, and at what cost. What has no table is not done.

    suspend: what suspending costs.
    limit: what limiting costs; without it no account is limited.
    challenge: what challenging a confirmed account costs; without it only accounts that somebody else may be playing on
        are challenged.
    days: for how many days to come an account is taken to go on earning as it did.
    """

    suspend: Cost = Cost(stops=1.0)
    limit: Cost | None = None
    challenge: Cost | None = None
    days: Annotated[int, msgspec.Meta(ge=1)] = 30

    def __post_init__(self) -> None:
        for name, cost in self.options.items():
            if cost.stops > self.suspend.stops:
                raise ValueError(f"'{name}' cannot stop more than 'suspend' does")

    @property
    def options(self) -> Mapping[str, Cost]:
        """The actions there are, the strictest first."""
        given = {"suspend": self.suspend, "limit": self.limit, "challenge": self.challenge}
        return {name: cost for name, cost in given.items() if cost is not None}

    @property
    def by_plan(self) -> bool:
        """Whether an account's plan must be known."""
        return any(cost.honest_by_plan for cost in self.options.values())


@dataclass(frozen=True)
class Standing:
    """All that an account's action follows from.

    `confirmed`: its evidence passed the bar and it is in a campaign, or a certain rule caught it, or it is there for
    targets alone. `aimed`: plays of it are for targets. `chosen`: it is among those that people can look at.
    `probability` is that of fraud, `stake` what it would earn in the days to come, in currency.
    """

    confirmed: bool = False
    aimed: bool = False
    chosen: bool = False
    probability: float = 0.0
    stake: float = 0.0
    plan: str | None = None


@dataclass(frozen=True)
class Choice:
    """An action, why in sentences, and what each action that was possible is expected to cost."""

    action: str
    reasons: tuple[str, ...] = ()
    expected: Mapping[str, float] = field(default_factory=dict)


def choose(standing: Standing, costs: Costs, currency: str = "EUR") -> Choice:
    """What is done to an account.

    Hard limits first: only who is confirmed can be suspended or limited, whatever it would save. Among what is then
    possible the least expected cost decides, and of equal costs the strictest action.
    """
    if not standing.confirmed:
        if standing.aimed:
            return Choice("challenge")
        return Choice("review" if standing.chosen else "allow")
    expected = {
        name: cost.expected(standing.probability, standing.stake, standing.plan) for name, cost in costs.options.items()
    }
    action = min(expected, key=lambda name: (expected[name], VISIBLE.index(name)))
    if action == "suspend":
        return Choice(action, (), expected)
    said = (
        f"{_DONE[action]}, not suspended: that is expected to cost {expected[action]:,.2f} {currency}, suspending "
        f"{expected['suspend']:,.2f} {currency}."
    )
    return Choice(action, (said,), expected)
