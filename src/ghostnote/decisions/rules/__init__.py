"""Checks for what cannot be honest, or hardly: each a name, a description, a condition and a sentence of evidence.

Conditions read account-day features by name. A feature that is missing never fires a rule, unless its condition says
what it stands for. Every threshold states why an honest listener does not reach it; figures marked (facts) are the
extremes of real listening histories. None is fitted to anything, so that a rule holds where nobody has labels.

To be certain a rule must state what no account of a person can do, however many people use it and whatever goes wrong
with their client. All others only add to what else is known, and nobody is acted on for one of them alone.
"""

from ghostnote.decisions.rules.engagement import ENGAGEMENT
from ghostnote.decisions.rules.infrastructure import INFRASTRUCTURE
from ghostnote.decisions.rules.lengths import LENGTHS
from ghostnote.decisions.rules.rule import ONCE, Rule, counted_anew, hits
from ghostnote.decisions.rules.signups import SIGNUPS
from ghostnote.decisions.rules.volume import VOLUME

__all__ = ["ONCE", "RULES", "Rule", "counted_anew", "hits", "needed"]

RULES: tuple[Rule, ...] = (*VOLUME, *LENGTHS, *INFRASTRUCTURE, *SIGNUPS, *ENGAGEMENT)


def needed(*, certain_only: bool = False) -> frozenset[str]:
    """The account-day columns that the rules rest on; `certain_only`: those that act on their own."""
    return frozenset(name for rule in RULES if rule.certain or not certain_only for name in rule.needs)
