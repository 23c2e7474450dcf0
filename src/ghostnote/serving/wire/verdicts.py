"""What was decided about many events: what most have in common is kept once, scores and marks beside it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghostnote.serving.wire.decisions import Verdict


class Verdicts(Sequence[Verdict]):
    """One verdict an event, in order; each is made anew when somebody asks for it.

    `said`: different verdicts, their scores and marks left out. `which`: (events,) int32, the place among them of each
    event's. `scores`: (events,) float64, NaN for none. `marked`: (events,) bool.
    """

    __slots__ = ("marked", "said", "scores", "which")

    def __init__(
        self,
        said: Sequence[Verdict],
        which: NDArray[np.int32],
        scores: NDArray[np.float64],
        marked: NDArray[np.bool_],
    ) -> None:
        self.said, self.which, self.scores, self.marked = said, which, scores, marked

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> "Verdicts":
        """The same verdicts; if they are kept in this way already, they are handed back."""
        if isinstance(verdicts, Verdicts):
            return verdicts
        said: dict[Verdict, int] = {}
        which = [said.setdefault(plain(made), len(said)) for made in verdicts]
        scores = [np.nan if made.score is None else made.score for made in verdicts]
        return cls(
            list(said),
            np.array(which, dtype=np.int32),
            np.array(scores, dtype=np.float64),
            np.array([made.marked for made in verdicts], dtype=np.bool_),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Verdicts]") -> "Verdicts":
        """All of them, one after the other."""
        said: dict[Verdict, int] = {}
        which = [
            np.array([said.setdefault(made, len(said)) for made in part.said], dtype=np.int32)[part.which]
            for part in parts
        ]
        none = np.zeros(0, dtype=np.int32)
        return cls(
            list(said),
            np.concatenate([none, *which]),
            np.concatenate([none.astype(np.float64), *(part.scores for part in parts)]),
            np.concatenate([none.astype(np.bool_), *(part.marked for part in parts)]),
        )

    def counts(self, kinds: Sequence[str]) -> Counter[tuple[str, str]]:
        """How many events of each kind got which verdict; `kinds` are the events'."""
        found: Counter[tuple[str, str]] = Counter()
        if not kinds:
            return found
        if kinds.count(kinds[0]) == len(kinds):
            for made, count in zip(self.said, np.bincount(self.which, minlength=len(self.said)).tolist(), strict=True):
                found[kinds[0], made.verdict] += count
            return +found
        for (kind, which), count in Counter(zip(kinds, self.which.tolist(), strict=True)).items():
            found[kind, self.said[which].verdict] += count
        return found

    def __len__(self) -> int:
        return len(self.which)

    @overload
    def __getitem__(self, place: int) -> Verdict: ...
    @overload
    def __getitem__(self, place: slice) -> "Verdicts": ...
    def __getitem__(self, place: int | slice) -> "Verdict | Verdicts":
        if isinstance(place, slice):
            return Verdicts(self.said, self.which[place], self.scores[place], self.marked[place])
        return scored(self.said[self.which[place]], float(self.scores[place]), bool(self.marked[place]))

    def __iter__(self) -> Iterator[Verdict]:
        for which, score, marked in zip(self.which.tolist(), self.scores.tolist(), self.marked.tolist(), strict=True):
            yield scored(self.said[which], score, marked)


def plain(made: Verdict) -> Verdict:
    """A verdict without what is each event's own."""
    return msgspec.structs.replace(made, score=None, marked=False)


def scored(said: Verdict, score: float, marked: bool) -> Verdict:
    """A verdict with an event's own score, NaN for none, and mark."""
    return Verdict(
        said.verdict,
        score if score == score else None,  # noqa: PLR0124 (NaN)
        marked,
        said.account,
        said.reasons,
        said.campaign_id,
        said.bundle,
        said.policy,
        said.would_be,
    )
