"""What a team is willing to risk and to pay: the numbers from which thresholds follow. One TOML file."""

import math
from pathlib import Path
from typing import Annotated

import msgspec

from ghostnote.decisions.actions import Costs
from ghostnote.decisions.breaker import Breaker
from ghostnote.decisions.ceilings import Ceiling
from ghostnote.decisions.enforcement import Enforcement
from ghostnote.decisions.rules import RULES, Rule
from ghostnote.decisions.settings import nearest, read_settings
from ghostnote.decisions.untouched import Untouched
from ghostnote.errors import GhostnoteError

Share = Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ceilings, budgets and prices. Every field has a default; a TOML file changes the ones that it names.

    honest_account_ceiling: largest acceptable share of honest accounts acted on.
    honest_mark_ceiling: largest acceptable share of honest plays marked by their own score. A mark alone does nothing:
        plays are excluded where several accounts' marks meet on one target.
    honest_signup_ceiling: largest acceptable share of honest sign-ups challenged by their own score before they go
        through, by whoever asks while they happen. None is refused: a sign-up alone earns nobody anything.
    reviews_per_day: accounts that people can look at in a day, the alert budget.
    track_alerts_per_day: tracks that people can look at in a day, for whose audiences are odd.
    day_cap: most evidence (log-odds) that one day of one account can bring; being tied to a group brings as much once.
    suspect_ratio: evidence (log-odds) from which an account may be reviewed, and be tied to others like it; in a
        campaign most of whose accounts are confirmed it confirms the rest.
    hold_ratio: evidence (log-odds) from which a tied account's plays are held until it is confirmed or cleared.
    group_accounts: smallest group of suspects, tied by what hardly anybody else touches, that counts as a campaign.
    lockstep: whether accounts in lockstep are looked for among all accounts, not only among suspects.
    hold_days: for how many days before the end of the period unconfirmed plays stay held; older ones count.
    target_accounts: accounts that must agree before plays are excluded because of what they are aimed at: as many
        as make a campaign, and more than share a household.
    target_share: mean share of marked plays, over a target's accounts, from which it is one.
    dedicated_days: active days from which an account that plays its targets on nearly all of them is acted on as well.
    payout_per_play: what the pool pays for a royalty-bearing play, in `currency`.
    royalty_ms: milliseconds from which a play is royalty-bearing (the 30-second rule).
    currency: how money is called.
    double_review_share: share of cases, drawn by their ids, that two people must agree on before anything happens.
    double_review_money: money at stake, in `currency`, from which two people must agree.
    without_rules: names of rules that are switched off.
    costs: what each action on a confirmed account costs and saves; the least expected cost decides.
    ceilings: at most how many accounts of a cohort are acted on.
    enforcement: how long after the end of the period each action is carried out, and whether the holder is told.
    breaker: when decisions of something that acts on far more accounts than ever before are held.
    untouched: a random share of accounts that is judged and left alone, to see what actions would have met.
    """

    honest_account_ceiling: Share = 1e-4
    honest_mark_ceiling: Share = 1e-2
    honest_signup_ceiling: Share = 1e-3
    reviews_per_day: Annotated[int, msgspec.Meta(ge=0)] = 25
    track_alerts_per_day: Annotated[int, msgspec.Meta(ge=0)] = 5
    day_cap: Annotated[float, msgspec.Meta(gt=0.0)] = 4.7
    suspect_ratio: Annotated[float, msgspec.Meta(gt=0.0)] = 3.0
    hold_ratio: Annotated[float, msgspec.Meta(gt=0.0)] = 4.6
    group_accounts: Annotated[int, msgspec.Meta(ge=3)] = 5
    lockstep: bool = True
    hold_days: Annotated[int, msgspec.Meta(ge=0)] = 3
    target_accounts: Annotated[int, msgspec.Meta(ge=2)] = 5
    target_share: Share = 0.6
    dedicated_days: Annotated[int, msgspec.Meta(ge=2)] = 5
    payout_per_play: Annotated[float, msgspec.Meta(ge=0.0)] = 0.004
    royalty_ms: Annotated[int, msgspec.Meta(ge=0)] = 30_000
    currency: str = "EUR"
    double_review_share: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.1
    double_review_money: Annotated[float, msgspec.Meta(ge=0.0)] = 1000.0
    without_rules: tuple[str, ...] = ()
    costs: Costs = Costs()
    ceilings: tuple[Ceiling, ...] = ()
    enforcement: Enforcement = Enforcement()
    breaker: Breaker = Breaker()
    untouched: Untouched = Untouched()

    @property
    def account_bar(self) -> float:
        """Evidence, in log-odds, at which an account is acted on: `ln(1 / honest_account_ceiling)`."""
        return math.log(1.0 / self.honest_account_ceiling)

    @property
    def by_cohort(self) -> bool:
        """Whether decisions need to know when and how accounts signed up."""
        return bool(self.ceilings) or self.costs.by_plan

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are not switched off."""
        return tuple(rule for rule in RULES if rule.name not in self.without_rules)


def load_policy(path: Path | None) -> Policy:
    """The policy in a TOML file, or the default one; an unknown key or an impossible value is a `GhostnoteError`."""
    if path is None:
        return Policy()
    policy = read_settings(path, Policy, "The policy")
    known = [rule.name for rule in RULES]
    for name in policy.without_rules:
        if name not in known:
            raise GhostnoteError(f"The policy {path} switches off an unknown rule '{name}'{nearest(name, known)}")
    return policy
