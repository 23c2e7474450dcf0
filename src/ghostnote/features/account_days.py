"""Account-day rows: one row per account and day of arrival, from the feature rows of the day's events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.features.codes import TextCodes
from ghostnote.features.declaration import Feature
from ghostnote.features.grouping import group_rows
from ghostnote.features.sums import add_known, means

Rows = NDArray[np.integer]
#: Keys whose features describe the account itself, so that the day's last value says it all.
_OWN_KEYS = frozenset({"account", "payment", "email_domain"})


@dataclass(frozen=True)
class AccountDays:
    """`accounts` has one row per account: account_id, day, first_time, last_time, plays and
    signups (that day).

    `values` is float32 of shape (accounts, features): features by account as of the account's last event of the day,
    all others averaged over the day's events (missing values left out).
    """

    accounts: pl.DataFrame
    values: NDArray[np.float32]


def averaged(feature: Feature) -> bool:
    """Whether an account-day has the mean over the day's events, and not the value as of the last of them."""
    return feature.by not in _OWN_KEYS


def day_names(features: Sequence[Feature]) -> tuple[str, ...]:
    """The columns of `AccountDays.values`: averaged features are called `day_mean_...`."""
    return tuple(f"day_mean_{f.name}" if averaged(f) else f.name for f in features)


def with_columns(
    features: Sequence[Feature], columns: Collection[str], shipped: Sequence[Feature]
) -> tuple[Feature, ...]:
    """`features`, then those of `shipped` that are not among them and that account-day `columns` rest on."""
    have = {feature.name for feature in features}
    wanted = zip(day_names(shipped), shipped, strict=True)
    return (*features, *(f for column, f in wanted if column in columns and f.name not in have))


def account_days(
    stream: pl.DataFrame, values: NDArray[np.float32], features: Sequence[Feature], day: date
) -> AccountDays:
    """Summarise one day's events; `values` has the stream's rows and the features' columns."""
    ids, groups = _in_order_of_ids(stream["account_id"])
    order = group_rows(groups)
    groups = groups[order]
    starts = np.flatnonzero(np.diff(groups, prepend=np.int32(-1)))
    ends = np.append(starts[1:], len(order)) - 1 if len(order) else starts
    times = stream["event_time"].to_physical().to_numpy()[order]
    accounts = pl.DataFrame(
        {
            "account_id": ids,
            "day": pl.Series([day], dtype=pl.Date).new_from_index(0, len(ids)),
            "first_time": _times(np.minimum, times, starts, stream),
            "last_time": _times(np.maximum, times, starts, stream),
            "plays": _count(stream, "play", order, starts),
            "signups": _count(stream, "signup", order, starts),
        }
    )
    result = np.empty((len(starts), len(features)), dtype=np.float32)
    over_day = np.array([averaged(feature) for feature in features], dtype=np.bool_)
    result[:, ~over_day] = values[order[ends]][:, ~over_day]
    result[:, over_day] = _means(values, order, groups, len(starts), np.flatnonzero(over_day))
    return AccountDays(accounts, result)


def _in_order_of_ids(ids: pl.Series) -> tuple[pl.Series, Rows]:
    """The different ids in their order, null first, and each row's place among them, (n,) int32."""
    known = TextCodes()
    codes = known.encode(ids)
    texts = known.texts().alias(ids.name)
    if ids.null_count():
        texts = texts.extend_constant(None, 1)  # The last one, where -1 leads.
    order = texts.arg_sort().to_numpy()
    places = np.empty(len(order), dtype=np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return texts.gather(order), places[codes]


def _times(least: np.ufunc, times: Rows, starts: Rows, stream: pl.DataFrame) -> pl.Series:
    found = least.reduceat(times, starts) if len(starts) else times
    return pl.Series(found).cast(stream.schema["event_time"])


def _count(stream: pl.DataFrame, kind: str, order: Rows, starts: Rows) -> NDArray[np.int64]:
    there = (stream["kind"] == kind).to_numpy()[order].astype(np.int64)
    counts: NDArray[np.int64] = np.add.reduceat(there, starts) if len(starts) else there
    return counts


def _means(
    values: NDArray[np.float32], order: Rows, groups: Rows, count: int, columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    # Sums in float64 over fixed groups in a fixed order: the same rows always give the same bits.
    sums, known = np.zeros((count, len(columns))), np.zeros((count, len(columns)), dtype=np.int64)
    add_known(values, order, groups, columns, sums, known)
    return means(sums, known)
