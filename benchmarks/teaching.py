"""Do weak labels from campaigns pay, does stacking detectors, and does Venn-Abers calibrate better?

    ghostnote simulate --scenario benchmarks/tuning.toml --accounts 3000 --seed 611 --out /tmp/worlds/rich611
    python -m benchmarks.teaching /tmp/worlds/rich611 ... > figures.jsonl

Each world of `left_out` is taught with all that is known, with no account of one kind ("removed"), and with a kind's
accounts there but none of them labelled ("unlabelled"); a line of JSON for each kind, and one for who is harmed.

Weak labels: accounts in lockstep in the training days, or (`campaigns`) confirmed members of campaigns that the model
itself proves there, teach as fraud with a weight; nobody whom the team knows does. The stack: a logistic regression on
what detectors think of accounts that they were not fitted on (account-days by rank, their plays' mean rank and share of
high ones, their surprise), calibrated by isotonic regression, in place of the account-day's probability; rules,
evidence, groups and targets stay as they are.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from benchmarks.left_out import World, figures, harmed, worlds
from ghostnote.decisions.evidence import log_ratio
from ghostnote.decisions.policy import Policy
from ghostnote.evaluation.reliability import reliability
from ghostnote.evaluation.splits import fold_of
from ghostnote.features.account_days import account_days, day_names
from ghostnote.features.catalog import TRAINED
from ghostnote.features.directions import day_directions, directions
from ghostnote.models.boosting import Boosting
from ghostnote.models.bundle import Bundle
from ghostnote.models.calibration import calibrate
from ghostnote.models.table import Table
from ghostnote.models.tails import Tails
from ghostnote.scoring.lockstep import find
from ghostnote.scoring.period import Period
from ghostnote.training.samples import NEVER, Sample, V, victims_of
from ghostnote.training.supervised import FOLDS, _labelled_share, _ranks
from ghostnote.training.train import Gathered, fit

Floats = NDArray[np.float64]

#: What a weak label weighs beside a team's label, which weighs 1.
WEIGHT = 0.3
#: Fewest new accounts of a kind in the judged days for it to be left out.
_WORTH = 10
#: Rank from which a play is high.
_HIGH = 0.99


def weakly(gathered: Gathered, accounts: frozenset[str], weight: float, day: date) -> Gathered:
    """The same with `accounts` taught as fraud that weighs less, known from `day` on."""
    judged = gathered.known.fraud_accounts | gathered.known.honest_accounts | gathered.samples.certain
    since = dict.fromkeys(sorted(accounts - judged), day)

    def of(sample: Sample[V]) -> Sample[V]:
        return sample.with_fraud(since, weight)

    samples = gathered.samples
    return replace(gathered, samples=replace(samples, days=of(samples.days), plays=of(samples.plays)))


def unlabelled(gathered: Gathered, accounts: frozenset[str]) -> Gathered:
    """The same as if nobody had found any of `accounts`."""

    def of(sample: Sample[V]) -> Sample[V]:
        theirs = np.asarray(sample.accounts.is_in(pl.Series(sorted(accounts)).implode()).to_numpy())
        return replace(sample, fraud=sample.fraud & ~theirs, known=np.where(theirs, NEVER, sample.known))

    known = replace(gathered.known, fraud_accounts=gathered.known.fraud_accounts - accounts)
    samples = gathered.samples
    samples = replace(samples, days=of(samples.days), plays=of(samples.plays), signups=of(samples.signups))
    return replace(gathered, known=known, samples=samples)


def in_lockstep(period: Period) -> frozenset[str]:
    """Accounts of proven blocks in the days that are learnt from."""
    blocks = find(period._links.timed())
    return frozenset(account for block in blocks if block.proven for account in block.accounts)


def in_campaigns(period: Period) -> frozenset[str]:
    """Accounts that are confirmed with a campaign in the days that are learnt from."""
    accounts = period.decided().accounts
    return frozenset(accounts.filter(pl.col("confirmed") & pl.col("campaign_id").is_not_null())["account_id"])


# --- stacking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stack:
    """Weights on what detectors think, and the calibration on top."""

    regression: LogisticRegression
    calibration: IsotonicRegression
    share: float
    prior: float

    def __call__(self, found: Floats) -> Floats:
        raw = self.regression.decision_function(found)
        return np.asarray(np.clip(self.calibration.predict(raw) / self.share, 1e-6, 0.999), dtype=np.float64)


def _height(rank: Floats) -> Floats:
    """Powers of ten of rows that rank higher."""
    return np.asarray(-np.log10(1.0 - rank + 1e-4))


def _at(raw: Floats, reference: Floats, weight: Floats) -> Floats:
    """Rank of `raw` scores among weighted reference scores."""
    order = np.argsort(reference)
    upto = np.cumsum(weight[order]) / weight.sum()
    return np.asarray(np.interp(raw, reference[order], upto, left=0.0))


def _seen(days: Mapping[date, tuple[pl.Series, Floats, Floats, pl.Series, Floats]]) -> tuple[pl.DataFrame, Floats]:
    """Account-days, and what is thought of each: height of the day, surprise, mean height and high share of plays."""
    rows, found = [], []
    for day, (accounts, raw, surprise, players, plays) in days.items():
        of = pl.DataFrame({"account_id": players.cast(pl.String), "h": _height(plays), "high": plays >= _HIGH})
        mean = of.group_by("account_id").agg(pl.col("h").mean(), pl.col("high").mean())
        beside = pl.DataFrame({"account_id": accounts}).join(mean, on="account_id", how="left", maintain_order="left")
        rows.append(beside.select("account_id", pl.lit(day).alias("day")))
        thought = beside.select(pl.col("h", "high").fill_null(0.0)).to_numpy()
        found.append(np.column_stack([_height(raw), surprise, thought]))
    return pl.concat(rows), np.concatenate(found)


def _scored(
    world: World, taught: bool, tails: Tails, day_model: Boosting, play_model: Boosting, gathered: Gathered
) -> dict[date, tuple[pl.Series, Floats, Floats, pl.Series, Floats]]:
    """By day: accounts, rank of each account-day, its surprise; players, rank of each play."""
    days, plays = gathered.samples.days, gathered.samples.plays
    names = tuple(feature.name for feature in TRAINED)
    of_days, of_plays = day_model.score(days.table), play_model.score(plays.table)
    result = {}
    for day in world.taught if taught else world.bench.days:
        rows = account_days(day.stream, day.values[:, : len(names)], TRAINED, day.day)
        table = Table(day_names(TRAINED), rows.values)
        played = (day.stream["kind"] == "play").to_numpy()
        raw = play_model.score(Table(names, day.values[played, : len(names)]))
        result[day.day] = (
            rows.accounts["account_id"].cast(pl.String),
            _at(day_model.score(table), of_days, days.weight),
            tails.score(table),
            day.stream["account_id"].filter(pl.Series(played)),
            _at(raw, of_plays, plays.weight),
        )
    return result


def stack(world: World, gathered: Gathered, bundle: Bundle) -> tuple[Stack, pl.DataFrame, Floats]:
    """Learn on account-days that detectors were not fitted on; returns what they think of the judged ones too."""
    days, plays = gathered.samples.days, gathered.samples.plays
    assert bundle.day is not None
    assert bundle.play is not None
    fitted = [
        Boosting(directions=way, rounds=model.rounds)
        for way, model in ((day_directions(TRAINED), bundle.day), (directions(TRAINED), bundle.play))
    ]
    rows, found = [], []
    of_days, of_plays = fold_of(days.accounts, FOLDS), fold_of(plays.accounts, FOLDS)
    for fold in range(FOLDS):
        learning = days.take(of_days != fold), plays.take(of_plays != fold)
        models = [
            replace(usual).fit(part.table, part.fraud.astype(np.float64), part.emphasis)
            for usual, part in zip(fitted, learning, strict=True)
        ]
        less = replace(
            gathered,
            samples=replace(gathered.samples, days=days.take(of_days == fold), plays=plays.take(of_plays == fold)),
        )
        who, thought = _seen(_scored(world, True, bundle.tails, models[0], models[1], less))
        mine = fold_of(who["account_id"], FOLDS) == fold
        rows.append(who.filter(pl.Series(mine)))
        found.append(thought[mine])
    who, thought = pl.concat(rows), np.concatenate(found)
    known = pl.DataFrame({"account_id": days.accounts.cast(pl.String), "day": days.day, "fraud": days.fraud}).unique(
        ["account_id", "day"]
    )
    who = who.with_columns(pl.col("day").map_elements(lambda d: d.toordinal(), return_dtype=pl.Int32))
    there = who.join(known, on=["account_id", "day"], how="left", maintain_order="left")["fraud"]
    kept = there.is_not_null().to_numpy()
    x, y = thought[kept], there.filter(pl.Series(kept)).to_numpy().astype(np.int64)
    regression = LogisticRegression(C=1.0, max_iter=500).fit(x, y)
    raw = regression.decision_function(x)
    calibration = calibrate(raw, y.astype(np.float64))
    isotonic = IsotonicRegression(out_of_bounds="clip").fit(calibration.scores, calibration.probabilities)
    sample = replace(days, fraud=y.astype(np.bool_), weight=np.ones(len(y)))
    share = _labelled_share(raw, sample)
    made = Stack(regression, isotonic, share, 0.0)
    mass = np.where(y == 1, 1.0, made(x)).mean()
    judged = _scored(world, False, bundle.tails, bundle.day, bundle.play, gathered)
    return replace(made, prior=float(np.clip(mass, 1e-6, 0.2))), *_seen(judged)


def stacked(period: Period, made: Stack, who: pl.DataFrame, thought: Floats) -> Period:
    """The same period with the stack's probability of each account-day."""
    said = who.with_columns(pl.Series("stacked", made(thought)))
    parts = []
    for frame in period._days:
        beside = frame.join(said, on=["account_id", "day"], how="left", maintain_order="left")
        without = log_ratio(beside["stacked"].to_numpy(), made.prior, Policy().day_cap)
        raised = pl.col("ratio") > pl.col("without_rules")
        ratio = pl.when(raised).then(pl.max_horizontal("ratio", "mine")).otherwise("mine")
        beside = beside.with_columns(pl.Series("mine", without)).with_columns(ratio.alias("ratio"))
        parts.append(
            beside.with_columns(pl.col("mine").alias("without_rules"), pl.col("stacked").alias("probability")).drop(
                "mine", "stacked"
            )
        )
    again = replace(period)
    again._days = parts
    again._plays, again._links, again._signups = period._plays, period._links, period._signups
    return again


