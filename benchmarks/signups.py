"""Does a model of sign-ups pay? Fake accounts found as they are opened, beside rules and the account-day model.

Models learn from `signups.toml` with the labels that its team has by the end, and rank all sign-ups of
`signups_others.toml`: other seeds, other hands, and kinds of campaign that are taught, left out of training or in none.
Honest people sign up together as `honest_signups` has it. Rules and the account-day model are given the same rows: an
account-day of one event. What of all is fake there is no service's, so each kind is ranked among honest sign-ups alone,
weighed as if it were one in a hundred.

`GHOSTNOTE_BENCH_SIGNUPS="703:4000 724:4000,725:4000"` names others: the taught world, then those judged, as seed and
accounts.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.honest_signups import open_together
from benchmarks.rules import truth
from ghostnote.backtest.kinds import accounts_by_kind
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import RULES, hits, needed
from ghostnote.evaluation.metrics import wilson
from ghostnote.evaluation.ranking import at_share, average_precision_at, prevalence_weights
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.account_days import day_names, with_columns
from ghostnote.features.catalog import CATALOG, TRAINED
from ghostnote.features.directions import day_directions
from ghostnote.features.history import Intake, walk
from ghostnote.features.signups import signup_directions, signup_features
from ghostnote.models.boosting import Boosting
from ghostnote.models.table import Table
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate
from ghostnote.training.samples import Samples
from ghostnote.training.signups import learn_signups
from ghostnote.training.supervised import Learnt, learn
from ghostnote.training.train import collect

Row = dict[str, str | int | float]
Floats = NDArray[np.float64]

WORLDS = "702:4000 721:4000,722:4000,723:4000"
#: Part of the sign-ups that is looked at, and the share of them that a kind is taken to be: kinds of any size compare.
_BUDGET = _SHARE = 0.01
_HERE = Path(__file__).parent
_RULED = with_columns(TRAINED, needed(), CATALOG)
_FOLDED = (*_RULED, *(feature for feature in signup_features(_RULED) if feature not in _RULED))


@dataclass(frozen=True)
class Signups:
    """Sign-ups of judged worlds: features in the order of `_FOLDED`, each account's kind, whether it is fake."""

    values: NDArray[np.float32]
    kind: NDArray[np.str_]
    fake: NDArray[np.bool_]

    def kinds(self) -> Iterator[str]:
        """Every kind of campaign, in order."""
        return iter(sorted(set(self.kind[self.fake].tolist())))


@dataclass(frozen=True)
class Taught:
    """The two models that were taught the same."""

    signups: Learnt
    days: Learnt

    @classmethod
    def by(cls, samples: Samples) -> "Taught":
        """Learn as `ghostnote train` does."""
        found = learn_signups(samples.signups, Boosting(directions=signup_directions(CATALOG)))
        return cls(found, learn(samples.days, Boosting(directions=day_directions(TRAINED))))

    def scores(self, rows: Signups) -> dict[str, Floats]:
        """What each thinks of the rows, uncalibrated."""
        as_days = Table(day_names(_FOLDED), rows.values)
        as_events = Table(tuple(feature.name for feature in _FOLDED), rows.values)
        return {"model": self.signups.model.score(as_events), "days": self.days.model.score(as_days)}

    def challenged(self, rows: Signups) -> NDArray[np.bool_]:
        """Who scores at or above the default ceiling of honest sign-ups."""
        ceilings = self.signups.ceilings
        at = np.interp(np.log(Policy().honest_signup_ceiling), np.log(ceilings.scores), ceilings.probabilities)
        return np.asarray(self.scores(rows)["model"].astype(np.float32) >= np.float32(at))


def run() -> list[Row]:
    """Make the worlds, learn, rank and count."""
    taught, judged = os.environ.get("GHOSTNOTE_BENCH_SIGNUPS", WORLDS).split()
    with tempfile.TemporaryDirectory() as folder:
        make = partial(_world, Path(folder))
        lake = make("signups.toml", taught)
        samples = collect(lake).samples
        by_kind = accounts_by_kind(lake, read(lake, "labels").rows)
        parts = [_signups(make("signups_others.toml", world)) for world in judged.split(",")]
    rows = Signups(*(np.concatenate([getattr(one, name) for one in parts]) for name in Signups.__dataclass_fields__))
    every = Taught.by(samples)
    without = {kind: Taught.by(samples.without(by_kind[kind])) if kind in by_kind else every for kind in rows.kinds()}
    counted = [*_challenged(rows, every, without), *_harmed(rows, every), _about(samples, every)]
    return [*_ranked(rows, every, without), *counted]


