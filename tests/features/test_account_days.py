"""A day's rows become one per account: its own features as of its last event, all others averaged."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from ghostnote.features.account_days import account_days, day_names
from ghostnote.features.catalog import CATALOG

_OWN = next(feature for feature in CATALOG if feature.by == "account")
_OTHERS = next(feature for feature in CATALOG if feature.by == "track")
_START = datetime(2026, 1, 1, tzinfo=UTC)


def _day(accounts: list[str | None], kinds: list[str]) -> pl.DataFrame:
    times = [_START + timedelta(minutes=n) for n in range(len(accounts))]
    schema = {"account_id": pl.String, "kind": pl.String, "event_time": pl.Datetime("us", "UTC")}
    return pl.DataFrame({"account_id": accounts, "kind": kinds, "event_time": times}, schema=schema)


def test_last_of_its_own_and_means_of_all_others_without_what_is_missing() -> None:
    nan = float("nan")
    stream = _day(["b", "a", "b", "b", "a"], ["signup", "play", "play", "play", "login"])
    values = np.array([[1, 4], [2, nan], [3, 8], [5, nan], [nan, nan]], dtype=np.float32)
    found = account_days(stream, values, [_OWN, _OTHERS], date(2026, 1, 1))
    assert day_names([_OWN, _OTHERS]) == (_OWN.name, f"day_mean_{_OTHERS.name}")
    assert found.accounts.select("account_id", "plays", "signups").rows() == [("a", 1, 0), ("b", 2, 1)]
    assert found.accounts["first_time"].to_list() == [_START + timedelta(minutes=1), _START]
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, np.array([[nan, nan], [5, 6]], dtype=np.float32))


def test_a_day_without_events_has_no_rows() -> None:
    found = account_days(_day([], []), np.zeros((0, 2), dtype=np.float32), [_OWN, _OTHERS], date(2026, 1, 1))
    assert found.accounts.is_empty()
    assert found.values.shape == (0, 2)
