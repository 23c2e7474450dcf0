"""What one way to judge is worth, in numbers: rankings at budgets, calibration, other shares of fraud."""

import numpy as np
import polars as pl

from ghostnote.backtest.compare import Joined, compare
from ghostnote.decisions.evaluation import (
    AtAlerts,
    AtPrevalence,
    Bin,
    Calibrated,
    KindOfSignups,
    Point,
    Ranking,
    SignupsJudged,
    Variant,
)
from ghostnote.evaluation.metrics import Bools, Floats, average_precision, wilson
from ghostnote.evaluation.ranking import (
    at_share,
    average_precision_at,
    precision_recall,
    prevalence_weights,
)
from ghostnote.evaluation.reliability import reliability

#: Shares of all accounts, or plays, that are looked at.
ALERTS = (0.001, 0.005, 0.01, 0.02, 0.05)
#: Shares of fraud that are asked about, and the budget at which they are.
PREVALENCES = (0.005, 0.01, 0.02, 0.05, 0.1)
_AT = 0.01
#: What share of the sign-ups each kind is taken to be, so that kinds of any size compare.
_KIND = 0.01


def measured(
    name: str,
    description: str,
    joined: Joined,
    signups: pl.DataFrame,
    *,
    alerts_per_day: float,
    days: int,
    simulated: bool,
) -> Variant:
    """All that is counted about one way to judge; `signups` as in `of_signups`."""
    new = joined.unknown()
    return Variant(
        name=name,
        description=description,
        truth=compare(joined, alerts_per_day=alerts_per_day, days=days, simulated=simulated),
        accounts=_ranking(new.accounts),
        plays=_ranking(new.plays),
        tracks=_of_tracks(joined),
        signups=of_signups(joined, signups),
    )


def of_sequence(joined: Joined, highest: pl.DataFrame) -> Ranking:
    """How well the sequence detector ranks accounts not known before; `highest` has account_id and sequence."""
    rows = joined.unknown().accounts.select("account_id", "fraud")
    scores = highest.select("account_id", pl.col("sequence").alias("score"))
    return _ranking(rows.join(scores, on="account_id", how="left", maintain_order="left"))


def of_signups(joined: Joined, signups: pl.DataFrame) -> SignupsJudged | None:
    """How the model of sign-ups ranks accounts not known before; None if none of them has a score.

    `signups` has account_id, signup_score (null without a model) and signup_marked.
    """
    rows = joined.unknown().accounts.drop("score", "signup_score").join(signups, on="account_id")
    rows = rows.drop_nulls("signup_score").rename({"signup_score": "score"}).sort("account_id")
    if rows.is_empty():
        return None
    honest = rows.filter(~pl.col("fraud"))
    challenged = int(honest["signup_marked"].sum())
    low, high = wilson(challenged, honest.height)
    kinds = sorted(rows.filter("fraud")["kind"].unique()) if honest.height else []
    return SignupsJudged(
        ranking=_ranking(rows),
        kinds=[_kind_of_signups(kind, rows.filter(~pl.col("fraud") | (pl.col("kind") == kind))) for kind in kinds],
        honest=honest.height,
        honest_challenged=challenged,
        low=low,
        high=high,
    )


def _kind_of_signups(kind: str, rows: pl.DataFrame) -> KindOfSignups:
    score, fraud = _arrays(rows)
    at = at_share(score, fraud, _AT, prevalence_weights(fraud, _KIND))
    assert at is not None
    return KindOfSignups(
        kind=kind,
        signups=int(fraud.sum()),
        average_precision=_share(average_precision_at(score, fraud, _KIND)),
        recall=_share(at.recall),
        challenged=rows.filter(pl.col("fraud") & pl.col("signup_marked")).height,
    )


def calibrated(rows: pl.DataFrame) -> Calibrated | None:
    """Whether `score` in `rows` is the probability of `fraud`; None where nothing has a score."""
    known = rows.filter(pl.col("score").is_not_null() & pl.col("score").is_not_nan())
    if known.is_empty():
        return None
    score, fraud = _arrays(known)
    found = reliability(score, fraud)
    bins = [Bin(rows=b.rows, predicted=b.predicted, observed=b.observed, low=b.low, high=b.high) for b in found.bins]
    return Calibrated(error=found.error, bins=bins)


def at_prevalences(rows: pl.DataFrame) -> list[AtPrevalence]:
    """The same ranking in services with other shares of fraud; empty where `rows` are all fraud or all honest."""
    score, fraud = _arrays(rows)
    if not fraud.any() or fraud.all():
        return []
    found = []
    for prevalence in PREVALENCES:
        at = at_share(score, fraud, _AT, prevalence_weights(fraud, prevalence))
        assert at is not None
        found.append(
            AtPrevalence(
                prevalence=prevalence,
                average_precision=_share(average_precision_at(score, fraud, prevalence)),
                at=AtAlerts(alerts=at.alerts, precision=_share(at.precision), recall=_share(at.recall)),
            )
        )
    return found


def _ranking(rows: pl.DataFrame) -> Ranking:
    score, fraud = _arrays(rows)
    precise = average_precision(score, fraud)
    budgets = [found for alerts in ALERTS if (found := at_share(score, fraud, alerts)) is not None]
    return Ranking(
        rows=rows.height,
        fraud=int(fraud.sum()),
        average_precision=None if precise is None else _share(precise),
        at=[AtAlerts(alerts=b.alerts, precision=_share(b.precision), recall=_share(b.recall)) for b in budgets],
        curve=[Point(recall=_share(r), precision=_share(p)) for r, p in precision_recall(score, fraud)],
    )


def _of_tracks(joined: Joined) -> Ranking | None:
    """How well tracks of which half or more is artificial are ranked by their audience; None if no track has one."""
    rows = joined.tracks.filter(pl.col("surprise").is_not_null())
    if rows.is_empty():
        return None
    artificial = joined.plays.group_by("track_id").agg(pl.col("fraud").mean() >= 0.5)
    return _ranking(rows.select("track_id", pl.col("surprise").alias("score")).join(artificial, on="track_id"))


def _arrays(rows: pl.DataFrame) -> tuple[Floats, Bools]:
    score = np.nan_to_num(rows["score"].cast(pl.Float64).fill_null(0.0).to_numpy())
    return score, rows["fraud"].to_numpy().astype(np.bool_)


def _share(value: float) -> float:
    """Sums of many shares may pass one by a rounding error."""
    return min(1.0, max(0.0, value))