def _world(folder: Path, scenario: str, world: str) -> Lake:
    seed, accounts = world.split(":")
    path = folder / f"{scenario}-{seed}"
    simulate(load_scenario(str(_HERE / scenario)), path, seed=int(seed), accounts=int(accounts))
    lake = Lake(path)
    open_together(lake, truth(lake))
    return lake


def _signups(lake: Lake) -> Signups:
    values, accounts = [], []
    for day in walk(lake, _FOLDED, Intake()):
        rows = np.flatnonzero((day.stream["kind"] == "signup").to_numpy())
        values.append(day.values[rows])
        accounts.append(day.stream["account_id"].gather(rows).cast(pl.String))
    who = pl.concat(accounts).to_frame().join(truth(lake), on="account_id", how="left", maintain_order="left")
    return Signups(np.concatenate(values), who["kind"].to_numpy().astype(np.str_), who["attack"].to_numpy())


def _by_rules(rows: Signups) -> Floats:
    """The strongest rule that fires on each row, 0 without one."""
    frame = pl.DataFrame(rows.values, schema=list(day_names(_FOLDED)), orient="row")
    fired = [np.where(hits(rule, frame).to_numpy(), rule.ratio, 0.0) for rule in RULES]
    return np.asarray(np.max(fired, axis=0), dtype=np.float64)


def _ranked(rows: Signups, every: Taught, without: Mapping[str, Taught]) -> Iterator[Row]:
    scores = {"rules": _by_rules(rows), **every.scores(rows)}
    ways = {
        kind: {**scores, **{f"{name}, not taught it": score for name, score in without[kind].scores(rows).items()}}
        for kind in rows.kinds()
    }
    ways["(all)"] = scores
    for table, measured in (("Average precision", _precision), ("Recall at 1 % of sign-ups", _recall)):
        for kind, found in ways.items():
            chosen = ~rows.fake | (rows.kind == kind) | (kind == "(all)")
            fake = rows.fake[chosen]
            yield {
                "table": table if kind in without else f"{table}, all kinds together",
                "kind": kind,
                "sign-ups": int(fake.sum()),
                **{name: measured(score[chosen], fake) for name, score in found.items()},
            }


def _precision(score: Floats, fake: NDArray[np.bool_]) -> float:
    return average_precision_at(score, fake, _SHARE) or 0.0


def _recall(score: Floats, fake: NDArray[np.bool_]) -> float:
    found = at_share(score, fake, _BUDGET, prevalence_weights(fake, _SHARE))
    return found.recall if found else 0.0


def _challenged(rows: Signups, every: Taught, without: Mapping[str, Taught]) -> Iterator[Row]:
    for kind in rows.kinds():
        theirs = rows.kind == kind
        yield {
            "table": "Fake sign-ups challenged at the default ceiling",
            "kind": kind,
            "sign-ups": int(theirs.sum()),
            "challenged": int((every.challenged(rows) & theirs).sum()),
            "not taught it": int((without[kind].challenged(rows) & theirs).sum()),
        }


def _harmed(rows: Signups, every: Taught) -> Iterator[Row]:
    challenged = every.challenged(rows) & ~rows.fake
    for cohort in ("(all)", *sorted(set(rows.kind[~rows.fake].tolist()))):
        theirs = ~rows.fake & ((rows.kind == cohort) | (cohort == "(all)"))
        count, hit = int(theirs.sum()), int((challenged & theirs).sum())
        low, high = wilson(hit, count)
        yield {
            "table": "Honest sign-ups challenged at the default ceiling",
            "cohort": cohort,
            "sign-ups": count,
            "challenged": hit,
            "share": hit / count,
            "low": low,
            "high": high,
        }


def _about(samples: Samples, every: Taught) -> Row:
    return {
        "table": "Training",
        "sign-ups": len(samples.signups.table),
        "labelled": int(samples.signups.fraud.sum()),
        "trees": every.signups.stop.rounds,
        "prior": every.signups.prior,
        "labelled share": every.signups.labelled_share,
    }
