"""Finds settings for boosted trees on simulated worlds, and says whether they are better on worlds not tuned on.

Every world is walked once: its account-days, and its plays (artificial ones at most 60 an account and day, of the
others a random part), each with the truth, the day, and the day on which a label became known. A model learns from
the first 8 of 14 days with the labels known by then, without a single account of one kind of fraud, or with all, and
ranks the rows of the other days whose accounts were not labelled yet. What counts is the mean, over pairs of a world
and a left-out kind and over account-days and plays, of average precision and of recall at 1 % (of accounts by their
highest day, of plays by number).

To repeat it: simulate worlds, gather them, tune on some, compare on others.

    ghostnote simulate --scenario benchmarks/tuning.toml --accounts 3000 --seed 601 --out /tmp/worlds/rich601
    python -m benchmarks.tuning gather /tmp/worlds/rich601 ...          # writes rich601.npz beside the lake
    python -m benchmarks.tuning tune --trials 30 /tmp/worlds/rich601.npz ...
    python -m benchmarks.tuning compare /tmp/worlds/demo502.npz ... --setting leaves=7 --setting rate=0.15

Never compare on a world that was tuned on: hold whole seeds, and at least one whole scenario, out.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.evaluation.metrics import average_precision
from ghostnote.evaluation.ranking import at_share
from ghostnote.events.labels import truth
from ghostnote.events.lake import Lake
from ghostnote.events.reading import read
from ghostnote.features.account_days import account_days, day_names
from ghostnote.features.catalog import TRAINED
from ghostnote.features.directions import day_directions, directions
from ghostnote.features.history import Day, Intake, play_days, walk
from ghostnote.models.boosting import Boosting
from ghostnote.models.table import Table
from ghostnote.training.known import Known, member
from ghostnote.training.samples import NEVER, PLAYS_PER_ACCOUNT_DAY, Sample, certainly_fraud, victims_of
from ghostnote.training.stopping import best_rounds

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Days = NDArray[np.int32]

_TRAINED_DAYS = 8
_HONEST_PLAYS = 60_000
#: Tuning looks at one in so many of them: it fits hundreds of models.
_THINNED = 3


@dataclass(frozen=True)
class Rows:
    """Account-days or plays of a world; `known` is the ordinal of the day from which a label says fraud, `worth` the
    plays of 30 seconds and longer, `unclear` marks rows of accounts on which single plays are labelled by day 8.
    """

    accounts: NDArray[np.str_]
    values: NDArray[np.float32]
    day: Days
    known: Days
    fraud: Bools
    kind: NDArray[np.str_]
    weight: Floats
    worth: Floats
    unclear: Bools

    def take(self, rows: Bools) -> "Rows":
        """The chosen rows, by mask."""
        return Rows(**{name: value[rows] for name, value in vars(self).items()})


# --- worlds ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Facts:
    """Tables by id: what is true of accounts and plays, and from when a label says fraud."""

    accounts: pl.DataFrame
    plays: pl.DataFrame
    victims: frozenset[str]

    @classmethod
    def of(cls, lake: Lake) -> "_Facts":
        labels = read(lake, "labels").rows
        facts = truth(labels).select("subject_type", "subject_id", "kind", fraud=pl.col("verdict") == "fraud")
        team = labels.filter((pl.col("source") != "simulation") & (pl.col("verdict") == "fraud"))
        since = team.group_by("subject_type", "subject_id").agg(pl.col("known_at").min().dt.date().alias("since"))
        both = facts.join(since, on=["subject_type", "subject_id"], how="full", coalesce=True)
        parts = {of: both.filter(pl.col("subject_type") == of).drop("subject_type") for of in ("account", "play")}
        until = datetime.combine(play_days(lake)[_TRAINED_DAYS - 1], clock.max, tzinfo=UTC)
        return cls(parts["account"], parts["play"], victims_of(lake, Known.by(lake, until)))

    def beside(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` (account_id, event_id) with kind, fraud and since, of the play if it is known, else of the account."""
        found = rows.join(self.accounts, left_on="account_id", right_on="subject_id", how="left", maintain_order="left")
        found = found.join(
            self.plays, left_on="event_id", right_on="subject_id", how="left", maintain_order="left", suffix="_play"
        )
        bad = pl.col("fraud_play").fill_null(value=False)
        return found.select(
            kind=pl.when(bad).then("kind_play").otherwise("kind").fill_null("?"),
            fraud=bad | pl.col("fraud").fill_null(value=False),
            since=pl.min_horizontal("since", "since_play"),
        )


