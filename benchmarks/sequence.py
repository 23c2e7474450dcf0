"""What the sequence detector adds: account-days of simulated worlds, ranked with and without it.

A defence learns from the first 8 of 14 days with the labels known by then, and ranks the account-days of the others.
Accounts labelled by then are left out. An account-day is fraud if its account is, or if somebody else played on it.
Everything is ranked by each detector alone and by combinations; accounts by their highest day. The budget is 1 % of
the accounts. `trained` and `judged` tell the worlds: `demo` trained and `novel` judged is fraud of kinds never seen.

GHOSTNOTE_BENCH_ACCOUNTS (default 8000) and GHOSTNOTE_BENCH_SEEDS (default "101 102") set how much is simulated.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ghostnote.evaluation.metrics import average_precision
from ghostnote.evaluation.splits import fold_of
from ghostnote.events.labels import truth
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.account_days import account_days, day_names
from ghostnote.features.catalog import TRAINED
from ghostnote.features.directions import day_directions
from ghostnote.features.history import Intake, walk
from ghostnote.features.sequences import CHANNELS, Sequences, token_values, with_token_features
from ghostnote.models.boosting import Boosting
from ghostnote.models.sequence import PlaySequence
from ghostnote.models.table import Table
from ghostnote.models.tails import Tails
from ghostnote.models.tokens import TokenRows
from ghostnote.simulation.scenarios import load_scenario
from ghostnote.simulation.world import simulate
from ghostnote.training.known import Known, member
from ghostnote.training.samples import certainly_fraud, victims_of

Row = dict[str, str | int | float]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_TRAINED_DAYS = 8
_BUDGET = 0.01
_DIRECTIONS = day_directions(TRAINED)


@dataclass(frozen=True)
class World:
    """All account-days of a world: features, last plays, and of which kind each is; `known` is what labels tell."""

    name: str
    accounts: pl.Series
    table: Table
    plays: TokenRows
    kind: NDArray[np.str_]
    fraud: NDArray[np.bool_]
    known: NDArray[np.bool_]
    learnt: Rows
    judged: Rows


@dataclass(frozen=True)
class Defence:
    """Detectors fitted on a world's first days, and how boosting and sequences are weighed against each other."""

    tails: Tails
    boosting: Boosting
    guessing: PlaySequence
    sequence: PlaySequence
    stack: LogisticRegression


def run() -> list[Row]:
    """Measure everything; takes a quarter of an hour."""
    accounts = int(os.environ.get("GHOSTNOTE_BENCH_ACCOUNTS", "8000"))
    rows: list[Row] = []
    for seed in map(int, os.environ.get("GHOSTNOTE_BENCH_SEEDS", "101 102").split()):
        worlds = {scenario: _world(scenario, accounts, seed) for scenario in ("demo", "novel")}
        for trained, judged in (("demo", ("demo", "novel")), ("novel", ("novel",))):
            defence, costs = _defence(worlds[trained])
            rows += [{"table": "cost", "trained": worlds[trained].name, **costs}]
            for other in judged:
                rows += _ranked(defence, worlds[trained].name, worlds[other])
    return rows


# --- worlds ----------------------------------------------------------------------------------------------------------


def _world(scenario: str, accounts: int, seed: int) -> World:
    with tempfile.TemporaryDirectory() as folder:
        simulate(load_scenario(scenario), Path(folder) / "lake", seed=seed, accounts=accounts)
        return _gathered(f"{scenario} {seed}", Lake(Path(folder) / "lake"))


def _gathered(name: str, lake: Lake) -> World:
    recent, days, values, last = Sequences(), [], [], []
    for day in walk(lake, with_token_features(TRAINED), Intake()):
        recent.update(day.stream, token_values(day.values, TRAINED))
        found = account_days(day.stream, day.values[:, : len(TRAINED)], TRAINED, day.day)
        days.append(found.accounts)
        values.append(found.values)
        last.append(recent.last(found.accounts["account_id"]).tokens)
    return _judged(name, lake, pl.concat(days), np.concatenate(values), np.concatenate(last))


def _judged(name: str, lake: Lake, days: pl.DataFrame, values: NDArray[np.float32], last: NDArray[np.uint8]) -> World:
    first = lake.days("plays")[0]
    until = first + timedelta(days=_TRAINED_DAYS - 1)
    known = Known.by(lake, datetime.combine(until, clock.max, tzinfo=UTC))
    rows = _with_truth(lake, days)
    early = (days["day"] <= until).to_numpy()
    victims = member(days["account_id"], victims_of(lake, known)).to_numpy()
    learnt = early & (days["day"] > first).to_numpy() & ~victims
    labelled = member(days["account_id"], known.fraud_accounts | _certain(days, values, learnt, known)).to_numpy()
    return World(
        name,
        days["account_id"],
        Table(day_names(TRAINED), values),
        TokenRows(CHANNELS, last),
        rows["kind"].to_numpy(),
        rows["fraud"].to_numpy(),
        labelled,
        np.flatnonzero(learnt),
        np.flatnonzero(~early & ~labelled),
    )


def _certain(days: pl.DataFrame, values: NDArray[np.float32], rows: NDArray[np.bool_], known: Known) -> frozenset[str]:
    """Accounts that a certain rule catches on the given rows, unless somebody found them honest."""
    caught = certainly_fraud(values, day_names(TRAINED)) & rows
    return frozenset(days["account_id"].filter(pl.Series(caught))) - known.honest_accounts


