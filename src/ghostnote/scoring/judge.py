"""One day's events and features -> what detectors and rules think of its account-days and plays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.evidence import log_ratio
from ghostnote.decisions.policy import Policy
from ghostnote.decisions.rules import hits, needed
from ghostnote.decisions.ties import KINDS
from ghostnote.errors import GhostnoteError
from ghostnote.features.account_days import account_days, day_names, with_columns
from ghostnote.features.catalog import CATALOG
from ghostnote.features.declaration import Feature
from ghostnote.features.history import Day
from ghostnote.features.own import own_from_json
from ghostnote.models.bundle import Bundle
from ghostnote.models.table import Table

#: Share of an account's plays on devices that it had not used before.
_NEW_DEVICE = "plays_share_new_device_by_account_24h"
#: Length of the stretches of time in which links are counted. They begin at midnight (UTC).
BUCKET_HOURS = 6
#: The kind of link that says when an account was opened.
SIGNUP = "signup"
LINKS = {
    "account_id": pl.Categorical,
    "kind": pl.Categorical,
    "key": pl.Categorical,
    "time": pl.Int32,
    "events": pl.UInt32,
}
_PLAY_COLUMNS = ("event_id", "event_time", "account_id", "track_id", "artist_id", "owner_id", "ms_played")


@dataclass(frozen=True)
class Opinions:
    """What is thought of one day.

    `days`: account_id, day, first_time, last_time, plays, signups, probability, surprise, new_device (share of its
    plays on devices new to it), ratio (evidence in log-odds), without_rules (what it is if no rule counts), certain,
    rules (names). `values`: float32, the account-days' features in the order of `Judge.folded`. `plays`: the play's
    ids, ms_played, day, `score` (probability) and `raw` (what ranks them), float32. `links`: account_id, kind, key,
    time (in buckets of `BUCKET_HOURS`), events.
    """

    days: pl.DataFrame
    values: NDArray[np.float32]
    plays: pl.DataFrame
    links: pl.DataFrame


def features_of(bundle: Bundle, catalog: Sequence[Feature] = CATALOG) -> tuple[Feature, ...]:
    """The declarations that a bundle was trained on; `GhostnoteError` if this version does not have one of them."""
    own = own_from_json(bundle.manifest.own_features).declared()
    by_name = {feature.name: feature for feature in (*catalog, *own)}
    unknown = [name for name in bundle.manifest.features if name not in by_name]
    if unknown:
        raise GhostnoteError(
            f"The bundle was trained on features that this version does not have ({unknown[0]}, ...): train it again."
        )
    return tuple(by_name[name] for name in bundle.manifest.features)


class Judge:
    """Holds a bundle against days, one at a time; keeps nothing between them."""

    def __init__(self, bundle: Bundle, policy: Policy) -> None:
        self.bundle, self.policy = bundle, policy
        #: What the bundle's detectors were trained on, and with what the rules need after it: all that is to be folded.
        self.features = features_of(bundle)
        self.folded = with_columns(self.features, needed(), CATALOG)

    def judge(self, day: Day) -> Opinions:
        """All opinions on one day."""
        rows = account_days(day.stream, day.values, self.folded, day.day)
        table = Table(day_names(self.folded), rows.values)
        days = rows.accounts.with_columns(
            pl.Series("probability", self._day_probability(table)),
            pl.Series("surprise", self.bundle.tails.score(table)),
            pl.Series("new_device", table.aligned([_NEW_DEVICE]).values[:, 0], nan_to_null=True),
        )
        return Opinions(
            days=self._with_evidence(days, table),
            values=rows.values,
            plays=self._plays(day),
            links=_links(day.stream, timed=self.policy.lockstep),
        )

    def _day_probability(self, table: Table) -> NDArray[np.float64]:
        curve = self.bundle.manifest.day_curve
        if self.bundle.day is None or curve is None:
            return np.full(len(table), np.nan)
        return curve.calibration()(self.bundle.day.score(table))

    def _with_evidence(self, days: pl.DataFrame, table: Table) -> pl.DataFrame:
        """Adds `ratio`, `without_rules`, `certain` and `rules`."""
        policy, prior = self.policy, self.bundle.manifest.training.prior_account_days
        if self.bundle.day is None:
            ratio = np.full(len(table), -policy.day_cap)
        else:
            ratio = log_ratio(days["probability"].to_numpy(), prior, policy.day_cap)
        without = ratio
        frame = pl.DataFrame(table.values, schema=list(table.names), orient="row")
        certain = np.zeros(len(table), dtype=np.bool_)
        names: list[list[str]] = [[] for _ in range(len(table))]
        for rule in policy.rules:
            fired = hits(rule, frame).to_numpy()
            for row in np.flatnonzero(fired):
                names[row].append(rule.name)
            certain |= fired & rule.certain
            ratio = np.where(fired, np.maximum(ratio, rule.ratio), ratio)
        return days.with_columns(
            pl.Series("ratio", np.where(certain, policy.account_bar, ratio)),
            pl.Series("without_rules", without),
            pl.Series("certain", certain),
            pl.Series("rules", names, dtype=pl.List(pl.String)),
        )

    def _plays(self, day: Day) -> pl.DataFrame:
        is_play = (day.stream["kind"] == "play").to_numpy()
        plays = day.stream.filter(pl.Series(is_play)).select(*_PLAY_COLUMNS, pl.lit(day.day).alias("day"))
        return plays.with_columns(
            pl.col("artist_id", "owner_id", "track_id", "account_id").cast(pl.Categorical),
            *self._play_scores(day.values[is_play]),
        )

    def _play_scores(self, values: NDArray[np.float32]) -> tuple[pl.Series, pl.Series]:
        """`score`, the calibrated probability, and `raw`, which ranks also where calibration makes no difference."""
        curve = self.bundle.manifest.play_curve
        raw = score = np.full(len(values), np.nan)
        if self.bundle.play is not None and curve is not None:
            raw = self.bundle.play.score(Table(tuple(self.bundle.manifest.features), values[:, : len(self.features)]))
            score = curve.calibration()(raw)
        return pl.Series("score", score, dtype=pl.Float32), pl.Series("raw", raw, dtype=pl.Float32)


def _links(stream: pl.DataFrame, *, timed: bool) -> pl.DataFrame:
    """How often each account touched each thing that can tie accounts together.

    If `timed`, also in which stretch of hours, and when accounts were opened: only lockstep asks for that, and it makes
    many more rows.
    """
    hours = pl.col("event_time").dt.timestamp("us") // (BUCKET_HOURS * 3_600_000_000) if timed else pl.lit(0)
    events = stream.with_columns(hours.cast(pl.Int32).alias("time"))
    opened = pl.when(pl.col("kind") == "signup").then(pl.col("time").cast(pl.String))
    events = events.with_columns(opened.alias(SIGNUP))
    parts = []
    for kind in (*KINDS, SIGNUP) if timed else KINDS:
        if kind in events.columns and events[kind].null_count() < events.height:
            touched = events.select("account_id", pl.col(kind).alias("key"), "time").drop_nulls()
            parts.append(
                touched.group_by("account_id", "key", "time")
                .agg(pl.len().cast(pl.UInt32).alias("events"))
                .select(
                    pl.col("account_id").cast(pl.Categorical),
                    pl.lit(kind, dtype=pl.Categorical).alias("kind"),
                    pl.col("key").cast(pl.Categorical),
                    "time",
                    "events",
                )
            )
    return pl.concat(parts) if parts else pl.DataFrame(schema=LINKS)
