"""474 phones, 347,200 SIM cards, 3 operators: many accounts on a phone, a new mobile address for every shift."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial

Tables = dict[str, pl.DataFrame]


def test_a_phone_serves_one_account_after_the_other(sieges: Tables) -> None:
    plays = artificial(sieges, "phone_farm").sort("event_time")
    per_phone = plays.group_by("device_id").agg(pl.col("account_id").n_unique())["account_id"]
    assert per_phone.to_list() == [4] * 4
    begun = pl.col("event_time") - pl.duration(milliseconds=pl.col("ms_played"))
    overlap = plays.select((begun < pl.col("event_time").shift().over("device_id", order_by="event_time")).mean())
    assert overlap.item() < 0.01


def test_sims_of_few_operators_change(sieges: Tables) -> None:
    plays = artificial(sieges, "phone_farm").join(sieges["ips"], on="ip", how="left")
    assert set(plays["ip_kind"]) == {"mobile"}
    assert plays["asn"].n_unique() <= 3
    assert plays["ip"].n_unique() > accounts_of(sieges, "phone_farm").len()


def test_phones_hardly_rest(sieges: Tables) -> None:
    plays = artificial(sieges, "phone_farm")
    busy = plays.group_by("device_id", "day").agg((pl.col("ms_played").sum() / 3_600_000).alias("hours"))["hours"]
    assert busy.mean() == pytest.approx(24 * 0.88, rel=0.08)
