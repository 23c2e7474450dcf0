"""No day, account, device or address stands out: fewer plays than keen listeners, most of them everybody's."""

import polars as pl
import pytest
from tests.simulation.lakes import artificial, honest_plays, per_day

Tables = dict[str, pl.DataFrame]


def test_a_day_is_an_ordinary_one(sieges: Tables) -> None:
    plays = artificial(sieges, "low_and_slow")
    assert per_day(plays).median() <= 40
    hours = plays.group_by("account_id", "day").agg((pl.col("ms_played").sum() / 3_600_000).alias("hours"))["hours"]
    assert hours.median() == pytest.approx(1.4, rel=0.15)
    assert plays["event_time"].dt.hour().is_between(7, 23).all()


def test_most_plays_are_everybodys(sieges: Tables) -> None:
    plays, others = artificial(sieges, "low_and_slow"), honest_plays(sieges)
    owners = others["owner_id"].unique()
    assert plays["owner_id"].is_in(owners.implode()).mean() == pytest.approx(0.75, abs=0.05)


def test_nothing_is_shared(sieges: Tables) -> None:
    plays = artificial(sieges, "low_and_slow")
    assert plays.group_by("device_id").agg(pl.col("account_id").n_unique())["account_id"].max() == 1
    assert plays.group_by("ip").agg(pl.col("account_id").n_unique())["account_id"].median() <= 2
