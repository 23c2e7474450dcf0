"""Bulk sign-ups that share subnet, device and mail shape, follow and save, and hardly play."""

import polars as pl
import pytest
from tests.simulation.lakes import accounts_of
from tests.simulation.worlds import FACTORY

Tables = dict[str, pl.DataFrame]


def test_they_follow_and_save_and_hardly_play(tables: Tables) -> None:
    accounts = accounts_of(tables, FACTORY)
    actions = _of(tables, "actions")
    assert actions.height / accounts.len() == pytest.approx(90, rel=0.2)
    assert set(actions["action"]) == {"follow", "playlist_follow", "save", "like"}
    plays = _of(tables, "plays")
    assert plays["account_id"].n_unique() < 0.3 * accounts.len()
    assert plays.height < accounts.len() * 4


def test_sign_ups_come_in_bursts_that_share_what_bulk_shares(tables: Tables) -> None:
    signups = _of(tables, "signups")
    assert signups.height == 60
    busiest = signups.group_by_dynamic("event_time", every="6h").agg(pl.len())["len"]
    assert busiest.len() <= 6
    subnet = signups["ip"].str.replace(r"\.\d+$", "")
    assert subnet.n_unique() <= 6
    assert signups["device_id"].n_unique() == pytest.approx(60 / 8, abs=1)
    shapes = signups.group_by("email_domain", "email_shape").len()["len"]
    assert shapes.max() / signups.height > 0.7


def _of(tables: Tables, table: str) -> pl.DataFrame:
    accounts = accounts_of(tables, FACTORY)
    return tables[table].filter(pl.col("account_id").is_in(accounts.implode())).sort("event_time")