def gather(path: Path) -> Path:
    """Walk the lake at `path` and write its rows beside it."""
    lake = Lake(path)
    facts, first = _Facts.of(lake), play_days(lake)[0]
    share = min(1.0, _HONEST_PLAYS / pl.scan_parquet(list(lake.files("plays"))).select(pl.len()).collect().item())
    parts: dict[str, list[Rows]] = {"days": [], "plays": []}
    for day in walk(lake, TRAINED, Intake()):
        if day.day < first + timedelta(days=1):
            continue
        parts["plays"].append(_plays(day, facts, share))
        parts["days"].append(_account_days(day, facts))
    found = {
        f"{part}_{name}": np.concatenate([getattr(one, name) for one in rows])
        for part, rows in parts.items()
        for name in Rows.__dataclass_fields__
    }
    out = path.with_suffix(".npz")
    np.savez(out, **found, until=np.int64(first.toordinal() + _TRAINED_DAYS - 1))
    return out


def _plays(day: Day, facts: _Facts, share: float) -> Rows:
    found = facts.beside(day.stream.select(pl.col("account_id", "event_id").cast(pl.String)))
    fraud = found["fraud"].to_numpy()
    per_account = day.stream.select(pl.len().over("account_id"))["len"].to_numpy()
    odds = np.where(fraud, np.minimum(1.0, PLAYS_PER_ACCOUNT_DAY / per_account), share)
    draw = np.random.default_rng(day.day.toordinal()).random(len(odds))
    keep = (day.stream["kind"] == "play").to_numpy() & (draw < odds)
    chosen = pl.Series(keep)
    stream = day.stream.filter(chosen)
    made = _rows(day, stream["account_id"].cast(pl.String), day.values[keep], found.filter(chosen), facts)
    worth = (stream["ms_played"].fill_null(0) >= 30_000).cast(pl.Float64).to_numpy()
    return replace(made, weight=1.0 / odds[keep], worth=worth)


def _account_days(day: Day, facts: _Facts) -> Rows:
    ids = day.stream.select(pl.col("account_id", "event_id").cast(pl.String))
    of_events = pl.concat([ids, facts.beside(ids)], how="horizontal").with_columns(
        worth=(day.stream["ms_played"].fill_null(0) >= 30_000).cast(pl.Float64)
    )
    own = facts.accounts["subject_id"].filter(facts.accounts["since"].is_not_null())
    summed = of_events.group_by("account_id").agg(
        pl.col("kind").sort_by("fraud", descending=True).first(),
        pl.col("fraud").any(),
        # A day of which single plays are labelled is no labelled day: somebody else was there.
        pl.col("since").filter(pl.col("account_id").is_in(own.implode())).min(),
        pl.col("worth").sum(),
    )
    rows = account_days(day.stream, day.values, TRAINED, day.day)
    accounts = rows.accounts.select(pl.col("account_id").cast(pl.String))
    found = accounts.join(summed, on="account_id", how="left", maintain_order="left")
    certain = certainly_fraud(rows.values, day_names(TRAINED))
    made = _rows(day, accounts["account_id"], rows.values, found, facts)
    known = np.where(certain, np.minimum(made.known, made.day), made.known).astype(np.int32)
    return replace(made, known=known, worth=found["worth"].to_numpy())


