"""Opinions on events one call at a time: the same detectors and rules that judge a day, asked about each event."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.inline import Opinion
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import Rule
from ghostnote.features.account_days import averaged, day_names
from ghostnote.features.declaration import Feature
from ghostnote.models.bundle import Bundle
from ghostnote.scoring.judge import Judge

NOTHING = Opinion()


@dataclass(frozen=True)
class _Asked:
    """Rules that can be asked about events, and where the columns that they need are among the features.

    `floors`: columns and numbers, of which a row must reach one for any rule to fire; none: any row may.
    """

    rules: tuple[Rule, ...]
    names: tuple[str, ...]
    columns: NDArray[np.intp]
    floors: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Weighed:
    """What is thought of each of many events, as `Opinion` says it of one.

    `scores`: (events,) float64, NaN for none. `marked`: (events,) bool. `fired`: by event those rules that fire, with a
    sentence each.
    """

    scores: NDArray[np.float64]
    marked: NDArray[np.bool_]
    fired: dict[int, tuple[tuple[Rule, str], ...]]


class Live:
    """A bundle and a policy, asked about events with the features that a fold gave them.

    `folded` are the fold's features, in order: at least those of `Judge.folded`; the order of the columns in every
    call's `values`.
    """

    def __init__(self, bundle: Bundle, policy: Policy, folded: Sequence[Feature] | None = None) -> None:
        self.judge = Judge(bundle, policy)
        self.policy = policy
        self.folded = tuple(folded or self.judge.folded)
        place = {feature.name: column for column, feature in enumerate(self.folded)}
        self._columns = np.array([place[feature.name] for feature in self.judge.folded], dtype=np.intp)
        self._reorder = not np.array_equal(self._columns, np.arange(len(self._columns)))
        self._marks = self.judge.play_threshold, self.judge.signup_threshold
        self._asks = self.judge.play_scores, self.judge.signup_scores
        own = {feature.name for feature in self.judge.folded if not averaged(feature)}
        # As of any event, what a rule asks of the account itself is known; what it asks of a day's mean is not, but for
        # an account's first event, which is all of its day so far.
        self._at_signup = self._asked(policy.rules)
        self._at_others = self._asked([rule for rule in policy.rules if rule.certain and own.issuperset(rule.needs)])

    def opinions(self, kinds: Sequence[str], values: NDArray[np.float32]) -> list[Opinion]:
        """One for each event: `kinds` are signup, login, play or action, `values` (events, features) float32."""
        found = self.weighed(kinds, values)
        scores = [None if score != score else score for score in found.scores.tolist()]  # noqa: PLR0124 (NaN)
        both = zip(scores, found.marked.tolist(), strict=True)
        made = [NOTHING if score is None else Opinion(score, marked) for score, marked in both]
        for place, rules in found.fired.items():
            made[place] = Opinion(made[place].score, made[place].marked, rules)
        return made

    def weighed(self, kinds: Sequence[str], values: NDArray[np.float32]) -> Weighed:
        """The same for all events at once."""
        mine = values[:, self._columns] if self._reorder else values[:, : len(self._columns)]
        scores, marked = np.full(len(kinds), np.nan), np.zeros(len(kinds), dtype=np.bool_)
        signups: list[int] = []
        for kind, asked, mark in zip(("play", "signup"), self._asks, self._marks, strict=True):
            rows = _places(kinds, kind)
            if kind == "signup":
                signups = rows.tolist()
            if mark is not None and len(rows):
                scores[rows], raw = asked(mine, rows)
                marked[rows] = raw >= np.float32(mark)
        fired = self._fired(self._at_others, mine, None)
        if signups:
            fired |= self._fired(self._at_signup, mine, signups)
        return Weighed(scores, marked, fired)

    def _asked(self, rules: Sequence[Rule]) -> _Asked:
        place = {name: column for column, name in enumerate(day_names(self.judge.folded))}
        there = tuple(rule for rule in rules if all(name in place for name in rule.needs))
        names = tuple(dict.fromkeys(name for rule in there for name in rule.needs))
        floors = [(place[rule.floor[0]], rule.floor[1]) for rule in there if rule.floor is not None]
        every = tuple(floors) if len(floors) == len(there) else ()
        return _Asked(there, names, np.array([place[name] for name in names], dtype=np.intp), every)

    def _fired(
        self, asked: _Asked, values: NDArray[np.float32], rows: Sequence[int] | None
    ) -> dict[int, tuple[tuple[Rule, str], ...]]:
        """The rules that fire, by row, each with its sentence."""
        if not asked.rules or (asked.floors and not any((values[:, c] >= low).any() for c, low in asked.floors)):
            return {}
        chosen = values[:, asked.columns] if rows is None else values[list(rows)][:, asked.columns]
        # Polars takes NaN for the largest of numbers; here it means that nothing is known.
        frame = pl.DataFrame(chosen, schema=list(asked.names), orient="row", nan_to_null=True)
        hits = frame.select(rule.condition.fill_null(value=False).alias(rule.name) for rule in asked.rules)
        found: dict[int, tuple[tuple[Rule, str], ...]] = {}
        for rule in asked.rules:
            fired = hits[rule.name]
            for row in np.flatnonzero(fired.to_numpy()).tolist() if fired.any() else ():
                facts = dict(zip(asked.names, map(float, chosen[row]), strict=True))
                place = row if rows is None else rows[row]
                found[place] = (*found.get(place, ()), (rule, rule.sentence(facts)))
        return found


def _places(kinds: Sequence[str], wanted: str) -> NDArray[np.intp]:
    """Where one kind of event is."""
    count = kinds.count(wanted)
    if count == len(kinds):
        return np.arange(count, dtype=np.intp)
    return np.array([place for place, kind in enumerate(kinds) if kind == wanted] if count else (), dtype=np.intp)