def _with_truth(lake: Lake, days: pl.DataFrame) -> pl.DataFrame:
    """Adds kind and fraud: a fraudulent account's own, or that of whoever else played on it that day."""
    facts = truth(read(lake, "labels").rows)
    own = facts.filter(pl.col("subject_type") == "account").select(
        pl.col("subject_id").alias("account_id"), "kind", fraud=pl.col("verdict") == "fraud"
    )
    bad = facts.filter((pl.col("subject_type") == "play") & (pl.col("verdict") == "fraud"))
    plays = read(lake, "plays").rows.select(pl.col("event_id", "account_id").cast(pl.String), day=pl.col("dt"))
    foreign = (
        plays.join(bad.select(pl.col("subject_id").alias("event_id"), foreign_kind="kind"), on="event_id")
        .group_by("account_id", "day")
        .agg(pl.col("foreign_kind").first())
    )
    rows = days.join(own, on="account_id", how="left", maintain_order="left")
    rows = rows.join(foreign, on=["account_id", "day"], how="left", maintain_order="left")
    by_itself = pl.col("fraud").fill_null(value=False)
    return rows.with_columns(
        kind=pl.when(by_itself).then("kind").otherwise(pl.coalesce("foreign_kind", "kind")).fill_null("?"),
        fraud=by_itself | pl.col("foreign_kind").is_not_null(),
    )


# --- detectors -------------------------------------------------------------------------------------------------------


def _defence(world: World) -> tuple[Defence, Row]:
    rows = world.learnt
    table, plays, target = world.table.take(rows), world.plays.take(rows), world.known[rows].astype(np.float64)
    begun = time.process_time()
    guessing = PlaySequence(threads=1).fit(plays)
    pretrained = time.process_time() - begun
    fold = fold_of(world.accounts.gather(rows), 2)
    crossed = np.zeros((len(rows), 2))
    for out in range(2):
        fitted, left = fold != out, fold == out
        trees = Boosting(directions=_DIRECTIONS).fit(table.take(fitted), target[fitted])
        crossed[left, 0] = _logit(trees.score(table.take(left)))
        tuned = guessing.tuned_to(plays.take(fitted), target[fitted])
        crossed[left, 1] = _logit(tuned.score(plays.take(left)))
    begun = time.process_time()
    sequence = guessing.tuned_to(plays, target)
    tuning = time.process_time() - begun
    begun = time.process_time()
    sequence.score(plays)
    scoring = time.process_time() - begun
    costs: Row = {
        "rows": len(rows),
        "pre-training, processor s": pretrained,
        "tuning, processor s": tuning,
        "rows scored per processor s": len(rows) / scoring,
    }
    boosting = Boosting(directions=_DIRECTIONS).fit(table, target)
    stack = LogisticRegression().fit(crossed, target)
    return Defence(Tails(directions=_DIRECTIONS).fit(table), boosting, guessing, sequence, stack), costs


def _scores(defence: Defence, world: World) -> dict[str, Floats]:
    table, plays = world.table.take(world.judged), world.plays.take(world.judged)
    trees, sequence = _logit(defence.boosting.score(table)), _logit(defence.sequence.score(plays))
    tails, surprise = defence.tails.score(table), defence.guessing.surprise(plays)
    return {
        "boosting": trees,
        "sequence": sequence,
        "stack of both": defence.stack.decision_function(np.column_stack([trees, sequence])),
        "mean rank of both": _rank(trees) + _rank(sequence),
        "tails": tails,
        "surprise": surprise,
        "no surprise": -surprise,
        "mean rank of tails, no surprise": _rank(tails) + _rank(-surprise),
        "mean rank of boosting, tails": _rank(trees) + _rank(tails),
        "mean rank of boosting, tails, sequence": _rank(trees) + _rank(tails) + _rank(sequence),
    }


def _ranked(defence: Defence, trained: str, world: World) -> list[Row]:
    rows: list[Row] = []
    for name, score in _scores(defence, world).items():
        days = pl.DataFrame(
            {
                "account": world.accounts.gather(world.judged),
                "score": score,
                "fraud": world.fraud[world.judged],
                "kind": world.kind[world.judged],
            }
        )
        accounts = days.group_by("account", maintain_order=True).agg(
            pl.col("score").max(), pl.col("fraud").any(), pl.col("kind").sort_by("fraud", descending=True).first()
        )
        alarm = accounts["score"].rank("ordinal", descending=True) <= round(_BUDGET * accounts.height)
        accounts = accounts.with_columns(alarm.alias("alarm"))
        caught = accounts.filter("fraud").group_by("kind").agg(pl.col("alarm").mean()).sort("kind")
        wrong = accounts.filter(pl.col("alarm") & ~pl.col("fraud"))["kind"].value_counts(sort=True)
        rows.append(
            {
                "table": f"trained on {trained}, judged {world.name}",
                "ranked by": name,
                "AP account-days": average_precision(score, days["fraud"].to_numpy()) or 0.0,
                "AP accounts": average_precision(accounts["score"].to_numpy(), accounts["fraud"].to_numpy()) or 0.0,
                "recall at 1 %": float(accounts.filter("fraud")["alarm"].mean()),  # type: ignore[arg-type]
                "caught": ", ".join(f"{kind} {share:.2f}" for kind, share in caught.iter_rows()),
                "honest alarms": ", ".join(f"{kind} {count}" for kind, count in wrong.iter_rows()),
            }
        )
    return rows


def _logit(probability: Floats) -> Floats:
    inside = np.clip(probability, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(inside / (1 - inside)))


def _rank(score: Floats) -> Floats:
    return np.argsort(np.argsort(score, kind="stable"), kind="stable") / len(score)