def _rows(day: Day, accounts: pl.Series, values: NDArray[np.float32], found: pl.DataFrame, facts: _Facts) -> Rows:
    since = (found["since"].cast(pl.Int32) + date(1970, 1, 1).toordinal()).fill_null(NEVER)
    ones = np.ones(len(accounts))
    return Rows(
        accounts=accounts.to_numpy().astype(np.str_),
        values=values,
        day=np.full(len(accounts), day.day.toordinal(), np.int32),
        known=since.to_numpy().astype(np.int32),
        fraud=found["fraud"].to_numpy(),
        kind=found["kind"].to_numpy().astype(np.str_),
        weight=ones,
        worth=ones,
        unclear=member(accounts, facts.victims).to_numpy(),
    )


@dataclass(frozen=True)
class World:
    """What was gathered of a world; training sees the days up to the ordinal `until`."""

    name: str
    days: Rows
    plays: Rows
    until: int

    @classmethod
    def load(cls, path: Path, thinned: int = 1) -> "World":
        """Read what `gather` wrote, of honest plays one in `thinned`. A certain rule makes known whom it catches."""
        with np.load(path) as found:
            parts = [
                Rows(**{name: found[f"{part}_{name}"] for name in Rows.__dataclass_fields__})
                for part in ("days", "plays")
            ]
            until = int(found["until"])
        since: dict[str, int] = {}
        for account, known in zip(parts[0].accounts.tolist(), parts[0].known.tolist(), strict=True):
            since[account] = min(known, since.get(account, NEVER))
        days, plays = (
            replace(
                rows,
                known=np.fromiter(
                    (min(k, since.get(a, NEVER)) for a, k in zip(rows.accounts.tolist(), rows.known, strict=True)),
                    np.int32,
                    len(rows.known),
                ),
            )
            for rows in parts
        )
        random = np.random.default_rng(0).random(len(plays.fraud)) * thinned < 1.0
        plays = plays.take(random | plays.fraud)
        plays = replace(plays, weight=np.where(plays.fraud, 1.0, float(thinned)) * plays.weight)
        return cls(path.stem, days, plays, until)

    def kinds(self) -> list[str]:
        """Kinds of fraud that are labelled in training and go on after it, each with five accounts or more."""
        rows = self.days
        taught, later = rows.known <= self.until, (rows.day > self.until) & rows.fraud & (rows.known > self.until)
        named = sorted(set(rows.kind[rows.fraud].tolist()))
        return [
            kind
            for kind in named
            if min(len(set(rows.accounts[(rows.kind == kind) & part])) for part in (taught, later)) >= 5
        ]

    def learnt(self, rows: Rows, names: tuple[str, ...], without: str | None) -> Sample[Table]:
        """The rows to learn from, without the accounts of a kind."""
        part = rows.take(self.chosen(rows, without))
        fraud = part.known <= self.until
        table = Table(names, part.values)
        return Sample(
            pl.Series(part.accounts.tolist(), dtype=pl.String), table, fraud, part.weight, part.day, part.known
        )

    def chosen(self, rows: Rows, without: str | None) -> Bools:
        """Which rows are learnt from."""
        chosen = (rows.day <= self.until) & ~(rows.unclear & (rows.known > self.until))
        return chosen if without is None else chosen & ~np.isin(rows.accounts, self._whose(without))

    def judged(self, rows: Rows) -> Rows:
        """The rows after training, without accounts that were labelled by then."""
        labelled = self.days.accounts[self.days.known <= self.until]
        return rows.take((rows.day > self.until) & ~np.isin(rows.accounts, labelled) & (rows.known > self.until))

    def _whose(self, kind: str) -> NDArray[np.str_]:
        return np.concatenate(
            [r.accounts[(r.kind == kind) & (r.fraud | (r.known < NEVER))] for r in (self.days, self.plays)]
        )


# --- settings --------------------------------------------------------------------------------------------------------


PLAY_NAMES = tuple(feature.name for feature in TRAINED)
_PARTS = (("days", day_names(TRAINED), day_directions(TRAINED)), ("plays", PLAY_NAMES, directions(TRAINED)))


