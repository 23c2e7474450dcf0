"""Why an account was acted on, in sentences: rules first, then what the trees weighed most, then who it acts with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.decisions.campaigns import Group
from ghostnote.decisions.rules import RULES, hits
from ghostnote.features.account_days import averaged, day_names
from ghostnote.features.declaration import Feature
from ghostnote.features.wording import sentence
from ghostnote.models.bundle import Bundle
from ghostnote.models.table import Table

#: Sentences from detectors per account.
_MOST = 3
#: Fewest days, and most, that an account's own past is made of.
_FEWEST_DAYS, _PAST_DAYS = 3, 28


@dataclass(frozen=True)
class Baseline:
    """What is typical of each day feature over a sample of account-days: its median, and the range of the middle 80 %.

    NaN where nothing is ever known.
    """

    typical: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> "Baseline":
        known = ~np.isnan(values).all(axis=0)
        found = np.full((3, values.shape[1]), np.nan)
        if len(values):
            found[:, known] = np.nanquantile(values[:, known], (0.5, 0.1, 0.9), axis=0)
        return cls(*found)

    def unusual(self, column: int, value: float) -> bool:
        """Whether a value lies outside what is typical; also where nothing is known to be."""
        return not self.low[column] <= value <= self.high[column]


@dataclass(frozen=True)
class _Shown:
    """An account's worst day, and what was usual for it on days before: medians, NaN where too few are known."""

    values: NDArray[np.float32]
    past: NDArray[np.float64]


def explain(
    accounts: pl.DataFrame,
    days: pl.DataFrame,
    take: Callable[[Sequence[int]], NDArray[np.float32]],
    bundle: Bundle,
    features: Sequence[Feature],
    baseline: Baseline,
    groups: Sequence[Group],
) -> dict[str, list[str]]:
    """Reasons by account_id. `accounts` are those acted on; `best_row` is each one's worst day, `said` its last lines.

    `days` are all account-days (account_id, day, row, total); `take` gives the features of rows. What is unusual is
    told beside what is typical for others and, if the account had days that nothing is held against before its first
    suspicious one, beside what was usual for itself.
    """
    if accounts.is_empty():
        return {}
    names = day_names(features)
    worst = take(accounts["best_row"].to_list())
    detector = bundle.day or bundle.tails
    parts = detector.explain(Table(names, worst))
    place = {name: column for column, name in enumerate(names)}
    columns = [place[name] for name in detector.names]
    by_id = {found.campaign_id: found for found in groups}
    pasts = _pasts(accounts["account_id"], days, take)
    reasons = {}
    for row, account in enumerate(accounts.iter_rows(named=True)):
        past = pasts.get(account["account_id"])
        shown = _Shown(worst[row], np.full(len(names), np.nan) if past is None else past)
        lines = _of_rules(account["rules"], dict(zip(names, map(float, shown.values), strict=True)))
        lines += _of_days(account)
        lines += _of_detector(parts[row], columns, shown, features, baseline, _MOST if len(lines) < 3 else 2)
        lines += _of_targets(account) + _of_group(by_id.get(account["campaign_id"])) + account["said"]
        reasons[account["account_id"]] = lines
    return reasons


def _pasts(
    accounts: pl.Series, days: pl.DataFrame, take: Callable[[Sequence[int]], NDArray[np.float32]]
) -> dict[str, NDArray[np.float64]]:
    """Medians over each account's days before anything was held against it, if there were days enough."""
    theirs = days.filter(pl.col("account_id").is_in(accounts.implode())).sort("account_id", "day")
    clean = theirs.filter((pl.col("total") > 0).cum_sum().over("account_id") == 0)
    rows = clean.group_by("account_id", maintain_order=True).agg(pl.col("row").tail(_PAST_DAYS))
    found = {}
    for account, own in rows.filter(pl.col("row").list.len() >= _FEWEST_DAYS).iter_rows():
        values = take(own)
        known = np.count_nonzero(~np.isnan(values), axis=0) >= _FEWEST_DAYS
        medians = np.full(values.shape[1], np.nan)
        medians[known] = np.nanmedian(values[:, known], axis=0)
        found[account] = medians
    return found


def _of_rules(fired: Sequence[str], row: Mapping[str, float]) -> list[str]:
    # A rule may have fired on another day than the one shown: then what it looks for is told, not that day's figures.
    shown = pl.DataFrame([row], schema=dict.fromkeys(row, pl.Float64))
    return [
        rule.sentence(row) if hits(rule, shown).item() else f"On another day: {rule.description}"
        for rule in RULES
        if rule.name in fired
    ]


def _of_days(account: Mapping[str, int]) -> list[str]:
    days, active = account["suspicious_days"], account["active_days"]
    return [f"Suspicious on {days} of {active} active days."] if active > 1 and days else []


def _of_detector(
    parts: NDArray[np.float64],
    columns: Sequence[int],
    shown: _Shown,
    features: Sequence[Feature],
    baseline: Baseline,
    most: int,
) -> list[str]:
    lines: list[str] = []
    usual: list[str] = []
    told: set[tuple[str, str, str]] = set()
    for part in np.argsort(-parts, kind="stable"):
        column = columns[part]
        feature, value = features[column], float(shown.values[column])
        about = (feature.op, feature.by, feature.argument or (feature.of.name if feature.of else ""))
        if len(lines) == most or parts[part] <= 0:
            break
        # The same measure over another window says nothing new; what is missing cannot be told.
        if about in told or np.isnan(value):
            continue
        told.add(about)
        typical, past = float(baseline.typical[column]), float(shown.past[column])
        line = sentence(feature, value, typical, past, averaged=averaged(feature)) + "."
        (lines if baseline.unusual(column, value) else usual).append(line)
    # What is as usual convinces nobody, whatever it weighs beside the rest: it is told only where nothing else is.
    return lines or usual[:1]


def _of_targets(account: Mapping[str, int]) -> list[str]:
    if not account["aimed_plays"]:
        return []
    aimed, plays = account["aimed_plays"], account["plays"]
    return [f"{aimed:,} of its {plays:,} plays are for artists or owners whose audience is mostly artificial."]


def _of_group(found: Group | None) -> list[str]:
    return [] if found is None else [f"Acts together with {len(found.everybody) - 1:,} other accounts."]
