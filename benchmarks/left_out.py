"""Worlds whose last days are judged account by account, by models taught with every kind of attack or all but one.

What two ways to teach or to score are worth is compared on the same rows: `teaching` does. A world is a
simulated lake; models learn from its first days with the labels known by then, and what counts is how accounts not
labelled by then rank on the others: each kind of attack against honest accounts alone, so that a campaign of five
counts as much as one of hundreds.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from msgspec import UNSET

from ghostnote.backtest.bench import Bench
from ghostnote.backtest.compare import Joined, facts_of, join, labels_by
from ghostnote.backtest.kinds import accounts_by_kind
from ghostnote.backtest.spool import Spool
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import needed
from ghostnote.decisions.tables import ACTED
from ghostnote.evaluation.metrics import average_precision
from ghostnote.evaluation.ranking import at_share
from ghostnote.evaluation.splits import usual_as_of
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.account_days import with_columns
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.history import Intake, play_days, walk
from ghostnote.models.bundle import Bundle
from ghostnote.scoring.output import Run, tables
from ghostnote.scoring.period import Period
from ghostnote.training import samples as rows_kept
from ghostnote.training.train import Gathered, collect

#: Part of the accounts that is looked at.
BUDGET = 0.01
#: Unlabelled plays that teach: fewer than in training, since a world is taught many times.
_PLAY_ROWS = 60_000


@dataclass(frozen=True)
class World:
    """A lake with its rows to learn from, its judged days, and whose accounts are of which kind."""

    name: str
    gathered: Gathered
    bench: Bench
    taught: Spool
    kinds: Mapping[str, frozenset[str]]

    def ways(self) -> Iterator[tuple[str, Gathered]]:
        """What is left out of training, nothing first, and what is then learnt from."""
        yield "", self.gathered
        seen = frozenset(self.gathered.samples.days.accounts.unique())
        for kind, accounts in self.kinds.items():
            if accounts & seen:
                yield kind, self.gathered.without(accounts)

    def judged(self, bundle: Bundle, days: Spool | None = None) -> Period:
        """What a bundle thinks of the judged days, or of other `days`; of sign-ups it thinks nothing."""
        manifest = msgspec.structs.replace(bundle.manifest, signup_curve=None, signup_ceilings=UNSET)
        less = msgspec.structs.replace(bundle, signup=None, manifest=manifest)
        return Period.of(days or self.bench.days, less, Policy())

    def joined(self, period: Period) -> Joined:
        """What is decided, beside the truth; accounts labelled before are left out."""
        bench, judge = self.bench, period.judge
        run = Run(
            bench.lake,
            judge.bundle,
            "",
            judge.policy,
            bench.window,
            None,
            bench.intake,
            period.decided(),
            {},
            bench.made_at,
        )
        return join(tables(run), bench.facts, bench.known).unknown()


def worlds(paths: Sequence[str]) -> Iterator[World]:
    """The lakes at `paths`, one after the other; the days of each are on disk only while it is used."""
    rows_kept.PLAY_ROWS = _PLAY_ROWS
    for path in map(Path, paths):
        lake = Lake(path)
        as_of = usual_as_of(play_days(lake))
        labels = read(lake, "labels").rows
        intake = Intake()
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as before:
            spool, taught = Spool(Path(folder)), Spool(Path(before))
            for day in walk(lake, with_columns(TRAINED, needed(), CATALOG), intake):
                (spool if day.day > as_of.date() else taught).add(day)
            bench = Bench(
                lake, spool, facts_of(labels), labels_by(labels, as_of), intake, datetime(2026, 4, 1, tzinfo=UTC)
            )
            yield World(path.name, collect(lake, as_of=as_of), bench, taught, accounts_by_kind(lake, labels))


@dataclass(frozen=True)
class Figure:
    """How accounts of one kind rank among honest ones in one world, by one way; `left_out`: never taught."""

    world: str
    way: str
    kind: str
    left_out: bool
    accounts: int
    precision: float
    recall: float


def figures(world: World, way: str, left_out: str, accounts: pl.DataFrame, score: str = "score") -> Iterator[Figure]:
    """One for each kind with accounts not labelled before; those left out of training alone, if one is."""
    honest = ~pl.col("fraud") & ~pl.col("victim")
    for kind in sorted(accounts.filter("fraud")["kind"].unique()):
        if left_out and kind != left_out:
            continue
        rows = accounts.filter(honest | (pl.col("fraud") & (pl.col("kind") == kind)))
        values, fraud = rows[score].to_numpy().astype(np.float64), rows["fraud"].to_numpy()
        found = at_share(values, fraud, BUDGET)
        assert found is not None
        precise = average_precision(values, fraud)
        assert precise is not None
        yield Figure(world.name, way, kind, bool(left_out), int(fraud.sum()), precise, found.recall)


def harmed(joined: Joined) -> tuple[int, int]:
    """Honest accounts acted on, and honest plays withheld."""
    honest = joined.accounts.filter(~pl.col("fraud") & ~pl.col("victim"))
    return (
        honest.filter(pl.col("action").is_in(ACTED)).height,
        joined.plays.filter(~pl.col("fraud") & pl.col("withheld")).height,
    )