@dataclass(frozen=True)
class Found:
    """How a model ranks what came after training; `cost` is the processor time of fitting, in seconds.

    `kinds` has average precision and recall at 1 % of each kind of fraud against honest rows alone; `precision` and
    `recall` are their means, so that a small campaign counts as much as a large one. `every` is the average precision
    of all fraud together, `honest` who of the honest ranks in the top 1 %, by cohort.
    """

    world: str
    part: str
    without: str
    precision: float
    recall: float
    every: float
    honest: Mapping[str, int]
    kinds: Mapping[str, tuple[float, float]]
    rounds: int
    cost: float


def ranked(
    world: World,
    settings: Mapping[str, float],
    *,
    stop: bool = False,
    money: tuple[float, float] = (0.0, 0.0),
    kinds: int = 2,
) -> Iterator[Found]:
    """A world's rankings with one kind left out at a time (`kinds` of them), then with none."""
    left_out: list[str | None] = [*world.kinds()[:: max(len(world.kinds()) // max(kinds, 1), 1)][:kinds], None]
    for part, names, signs in _PARTS:
        rows: Rows = getattr(world, part)
        judged = world.judged(rows)
        for without in left_out:
            sample = world.learnt(rows, names, without)
            begun = time.process_time()
            model = Boosting(directions=signs, **settings)  # type: ignore[arg-type]
            if stop:
                model.rounds = best_rounds(sample, model).rounds
            emphasis = sample.emphasis
            if any(money):
                emphasis = emphasis * _money(sample, rows.take(world.chosen(rows, without)).worth, money)
            model.fit(sample.table, sample.fraud.astype(np.float64), emphasis)
            cost = time.process_time() - begun
            yield _judged(
                world.name, part, without, model.score(Table(names, judged.values)), judged, model.rounds, cost
            )


def _money(sample: Sample[Table], worth: Floats, powers: tuple[float, float]) -> Floats:
    """Weights that grow with the royalties at stake, to one power for labelled rows, to another for the others.

    Their mean is 1 among the labelled, and among the others: neither side gains on the other.
    """
    weight = np.ones(len(worth))
    for rows, power in zip((sample.fraud, ~sample.fraud), powers, strict=True):
        money = (1.0 + worth[rows]) ** power
        weight[rows] = money / np.average(money, weights=sample.emphasis[rows])
    return weight


def _judged(world: str, part: str, without: str | None, score: Floats, rows: Rows, rounds: int, cost: float) -> Found:
    frame = pl.DataFrame(
        {
            "account": rows.accounts.tolist(),
            "score": score,
            "fraud": rows.fraud,
            "kind": rows.kind.tolist(),
            "weight": rows.weight,
        }
    )
    if part == "days":
        frame = frame.group_by("account", maintain_order=True).agg(
            pl.col("score").max(),
            pl.col("fraud").any(),
            pl.col("kind").sort_by("fraud", descending=True).first(),
            pl.lit(1.0).alias("weight"),
        )
    honest = frame.filter(~pl.col("fraud"))
    found: dict[str, tuple[float, float]] = {}
    for kind in sorted(set(frame.filter("fraud")["kind"].to_list())) if without is None else [without]:
        both = pl.concat([honest, frame.filter(pl.col("fraud") & (pl.col("kind") == kind))])
        values, fraud, weight = both["score"].to_numpy(), both["fraud"].to_numpy(), both["weight"].to_numpy()
        precision, budget = average_precision(values, fraud, weight), at_share(values, fraud, 0.01, weight)
        if precision is not None and budget is not None:
            found[kind] = round(precision, 3), round(budget.recall, 3)
    every = average_precision(frame["score"].to_numpy(), frame["fraud"].to_numpy(), frame["weight"].to_numpy())
    means = np.mean(list(found.values()), axis=0) if found else np.zeros(2)
    return Found(
        world,
        part,
        without or "nothing",
        float(means[0]),
        float(means[1]),
        every or 0.0,
        _honest_in_the_top(frame),
        found,
        rounds,
        cost,
    )


def _honest_in_the_top(frame: pl.DataFrame) -> dict[str, int]:
    order = frame.sort("score", descending=True, maintain_order=True)
    top = order.filter(pl.col("weight").cum_sum() <= 0.01 * pl.col("weight").sum())
    counts = top.filter(~pl.col("fraud")).group_by("kind").len().sort("len", "kind", descending=[True, False])
    return dict(counts.iter_rows())


def goodness(found: Sequence[Found]) -> float:
    """The mean of average precision and recall at 1 %, over all rankings."""
    return float(np.mean([(one.precision + one.recall) / 2 for one in found]))


def tune(worlds: Sequence[World], trials: int, store: Path) -> Mapping[str, float]:
    """The settings that rank best on average; every trial is kept in the SQLite file `store`, and found again there."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def objective(trial: optuna.Trial) -> float:
        settings: dict[str, float] = {
            "rounds": trial.suggest_int("rounds", 40, 240, step=10),
            "leaves": trial.suggest_int("leaves", 4, 31, log=True),
            "rate": trial.suggest_float("rate", 0.03, 0.25, log=True),
            "smallest_leaf": trial.suggest_int("smallest_leaf", 10, 200, log=True),
            "columns_share": trial.suggest_float("columns_share", 0.25, 1.0, step=0.05),
            "rows_share": trial.suggest_float("rows_share", 0.5, 1.0, step=0.1),
            "l2": trial.suggest_float("l2", 0.3, 50.0, log=True),
            "bins": trial.suggest_categorical("bins", [31, 63, 127, 255]),
        }
        found: list[Found] = []
        for step, world in enumerate(worlds):
            found += ranked(world, settings, kinds=1)
            trial.report(goodness(found), step)
            if trial.should_prune():
                raise optuna.TrialPruned
        trial.set_user_attr("cost", sum(one.cost for one in found))
        return goodness(found)

    study = optuna.create_study(
        study_name="boosting",
        storage=f"sqlite:///{store}",
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=8),
        pruner=optuna.pruners.MedianPruner(6, 0),
    )
    if not study.trials:
        usual = Boosting()
        study.enqueue_trial({name: getattr(usual, name) for name in _SETTINGS})
    for _ in range(trials):
        study.optimize(objective, n_trials=1)
        last = study.trials[-1]
        print(last.number, last.state.name, last.value, last.user_attrs.get("cost"), last.params, flush=True)
    return study.best_params


_SETTINGS = ("rounds", "leaves", "rate", "smallest_leaf", "columns_share", "rows_share", "l2", "bins")


_MONEY = "weigh labelled and other rows by 1 + the plays that earn, to these powers"


def main(arguments: Sequence[str]) -> int:
    """Run one of the three commands."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description="Tunes boosted trees.")
    parser.add_argument("what", choices=["gather", "tune", "compare"])
    parser.add_argument("worlds", nargs="+", type=Path)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--store", type=Path, default=Path("tuning.sqlite"))
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--stop", action="store_true", help="choose the number of trees on the last days")
    parser.add_argument("--money", nargs=2, type=float, default=(0.0, 0.0), metavar="POWER", help=_MONEY)
    options = parser.parse_args(arguments)
    if options.what == "gather":
        for path in options.worlds:
            print(gather(path))
        return 0
    worlds = [World.load(path, _THINNED if options.what == "tune" else 1) for path in options.worlds]
    if options.what == "tune":
        print(tune(worlds, options.trials, options.store))
        return 0
    settings = {name: json.loads(value) for name, value in (one.split("=") for one in options.setting)}
    found = [
        one
        for world in worlds
        for one in ranked(world, settings, stop=options.stop, money=(options.money[0], options.money[1]))
    ]
    for one in found:
        print(json.dumps(asdict(one)))
    print(f"mean {goodness(found):.4f}, {sum(one.cost for one in found):.1f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
