"""Which bundle decides: a champion, and a challenger that is asked beside it, or decides about some of the accounts."""

import zlib
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghostnote.decisions.policy import Policy
from ghostnote.decisions.standing import Standing
from ghostnote.errors import GhostnoteError
from ghostnote.features.arriving import Rows
from ghostnote.features.declaration import Feature
from ghostnote.models.bundle import Bundle, digest_of
from ghostnote.models.manifest import SHORT
from ghostnote.scoring.live import Live
from ghostnote.serving.engine.deciding import Asked, decided
from ghostnote.serving.wire.columns import Events
from ghostnote.serving.wire.decisions import Verdict
from ghostnote.serving.wire.verdicts import Verdicts

_LATEST = 500


@dataclass(frozen=True)
class Model:
    """A bundle that can be asked. `name` is the start of its digest, `path` where it was loaded from."""

    name: str
    path: str
    live: Live

    @classmethod
    def of(cls, bundle: Bundle, path: Path, policy: Policy, folded: Sequence[Feature]) -> "Model":
        """Raises GhostnoteError if the bundle rests on features that are not folded."""
        try:
            return cls(digest_of(bundle)[:SHORT], str(path), Live(bundle, policy, folded))
        except KeyError as error:
            raise GhostnoteError(
                f"The bundle {path} rests on the feature {error.args[0]}, which this service does not fold: stop it, "
                "and start it with this bundle, which folds its history again."
            ) from None


@dataclass
class Differences:
    """How a challenger would have decided otherwise, since it is one.

    `verdicts`: how often which pair of verdicts, champion's first. `marks`: how often both, one or none marked.
    `apart`: the sum of differences between scores, and of how many. `latest`: single events of other verdicts or marks.
    `since`: when it was first written down; None until then.
    """

    events: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    marks: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    apart: float = 0.0
    scored: int = 0
    since: datetime | None = None
    latest: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_LATEST))


class Rollout:
    """Decides about events; the accounts below `percent`, by a hash of their id, are the challenger's.

    Replacing a part takes effect with the next call. `policy` names the policy.
    """

    def __init__(self, champion: Model, policy: str, standing: Standing | None = None) -> None:
        self.champion, self.policy = champion, policy
        self.standing = standing or Standing()
        self.previous: Model | None = None
        self.challenger: Model | None = None
        self.percent = 0.0
        self.differences = Differences()

    @property
    def models(self) -> tuple[Model, ...]:
        """All that may have to decide, the champion first."""
        return tuple(model for model in (self.champion, self.challenger, self.previous) if model is not None)

    def decide(self, events: Events, rows: Rows, values: NDArray[np.float32]) -> Verdicts:
        """One verdict an event; see `inline.decide_inline`."""
        asked = Asked(events, rows.get("artist_id") or [None] * len(events), self.standing)
        champion, challenger = self.champion, self.challenger
        made = self._of(champion, asked, values)
        if challenger is None:
            return made
        theirs = self._of(challenger, asked, values)
        self._compare(events, made, theirs)
        mixed = zip(events.accounts, made, theirs, strict=True)
        return Verdicts.of([other if self.is_challengers(account) else one for account, one, other in mixed])

    def is_challengers(self, account: str) -> bool:
        """Whether the challenger decides about an account: the same answer every time, whatever the percentage was."""
        return self.percent > 0 and zlib.crc32(account.encode()) % 10_000 < 100 * self.percent

    def _of(self, model: Model, asked: Asked, values: NDArray[np.float32]) -> Verdicts:
        weighed = model.live.weighed(asked.events.kinds, values)
        return decided(asked, weighed, model.live.policy.untouched, bundle=model.name, policy=self.policy)

    def _compare(self, events: Sequence[Any], made: Sequence[Verdict], theirs: Sequence[Verdict]) -> None:
        found = self.differences
        found.events += len(events)
        for event, one, other in zip(events, made, theirs, strict=True):
            found.verdicts[one.verdict, other.verdict] += 1
            found.marks[one.marked, other.marked] += 1
            if one.score is not None and other.score is not None:
                found.apart += abs(one.score - other.score)
                found.scored += 1
            if one.verdict != other.verdict or one.marked != other.marked:
                found.latest.append(
                    {
                        "event_id": event.event_id,
                        "champion": [one.verdict, one.score, one.marked],
                        "challenger": [other.verdict, other.score, other.marked],
                    }
                )

    # --- changing who decides ----------------------------------------------------------------------------------------

    def challenge(self, model: Model, percent: float = 0.0) -> None:
        """Ask another bundle beside the champion, and let it decide about a share of accounts."""
        self.challenger, self.percent = model, percent
        self.differences = Differences()

    def promote(self) -> None:
        """The challenger becomes the champion. Raises GhostnoteError if there is none."""
        if self.challenger is None:
            raise GhostnoteError("There is no challenger to promote: name one first.")
        self.previous, self.champion = self.champion, self.challenger
        self.withdraw()

    def roll_back(self) -> None:
        """The champion before this one decides again; without one, the challenger decides about nobody."""
        if self.previous is not None:
            self.champion, self.previous = self.previous, None
        self.withdraw()

    def withdraw(self) -> None:
        """Nobody is asked beside the champion."""
        self.challenger, self.percent = None, 0.0
