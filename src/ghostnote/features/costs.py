"""What features cost in memory, from their plans alone: before a single event is folded."""

from collections.abc import Sequence
from dataclasses import dataclass

from ghostnote.features.declaration import Feature
from ghostnote.features.fold import Fold
from ghostnote.features.plan import KindPlan

_INT64, _INT32 = 8, 4
#: Blocks have power-of-two sizes: on average they are three quarters full, and tables half.
_BLOCK_SLACK, _TABLE_SLACK = 4 / 3, 2


@dataclass(frozen=True)
class Cost:
    """One key kind's memory in bytes: `per_key`, whether or not anything is in a window; `per_event` in its longest
    window; `per_item`, for each different item of each table. `forgotten_days`: how long after its last event a key is
    forgotten; None if features ask for what never is. `purpose`: `features`, or `predicates` that rest on these.
    """

    key: str
    purpose: str
    features: int
    longest_window_days: float
    per_key: int
    per_event: int
    per_item: tuple[int, ...]
    forgotten_days: float | None

    def expected(self, keys: int, events: int) -> int:
        """Memory for so many keys and events in windows, every event with items of its own at worst."""
        return keys * self.per_key + events * (self.per_event + sum(self.per_item))


def costs(features: Sequence[Feature]) -> tuple[Cost, ...]:
    """The costs of all key kinds that `features` need."""
    fold = Fold(features)
    first = len({feature.by for feature in fold.first_features})
    return tuple(_cost(plan, "predicates" if place < first else "features") for place, plan in enumerate(fold.plans))


def _cost(plan: KindPlan, purpose: str) -> Cost:
    program = plan.program
    _, wide, narrow, _, _ = program.sizes.tolist()
    windows = program.windows.tolist()
    day = 24 * 3600 * 1e6
    horizon = int(program.horizon[0])
    pair = len(plan.key.columns) == 2
    return Cost(
        key=plan.key.name,
        purpose=purpose,
        features=len(plan.features),
        longest_window_days=windows[-1] / day if windows else 0.0,
        # A pair has an entry of 16 bytes in a dictionary that is at most 60 % full; every key has its head's place.
        per_key=program.template.size * _INT64 + _INT32 + (32 if pair else 0),
        per_event=round((wide * _INT64 + narrow * _INT32) * _BLOCK_SLACK) if windows else 0,
        per_item=tuple(round((_INT32 << int(row[3])) * _TABLE_SLACK) for row in program.items),
        forgotten_days=horizon / day if horizon > 0 else None,
    )