# --- calibration ------------------------------------------------------------------------------------------------------


def venn_abers(rank: Floats, y: Floats, asked: Floats, points: int = 150) -> Floats:
    """p1 / (1 - p0 + p1) of an inductive Venn-Abers predictor (Vovk & Petej, 2014), between ranks of a grid."""
    grid = np.unique(np.quantile(np.concatenate([rank, asked]), 1.0 - np.logspace(-4, 0, points)))
    found = []
    for at in grid:
        both = []
        for label in (0.0, 1.0):
            fitted = IsotonicRegression(out_of_bounds="clip").fit(np.append(rank, at), np.append(y, label))
            both.append(float(fitted.predict([at])[0]))
        found.append(both[1] / (1.0 - both[0] + both[1]))
    return np.asarray(np.interp(asked, grid, np.maximum.accumulate(found)))


def calibrations(world: World, gathered: Gathered, bundle: Bundle) -> Iterator[dict[str, object]]:
    """Error of account-days' probabilities of being fraud, as judged days show it: isotonic beside Venn-Abers."""
    days = gathered.samples.days
    assert bundle.day is not None
    fold = fold_of(days.accounts, FOLDS)
    rank = np.zeros(len(fold))
    for out in range(FOLDS):
        part = days.take(fold != out)
        usual = Boosting(directions=day_directions(TRAINED), rounds=bundle.day.rounds)
        model = usual.fit(part.table, part.fraud.astype(np.float64), part.emphasis)
        rank[fold == out] = _ranks(model.score(days.table.take(fold == out)), days.weight[fold == out])
    share = _labelled_share(rank, days)
    y = days.fraud.astype(np.float64)
    reference = bundle.day.score(days.table)
    facts = world.bench.facts.rows.filter(subject_type="account")
    bad = set(facts.filter(verdict="fraud")["subject_id"])
    known = set(world.bench.known.filter(verdict="fraud")["subject_id"])
    asked, fraud = [], []
    for day in world.bench.days:
        rows = account_days(day.stream, day.values[:, : len(TRAINED)], TRAINED, day.day)
        who = rows.accounts["account_id"].cast(pl.String).to_list()
        raw = bundle.day.score(Table(day_names(TRAINED), rows.values))
        kept = np.array([one not in known for one in who])
        asked.append(_at(raw, reference, days.weight)[kept])
        fraud.append(np.array([one in bad for one in who])[kept])
    at, true = np.concatenate(asked), np.concatenate(fraud)
    ways = {"isotonic": calibrate(rank, y)(at), "venn-abers": venn_abers(rank, y, at)}
    for name, raised in ways.items():
        p = np.clip(raised / share, 1e-6, 0.999)
        loss = float(-np.mean(np.where(true, np.log(p), np.log(1 - p))))
        yield {
            "calibration": name,
            "world": world.name,
            "error": reliability(p, true).error,
            "log_loss": loss,
            "brier": float(np.mean((p - true) ** 2)),
            "rows": len(true),
            "fraud": int(true.sum()),
        }


