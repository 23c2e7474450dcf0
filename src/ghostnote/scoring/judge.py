"""One day's events and features -> what detectors and rules think of its account-days, plays and sign-ups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from msgspec import UNSET
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
from ghostnote.models.boosting import Boosting
from ghostnote.models.bundle import Bundle
from ghostnote.models.calibration import Calibration
from ghostnote.models.manifest import Curve
from ghostnote.models.table import Table
from ghostnote.scoring.ids import Ids
from ghostnote.scoring.links import links_of

Values = NDArray[np.float32]
#: Share of an account's plays on devices that it had not used before.
_NEW_DEVICE = "plays_share_new_device_by_account_24h"
#: Rows that are scored at once.
_BLOCK = 1 << 17
#: What `Opinions.signups` has of a day without any.
NO_SIGNUPS = pl.Schema({"account_id": pl.String(), "score": pl.Float32(), "marked": pl.Boolean()})
_NAMED = pl.Schema({"row": pl.Int64(), "rules": pl.String()})
_PLAY_COLUMNS = (
    "event_id",
    "event_time",
    "account_id",
    "track_id",
    "artist_id",
    "owner_id",
    "playlist_id",
    "ms_played",
)
#: Ids of which much is remembered: as numbers.
_IDS = tuple(dict.fromkeys(("account_id", "track_id", "artist_id", "owner_id", *KINDS)))


@dataclass(frozen=True)
class Opinions:
    """What is thought of one day.

    `days`: account_id, day, first_time, last_time, plays, signups, probability, surprise, new_device (share of its
    plays on devices new to it), ratio (evidence in log-odds), without_rules (what it is if no rule counts), certain,
    rules (names). `values`: float32, the account-days' features in the order of `Judge.daily`. `plays`: the play's
    ids, ms_played, day, `score` (probability) and `raw` (what ranks them), float32. `links`: account_id, kind, key,
    time (in buckets of `BUCKET_HOURS`), events. `signups`: account_id, `score` (float32) and `marked` (whether it lies
    above the policy's ceiling) of each sign-up, which no decision rests on.
    """

    days: pl.DataFrame
    values: NDArray[np.float32]
    plays: pl.DataFrame
    links: pl.DataFrame
    signups: pl.DataFrame


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
    """Holds a bundle against days, one at a time; keeps nothing between them but which ids there are."""

    def __init__(self, bundle: Bundle, policy: Policy) -> None:
        self.bundle, self.policy = bundle, policy
        #: What the bundle's detectors were trained on, and with what the rules need after it: what account-days have.
        self.features = features_of(bundle)
        self.daily = with_columns(self.features, needed(), CATALOG)
        #: All that is to be folded: that, and what the model of sign-ups is given besides.
        self.folded = _with_features(self.daily, bundle.signup.names if bundle.signup else ())
        self._names = tuple(feature.name for feature in self.folded)
        self._ids = Ids()
        curves = bundle.manifest.play_curve, bundle.manifest.signup_curve
        self._play_curve, self._signup_curve = (curve.calibration() if curve else None for curve in curves)

    def judge(self, day: Day) -> Opinions:
        """All opinions on one day."""
        rows = account_days(day.stream, day.values[:, : len(self.daily)], self.daily, day.day)
        table = Table(day_names(self.daily), rows.values)
        days = rows.accounts.with_columns(
            pl.Series("probability", self._day_probability(table)),
            pl.Series("surprise", self.bundle.tails.score(table)),
            pl.Series("new_device", table.aligned([_NEW_DEVICE]).values[:, 0], nan_to_null=True),
        )
        ids = self._ids.of(day.stream, _IDS)
        return Opinions(
            days=self._with_evidence(days, table),
            values=rows.values,
            plays=self._plays(day, ids),
            links=links_of(day.stream, ids, timed=self.policy.lockstep),
            signups=self._signups(day),
        )

    @property
    def play_threshold(self) -> float | None:
        """The raw score that only `honest_mark_ceiling` of honest plays reach; None without a play model."""
        ceilings = self.bundle.manifest.play_ceilings
        return None if ceilings is None else reached_by(ceilings, self.policy.honest_mark_ceiling)

    @property
    def signup_threshold(self) -> float | None:
        """The raw score that only `honest_signup_ceiling` of honest sign-ups reach; None without a model of them."""
        ceilings = self.bundle.manifest.signup_ceilings
        # As a float32, which `raw` is: rows in the same leaves have the same score, and must reach it together.
        return None if ceilings is UNSET else float(np.float32(reached_by(ceilings, self.policy.honest_signup_ceiling)))

    def play_scores(self, values: Values, rows: NDArray[np.intp]) -> tuple[Values, Values]:
        """What the model thinks of plays: `score`, the calibrated probability that each is artificial, and `raw`, which
        ranks also where calibration makes no difference. Both (rows,) float32; NaN without a play model.

        `values` are events' features in the order of `folded`, float32 of shape (events, features); `rows` says which
        of them are plays.
        """
        return _scores(self.bundle.play, self._play_curve, self._names[: len(self.features)], values, rows)

    def signup_scores(self, values: Values, rows: NDArray[np.intp]) -> tuple[Values, Values]:
        """The same of sign-ups: how probable it is that the account is fake; NaN without a model of sign-ups."""
        return _scores(self.bundle.signup, self._signup_curve, self._names, values, rows)

    def _signups(self, day: Day) -> pl.DataFrame:
        rows = np.flatnonzero((day.stream["kind"] == "signup").to_numpy())
        score, raw = self.signup_scores(day.values, rows)
        marked = raw >= np.float32(np.inf if self.signup_threshold is None else self.signup_threshold)
        accounts = day.stream["account_id"].gather(rows).cast(pl.String)
        return pl.DataFrame([accounts, pl.Series("score", score), pl.Series("marked", marked)])

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
        named = []
        for rule in policy.rules:
            fired = hits(rule, frame).to_numpy()
            named.append((rule.name, np.flatnonzero(fired)))
            certain |= fired & rule.certain
            ratio = np.where(fired, np.maximum(ratio, rule.ratio), ratio)
        return days.with_columns(
            pl.Series("ratio", np.where(certain, policy.account_bar, ratio)),
            pl.Series("without_rules", without),
            pl.Series("certain", certain),
            _named(named, len(table)),
        )

    def _plays(self, day: Day, ids: Mapping[str, pl.Series]) -> pl.DataFrame:
        is_play = day.stream["kind"] == "play"
        plays = day.stream.select(_PLAY_COLUMNS).with_columns(
            ids[name].alias(name) for name in _PLAY_COLUMNS if name in ids
        )
        score, raw = self.play_scores(day.values, np.flatnonzero(is_play.to_numpy()))
        return plays.filter(is_play).with_columns(
            pl.lit(day.day).alias("day"), pl.Series("score", score), pl.Series("raw", raw)
        )


def _with_features(folded: tuple[Feature, ...], names: Sequence[str]) -> tuple[Feature, ...]:
    """`folded` and those of `names` that are not among them, from the catalogue."""
    have = {feature.name for feature in folded}
    shipped = {feature.name: feature for feature in CATALOG}
    for name in names:
        if name not in have and name not in shipped:
            raise GhostnoteError(
                f"The bundle's model of sign-ups needs a feature that this version does not have ({name}): train it "
                "again."
            )
    return (*folded, *(shipped[name] for name in names if name not in have))


def reached_by(ceilings: Curve, share: float) -> float:
    """The raw score that `share` of honest rows reach, on the logarithm of the shares that a bundle knows it of."""
    shares = np.log(np.asarray(ceilings.scores))
    return float(np.interp(np.log(share), shares, np.asarray(ceilings.probabilities)))


def _scores(
    model: Boosting | None,
    curve: Calibration | None,
    names: tuple[str, ...],
    values: Values,
    rows: NDArray[np.intp],
) -> tuple[Values, Values]:
    raw = score = np.full(len(rows), np.nan)
    if model is not None and curve is not None:
        for start in range(0, len(rows), _BLOCK):  # A copy of all would be as large as the day.
            part = slice(start, start + _BLOCK)
            raw[part] = model.score(Table(names, values[rows[part], : len(names)]))
        score = curve(raw)
    return score.astype(np.float32), raw.astype(np.float32)


def _named(named: Sequence[tuple[str, NDArray[np.intp]]], count: int) -> pl.Series:
    """`rules`: for each of `count` rows the names whose rows it is among, in their order."""
    places = [pl.DataFrame({"row": rows, "rules": [name] * len(rows)}, schema=_NAMED) for name, rows in named]
    found = pl.concat([_NAMED.to_frame(), *places]).group_by("row", maintain_order=True).all()
    every = pl.select(pl.int_range(count, dtype=pl.Int64).alias("row"))
    joined = every.join(found, on="row", how="left", maintain_order="left")
    return joined.select(pl.col("rules").fill_null(pl.lit([], dtype=pl.List(pl.String)))).to_series()
