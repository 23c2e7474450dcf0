"""Account-day rows: one row per account and day of arrival, from the feature rows of the day's events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghostnote.features.declaration import Feature

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


def day_names(features: Sequence[Feature]) -> tuple[str, ...]:
    """The columns of `AccountDays.values`: averaged features are called `day_mean_...`."""
    return tuple(f.name if f.by in _OWN_KEYS else f"day_mean_{f.name}" for f in features)


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
    order = groups["row"].to_numpy()
    codes = groups["group"].to_numpy()
    starts = np.flatnonzero(np.diff(codes, prepend=np.uint32(2**32 - 1)))
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
    last = order[ends]
    for column, feature in enumerate(features):
        if feature.by in _OWN_KEYS:
            result[:, column] = values[last, column]
        else:
            result[:, column] = _means(values[order, column], starts)
    return AccountDays(accounts.drop("group"), result)


def _means(values: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    # Sums in float64 over fixed groups in a fixed order: the same rows always give the same bits.
    if len(starts) == 0:
        return np.empty(0, dtype=np.float32)
    known = ~np.isnan(values)
    sums = np.add.reduceat(np.where(known, values, 0.0).astype(np.float64), starts)
    counts = np.add.reduceat(known.astype(np.int64), starts)
    means = np.full(len(starts), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means.astype(np.float32)
