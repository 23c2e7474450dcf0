"""Free months one after the other on the same cards and devices; families of six at one address."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of, artificial, signups_of

Tables = dict[str, pl.DataFrame]


def test_families_have_six_members_at_most(sieges: Tables) -> None:
    signups = signups_of(sieges, "trial_farm")
    assert set(signups["plan"]) <= {"trial", "family"}
    assert (signups.drop_nulls("family_id").group_by("family_id").len()["len"] <= 6).all()


def test_trials_end_and_others_take_over(sieges: Tables) -> None:
    trials = signups_of(sieges, "trial_farm").filter(pl.col("plan") == "trial")
    plays = artificial(sieges, "trial_farm").join(trials.select("account_id", begun="event_time"), on="account_id")
    assert (plays["event_time"] - plays["begun"]).dt.total_hours().max() <= 3 * 24
    assert accounts_of(sieges, "trial_farm").len() > 1.5 * 12


def test_trials_share_cards_and_devices(sieges: Tables) -> None:
    trials = signups_of(sieges, "trial_farm").filter(pl.col("plan") == "trial")
    assert trials.height / trials["payment_hash"].n_unique() > 2
    plays = artificial(sieges, "trial_farm")
    assert plays["account_id"].n_unique() / plays["device_id"].drop_nulls().n_unique() > 2


def test_plays_a_day_follow_from_hours(sieges: Tables) -> None:
    plays = artificial(sieges, "trial_farm")
    busy = plays.group_by("account_id", "day").agg((pl.col("ms_played").sum() / 3_600_000).alias("hours"))["hours"]
    assert busy.median() == pytest.approx(9, rel=0.2)
