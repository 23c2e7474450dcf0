"""The opinions of a period, gathered day by day, and what is decided once they are all there."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.policy import Policy
from ghostnote.features.history import Day
from ghostnote.models.bundle import Bundle
from ghostnote.scoring.audiences import Audiences
from ghostnote.scoring.cohorts import Cohorts
from ghostnote.scoring.decide import Decided, decide
from ghostnote.scoring.judge import NO_SIGNUPS, Judge
from ghostnote.scoring.kept import Kept
from ghostnote.scoring.links import Links
from ghostnote.scoring.plays import Plays
from ghostnote.scoring.reasons import Baseline, explain
from ghostnote.scoring.shelf import Shelf

#: Account-days a day, drawn at random, from which what is typical is taken.
_PEERS_PER_DAY = 2000


@dataclass
class Period:
    """The opinions of all days so far; `kept` gets the features behind them, if reasons will be asked for.

    `cohorts` knows what cohorts accounts are of, if the policy asks. `audiences` knows who plays each track; None if
    the policy wants no track watched. `out`: plays and links lie on the disk that it will be on until the end of the
    `with` block; None: in memory. `apart`: days are kept apart, so that `decided` can be asked about some of them.
    """

    judge: Judge
    seed: int = 0
    kept: Kept | None = None
    cohorts: Cohorts | None = None
    out: Path | None = None
    apart: bool = False
    audiences: Audiences | None = field(init=False, default=None)
    _days: list[pl.DataFrame] = field(default_factory=list)
    _plays: Plays = field(init=False)
    _links: Links = field(init=False)
    _shelves: tuple[Shelf, Shelf] = field(init=False)
    _signups: list[pl.DataFrame] = field(default_factory=list)
    _peers: list[NDArray[np.float32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        policy = self.judge.policy
        self._shelves = Shelf(self.out), Shelf(self.out)
        self._plays = Plays(self.judge.play_threshold, self._shelves[0])
        self._links = Links(timed=policy.lockstep, apart=self.apart, shelf=self._shelves[1])
        if policy.track_alerts_per_day:
            self.audiences = Audiences(self.judge.daily)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for shelf in self._shelves:
            shelf.__exit__(*error)

    @classmethod
    def of(
        cls,
        days: Iterable[Day],
        bundle: Bundle,
        policy: Policy,
        *,
        seed: int = 0,
        cohorts: Cohorts | None = None,
    ) -> "Period":
        """All of `days`, judged by a bundle under a policy, to be decided without reasons."""
        period = cls(Judge(bundle, policy), seed, cohorts=cohorts, apart=True)
        for day in days:
            period.add(day)
        return period

    @property
    def plays(self) -> int:
        """How many plays were judged."""
        return self._plays.height

    @property
    def play_threshold(self) -> float | None:
        """The raw score that only `honest_mark_ceiling` of honest plays reach; None without a play model."""
        return self.judge.play_threshold

    @property
    def signups(self) -> pl.DataFrame:
        """account_id, signup_score (float32), the highest of any of its sign-ups, null without a model of them, and
        signup_marked: whether one lies above the policy's ceiling.
        """
        score = pl.col("score").fill_nan(None).max().alias("signup_score")
        marked = pl.col("marked").any().alias("signup_marked")
        return pl.concat([NO_SIGNUPS.to_frame(), *self._signups]).group_by("account_id").agg(score, marked)

    @property
    def odd(self) -> float:
        """The surprise that one in a thousand account-days of the training data exceeds."""
        grid = self.judge.bundle.manifest.surprise_quantiles
        return grid[-2] if len(grid) > 1 else float("inf")

    def add(self, day: Day) -> None:
        """Judge one more day."""
        opinions = self.judge.judge(day)
        random = np.random.default_rng([self.seed, day.day.toordinal()])
        count = len(opinions.values)
        self._peers.append(opinions.values[random.choice(count, min(count, _PEERS_PER_DAY), replace=False)])
        if self.audiences is not None:
            self.audiences.add(day)
        if self.cohorts is not None:
            self.cohorts.add(day)
        if self.kept is not None:
            self.kept.append(opinions.values)
        self._days.append(opinions.days)
        self._plays.add(day.day, opinions.plays)
        self._links.add(day.day, opinions.links)
        self._signups.append(opinions.signups)

    def decided(self, last: date | None = None) -> Decided:
        """What is decided about all days so far, or about those up to `last`, as if nothing had come after it."""
        chosen = [part for part in self._days if last is None or (part.height and part["day"][0] <= last)]
        return decide(
            pl.concat(chosen),
            self._plays,
            self._links,
            self.judge.policy,
            last=last,
            odd=self.odd,
            prior=self.judge.bundle.manifest.training.prior_account_days if self.judge.bundle.supervised else None,
            cohorts=self.cohorts,
        )

    def reasons(self, decided: Decided) -> dict[str, list[str]]:
        """Why accounts are acted on or to be reviewed, or would be, by account_id; ValueError if nothing was kept."""
        if self.kept is None:
            raise ValueError("reasons need the features behind the opinions: give a place to keep them")
        acted = decided.accounts.filter((pl.col("action") != "allow") | pl.col("would_be").is_not_null())
        baseline = Baseline.of(np.concatenate(self._peers))
        return explain(
            acted, decided.days, self.kept.take, self.judge.bundle, self.judge.daily, baseline, decided.groups
        )
