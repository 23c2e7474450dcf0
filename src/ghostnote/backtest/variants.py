"""The ways in which an evaluation judges the same days: with everything, and without one thing at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import RULES
from ghostnote.models.bundle import Bundle
from ghostnote.models.tails import Tails

#: More accounts than any service has: what needs so many never happens.
_NEVER = 1_000_000_000


@dataclass(frozen=True)
class Way:
    """One way to judge: a bundle and a policy, under a name and a description for people."""

    name: str
    description: str
    bundle: Bundle
    policy: Policy


def whole(bundle: Bundle, policy: Policy) -> Way:
    """Nothing left out."""
    return Way("everything", "All detectors and steps.", bundle, policy)


def without_detectors(bundle: Bundle, policy: Policy) -> tuple[Way, ...]:
    """One way for each detector or step of deciding that there is, which leaves it out of what was trained."""
    ways = []
    if bundle.day is not None:
        manifest = msgspec.structs.replace(bundle.manifest, day_curve=None)
        less = msgspec.structs.replace(bundle, day=None, manifest=manifest)
        ways.append(Way("account-day model", "No boosted trees on account-days.", less, policy))
    if bundle.play is not None:
        manifest = msgspec.structs.replace(bundle.manifest, play_curve=None, play_ceilings=None)
        less = msgspec.structs.replace(bundle, play=None, manifest=manifest)
        ways.append(Way("play model", "No boosted trees on plays: none is marked.", less, policy))
    manifest = msgspec.structs.replace(bundle.manifest, surprise_quantiles=[])
    less = msgspec.structs.replace(bundle, tails=Tails(), manifest=manifest)
    ways.append(Way("tails", "No surprise: nobody is a suspect for being odd.", less, policy))
    every = tuple(rule.name for rule in RULES)
    changes: Mapping[str, tuple[str, dict[str, object]]] = {
        "rules": ("No rule fires.", {"without_rules": every}),
        "groups": ("No campaign is large enough to count.", {"group_accounts": _NEVER}),
        "targets": ("No artist or owner is a target.", {"target_accounts": _NEVER}),
        "lockstep": (
            ("Lockstep is not looked for.", {"lockstep": False})
            if policy.lockstep
            else ("Lockstep is looked for; the policy does not.", {"lockstep": True})
        ),
    }
    for name, (description, change) in changes.items():
        named = f"with {name}" if change.get("lockstep") else name
        ways.append(Way(named, description, bundle, msgspec.structs.replace(policy, **change)))
    return tuple(ways)
