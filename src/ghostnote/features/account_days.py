"""Account-day rows: one row per account and day of arrival, from the feature rows of the day's events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.features.declaration import Feature
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
    indexed = stream.select("account_id", "event_time", "kind").with_row_index("row")
    groups = (
        indexed.sort("account_id", "row")
        .with_columns(pl.col("account_id").rle_id().alias("group"))
        .with_columns((pl.col("kind") == "play").alias("play"))
    )
    order = groups["row"].cast(pl.Int64).to_numpy()
    codes = groups["group"].cast(pl.Int32).to_numpy()
    starts = np.flatnonzero(np.diff(codes, prepend=np.int32(-1)))
    ends = np.append(starts[1:], len(order)) - 1 if len(order) else starts
    accounts = groups.group_by("group", maintain_order=True).agg(
        pl.col("account_id").first(),
        pl.lit(day).alias("day"),
        pl.col("event_time").min().alias("first_time"),
        pl.col("event_time").max().alias("last_time"),
        pl.col("play").sum().cast(pl.Int64).alias("plays"),
        (pl.col("kind") == "signup").sum().cast(pl.Int64).alias("signups"),
    )
    result = np.empty((len(starts), len(features)), dtype=np.float32)
    over_day = np.array([averaged(feature) for feature in features], dtype=np.bool_)
    result[:, ~over_day] = values[order[ends]][:, ~over_day]
    result[:, over_day] = _means(values, order, codes, len(starts), np.flatnonzero(over_day))
    return AccountDays(accounts.drop("group"), result)


def _means(
    values: NDArray[np.float32], order: Rows, groups: Rows, count: int, columns: NDArray[np.intp]
) -> NDArray[np.float32]:
    # Sums in float64 over fixed groups in a fixed order: the same rows always give the same bits.
    sums, known = np.zeros((count, len(columns))), np.zeros((count, len(columns)), dtype=np.int64)
    add_known(values, order, groups, columns, sums, known)
    return means(sums, known)
