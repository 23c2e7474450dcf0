"""Royalties play by play, in plain Python and fractions: slow, and easy to believe."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

K = TypeVar("K")
Pool = tuple[str, str]


@dataclass(frozen=True)
class Play:
    """A royalty-bearing play or a shorter one, of a track in a pool, and what was decided about it."""

    pool: Pool
    track: str
    paying: bool
    verdict: str


def split(cents: int, weights: Mapping[K, int]) -> dict[K, int]:
    """Hand every whole cent to whoever is owed most of it."""
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    owed = {name: Fraction(cents * weight, total) for name, weight in weights.items()}
    got = {name: int(share) for name, share in owed.items()}
    waiting = sorted(weights, key=lambda name: (got[name] - owed[name], name))
    for name in waiting[: cents - sum(got.values())]:
        got[name] += 1
    return got


def by_pool(
    plays: Sequence[Play], owner_of: Mapping[str, str], cents: Mapping[Pool, int], paid: Mapping[str, tuple[bool, bool]]
) -> dict[tuple[Pool, str], tuple[int, int, int]]:
    """Cents before, after and held of each owner in each pool; `paid`: whether a track is eligible before and after."""
    found = {}
    for pool, pot in cents.items():
        before: dict[str, int] = defaultdict(int)
        after: dict[tuple[str, str], int] = defaultdict(int)
        for play in plays:
            if play.pool != pool:
                continue
            owner = owner_of[play.track]
            eligible_before, eligible_after = paid[play.track]
            before[owner] += play.paying and eligible_before
            after[owner, "a"] += play.paying and eligible_after and play.verdict == "count"
            after[owner, "held"] += play.paying and eligible_after and play.verdict == "hold"
        first, second = split(pot, before), split(pot, after)
        for owner in before:
            found[pool, owner] = (first[owner], second[owner, "a"], second[owner, "held"])
    return found