# --- all of it --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Told:
    """One way to teach one world: what is left out, and how (everything, removed, unlabelled)."""

    world: World
    gathered: Gathered
    left_out: str
    condition: str

    def lines(self) -> Iterator[dict[str, object]]:
        """Every figure of it; none if too little is labelled."""
        bundle = fit(self.gathered)
        if bundle.day is None or bundle.play is None:
            return
        now = self.world.judged(bundle)
        yield from self._of("now", now)
        if self.condition != "removed":
            yield from self._weak(bundle)
        if self.condition != "unlabelled":
            yield from self._of("stack", stacked(now, *stack(self.world, self.gathered, bundle)))
        if self.condition == "everything":
            yield from calibrations(self.world, self.gathered, bundle)

    def _of(self, way: str, period: Period) -> Iterator[dict[str, object]]:
        joined = self.world.joined(period)
        about = {"world": self.world.name, "way": way, "condition": self.condition}
        for found in figures(self.world, way, self.left_out, joined.accounts):
            yield {**asdict(found), **about}
        acted, withheld = harmed(joined)
        yield {**about, "left_out": self.left_out, "acted": acted, "withheld": withheld}

    def _weak(self, bundle: Bundle) -> Iterator[dict[str, object]]:
        world, gathered = self.world, self.gathered
        victims = victims_of(world.bench.lake, gathered.known)
        before = world.judged(bundle, world.taught)
        ways = {"lockstep": in_lockstep(before) - victims, "campaigns": in_campaigns(before) - victims}
        for name, accounts in ways.items():
            new = accounts - gathered.known.fraud_accounts
            right = sum(any(one in theirs for theirs in world.kinds.values()) for one in new)
            about = {"world": world.name, "left_out": self.left_out}
            yield {**about, "weak": name, "accounts": len(new), "right": right}
            weights = (WEIGHT,) if self.left_out or name == "campaigns" else (WEIGHT, 1.0)
            for weight in weights if new else ():
                taught = fit(weakly(gathered, accounts, weight, gathered.window[1]))
                yield from self._of(f"{name} {weight:g}", world.judged(taught))


def lines(world: World, *, kinds: bool) -> Iterator[dict[str, object]]:
    """Every figure of one world, taught with everything; or with each kind removed, and unlabelled."""
    if not kinds:
        yield from _Told(world, world.gathered, "", "everything").lines()
        return
    seen = frozenset(world.gathered.samples.days.accounts.unique())
    facts = world.bench.facts.rows.filter(subject_type="account", verdict="fraud")
    known = frozenset(world.bench.known["subject_id"])
    for kind, accounts in world.kinds.items():
        new = set(facts.filter(kind=kind)["subject_id"]) - known
        if len(new) >= _WORTH and accounts & seen:
            yield from _Told(world, world.gathered.without(accounts), kind, "removed").lines()
            yield from _Told(world, unlabelled(world.gathered, accounts), kind, "unlabelled").lines()


if __name__ == "__main__":
    for by_kind in (False, True):
        for one in worlds(sys.argv[1:]):
            for line in lines(one, kinds=by_kind):
                print(json.dumps(line), flush=True)
